"""Notifications in the log: the level, the words and what a program reads."""

import logging

import pytest

from bot.core.kinds import NotificationKind
from bot.notifiers.log import LogNotifier
from bot.notifiers.text import WORDS
from tests.notifiers.factories import outgoing


@pytest.mark.parametrize("kind", list(NotificationKind))
async def test_every_kind_is_one_line(
    kind: NotificationKind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await LogNotifier().send(outgoing(kind))
    (record,) = caplog.records
    assert record.message.startswith(WORDS[kind])
    assert "backup" in record.message
    assert record.__dict__["job"] == "backup"


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
