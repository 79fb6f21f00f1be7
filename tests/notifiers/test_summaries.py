"""A report in the log and to a webhook."""

import logging
from dataclasses import replace

import pytest

from bot.core import summary_views, summary_words
from bot.core.kinds import NotificationKind
from bot.core.models import Outgoing
from bot.notifiers.log import LogNotifier
from bot.notifiers.webhook import payload
from tests.notifiers.factories import outgoing
from tests.reports import scenes

REPORT = scenes.three()


def told(**more: object) -> Outgoing:
    """The report of a day, on its way."""
    snapshot = {
        "job": None,
        "incident": None,
        "text": summary_words.title(REPORT),
        "report": summary_views.report_view(REPORT),
        **more,
    }
    return replace(outgoing(NotificationKind.SUMMARY, sounds=False), snapshot=snapshot)


async def test_the_log_has_the_headline_and_then_a_line_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    lines = summary_words.lines(REPORT)[:3]
    await LogNotifier().send(told(lines=lines))
    assert [record.message for record in caplog.records] == [
        summary_words.title(REPORT),
        *lines,
    ]
    assert {record.levelname for record in caplog.records} == {"INFO"}
    assert {record.__dict__["action"] for record in caplog.records} == {"summary"}


async def test_without_lines_it_is_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await LogNotifier().send(told())
    assert len(caplog.records) == 1


def test_a_webhook_is_given_everything() -> None:
    said = payload(told(lines=["x"]))
    assert said["type"] == "cronitor.summary"
    assert said["sounds"] is False
    assert str(said["text"]).startswith("Thu 2026-11-26: ")
    view = said["report"]
    assert isinstance(view, dict)
    assert summary_views.report_from(view) == REPORT
    assert "lines" not in said
