"""Notifications in the log: the level, the words and what a program reads."""

import logging
from dataclasses import replace

import pytest

from bot.core.kinds import NOTICES, NotificationKind
from bot.notifiers.log import LogNotifier
from bot.notifiers.text import WORDS
from bot.notifiers.webhook import payload
from tests.notifiers.factories import outgoing


@pytest.mark.parametrize("kind", sorted(set(NotificationKind) - NOTICES))
async def test_every_kind_is_one_line(
    kind: NotificationKind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await LogNotifier().send(outgoing(kind))
    (record,) = caplog.records
    assert record.message.startswith(WORDS[kind])
    assert "backup" in record.message
    assert record.__dict__["job"] == "backup"


@pytest.mark.parametrize("kind", sorted(NOTICES))
async def test_a_notice_is_its_own_line(
    kind: NotificationKind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    about_nothing = {"job": None, "incident": None, "text": "channel 7 is lost"}
    said = replace(outgoing(kind), snapshot=about_nothing)
    await LogNotifier().send(said)
    (record,) = caplog.records
    assert record.message == "channel 7 is lost"
    assert record.__dict__["action"] == kind
    about = "incident" if kind is NotificationKind.STORM else "cronitor"
    assert payload(said)["type"] == f"{about}.{kind}"


async def test_an_opening_is_an_error_and_its_end_is_information(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    notifier = LogNotifier()
    await notifier.send(outgoing(NotificationKind.OPENED))
    await notifier.send(outgoing(NotificationKind.RESOLVED, sounds=False))
    await notifier.send(outgoing(NotificationKind.NEVER_SEEN, sounds=False))
    assert [(r.levelname, r.__dict__["action"]) for r in caplog.records] == [
        ("ERROR", "incident_opened"),
        ("INFO", "incident_resolved"),
        ("WARNING", "job_never_seen"),
    ]
    assert caplog.records[1].message.endswith("recovered at 2026-11-23T04:00:00Z")
    await notifier.close()
