"""What is told about no incident: a report with its picture, the rest at once."""

import pytest

from bot.core import summary_views
from bot.core.kinds import NotificationId, NotificationKind
from bot.core.models import Outgoing
from bot.discord_ui import cards, summary_cards
from bot.notifiers import tellings
from bot.reports import pictures
from tests.core.factories import T0
from tests.reports import scenes


def outgoing(kind: NotificationKind, **snapshot: object) -> Outgoing:
    """A notice on its way."""
    return Outgoing(
        notification_id=NotificationId(1),
        channel="discord",
        kind=kind,
        at=T0,
        sounds=False,
        snapshot={"job": None, "incident": None, "text": "first\nsecond", **snapshot},
        attempts=0,
    )


async def test_a_summary_is_its_report_with_a_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = scenes.three()
    view = summary_views.report_view(report)
    told = await tellings.prepare(outgoing(NotificationKind.SUMMARY, report=view), "m")
    assert told.rendered.picture is not None
    png = told.rendered.picture.png
    assert png.startswith(b"\x89PNG")
    assert told.rendered == summary_cards.render(report, png, "m")
    assert told.plain == summary_cards.plain(report, "m")
    pictures.forget()
    monkeypatch.setattr(pictures, "COMMAND", ("-c", "import nothing"))
    told = await tellings.prepare(outgoing(NotificationKind.SUMMARY, report=view), "m")
    assert told.rendered == summary_cards.render(report, None, "m")


async def test_another_notice_has_no_picture() -> None:
    told = await tellings.prepare(outgoing(NotificationKind.CHANNEL_LOST), "m")
    assert told.rendered == cards.notice("first\nsecond", "m")
    assert told.plain.endswith("\nm")
