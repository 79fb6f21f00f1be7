"""Each fact of a report as one line, in the times of its zone."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.core import fact_lines, periods
from bot.core.kinds import IncidentKind, MuteScope, Severity, WindowScope
from bot.core.summaries import BlindFact, IncidentFact, MuteFact, SavedFact, WorkFact
from tests.core.factories import HOUR, MINUTE

#: Monday
PERIOD = periods.day(date(2026, 11, 23), "Europe/Berlin")
START, END = PERIOD.start, PERIOD.end


def down(number: int = 1, **fields: Any) -> IncidentFact:
    """An incident that is open since two o'clock."""
    given: dict[str, Any] = {
        "id": number,
        "slug": "backup",
        "label": "Backup",
        "kind": IncidentKind.MISSED,
        "severity": Severity.WARNING,
        "opened_at": START + 2 * HOUR,
        "length": 5 * HOUR + 3 * MINUTE,
        **fields,
    }
    return IncidentFact(**given)


BLIND = BlindFact(
    began_at=START + 2 * HOUR,
    ended_at=START + 2 * HOUR + 40 * MINUTE,
    length=40 * MINUTE,
    why="Cronitor was stopped",
    unknown=2,
    jobs=("backup", "sync"),
)


INCIDENTS = [
    ({}, "Backup missed its deadline; 5 h 3 min, since 02:00"),
    (
        {"count": 3, "flapping": True, "kind": IncidentKind.FAILED},
        "Backup failed, 3 times, flapping; 5 h 3 min, since 02:00",
    ),
    (
        {"resolved_at": START + 7 * HOUR + 3 * MINUTE},
        "Backup missed its deadline; 5 h 3 min, 02:00 to 07:03",
    ),
    (
        {"opened_at": START - 2 * HOUR, "resolved_at": START + HOUR},
        "Backup missed its deadline; 5 h 3 min, Sun 22 Nov 22:00 to Mon 23 Nov 01:00",
    ),
    (
        {"acknowledged_by": "ann (cli)", "silenced_by": "muted by bob (cli)"},
        "Backup missed its deadline; 5 h 3 min, since 02:00, "
        "acknowledged by ann (cli), muted by bob (cli)",
    ),
]


@pytest.mark.parametrize(("fields", "line"), INCIDENTS)
def test_an_incident_is_one_line(fields: dict[str, Any], line: str) -> None:
    assert fact_lines.incident_line(down(**fields), PERIOD) == line


def muted(**fields: Any) -> MuteFact:
    """A mute of a tag."""
    given: dict[str, Any] = {
        "id": 1,
        "scope": MuteScope.TAG,
        "target": "db",
        "by": "ann (cli)",
        "reason": "moving",
        "since": START,
        "until": START + 36 * HOUR,
        "is_running": True,
        **fields,
    }
    return MuteFact(**given)


MUTES = [
    ({}, "tag db by ann (cli), until Tue 24 Nov 12:00 (1 d 12 h): moving"),
    (
        {"scope": MuteScope.ALL, "target": "", "reason": "", "is_running": False},
        "everything by ann (cli), ended Tue 24 Nov 12:00 (1 d 12 h)",
    ),
    (
        {"until_recovery": True, "reason": "", "down": tuple("abcdefg")},
        "tag db by ann (cli), until recovery (1 d 12 h); "
        "down under it: a, b, c, d, e and 2 more",
    ),
]


@pytest.mark.parametrize(("fields", "line"), MUTES)
def test_a_mute_is_one_line(fields: dict[str, Any], line: str) -> None:
    assert fact_lines.mute_line(muted(**fields), "Europe/Berlin") == line


WORK = WorkFact(
    id=1,
    name="",
    scope=WindowScope.NODE,
    target="nas",
    by="ann (cli)",
    reason="new disks",
    starts_at=START + 2 * HOUR,
    ends_at=START + 3 * HOUR,
)


def test_planned_work_is_one_line() -> None:
    said = fact_lines.work_line(WORK, PERIOD)
    assert said == "node nas, 02:00 to 03:00, by ann (cli): new disks"
    bare = replace(WORK, scope=WindowScope.ALL, target="", reason="")
    said = fact_lines.work_line(bare, PERIOD)
    assert said == "everything, 02:00 to 03:00, by ann (cli)"


def test_a_blind_time_is_one_line() -> None:
    assert fact_lines.blind_line(BLIND, PERIOD) == (
        "02:00 to 02:40 (40 min): Cronitor was stopped; 2 unknown: backup, sync"
    )
    still = replace(BLIND, ended_at=None, unknown=0)
    assert fact_lines.blind_line(still, PERIOD) == (
        "since 02:00: Cronitor was stopped; nothing turned unknown"
    )


def test_what_a_retry_saved_is_one_line() -> None:
    saved = SavedFact(slug="a", label="A", runs=2, attempts=3, last_at=START)
    said = fact_lines.saved_line(saved)
    assert said == "A: 2 runs ended well after all, in 3 attempts at most"


def test_a_moment_has_its_date_unless_that_is_known() -> None:
    assert fact_lines.moment(START, "Europe/Berlin", beside=START) == "00:00"
    assert fact_lines.moment(START, "UTC", beside=END) == "Sun 22 Nov 23:00"
    assert fact_lines.moment(START, "UTC") == "Sun 22 Nov 23:00"
    assert fact_lines.moment(START + timedelta(), "Europe/Berlin") == "Mon 23 Nov 00:00"
