"""Windows as people write them, and the plan that makes the stored ones equal."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core import maintenance_tables
from bot.core.kinds import ScheduleKind, WindowScope
from bot.core.silencers import Window
from bot.errors import Invalid
from tests.core.factories import DAY, HOUR, MINUTE, T0


def parse(**table: Any) -> Window:
    """Read a table at T0."""
    return maintenance_tables.parse(table, actor="ann (cli)", now=T0)


def refused(**table: Any) -> list[str]:
    """The fields that are wrong."""
    with pytest.raises(Invalid) as caught:
        parse(**table)
    return [problem.field for problem in caught.value.problems]


def test_a_window_from_now_on() -> None:
    made = parse(node="nas", reason="new disks", **{"for": "2h"})
    assert (made.scope, made.target) == (WindowScope.NODE, "nas")
    assert (made.starts_at, made.duration) == (T0, 2 * HOUR)
    assert (made.created_by, made.reason) == ("ann (cli)", "new disks")
    assert not made.is_recurring


def test_times_without_an_offset_are_on_the_clock_of_the_zone() -> None:
    wanted = {"from": "2026-12-24 18:00", "to": "2026-12-24T21:30:00+02:00"}
    made = parse(all=True, timezone="Europe/Berlin", **wanted)
    assert made.starts_at == datetime(2026, 12, 24, 17, tzinfo=UTC)
    assert made.duration == 150 * MINUTE
    assert made.scope is WindowScope.ALL


def test_a_file_may_have_moments_of_toml() -> None:
    at = datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert parse(tag="db", **{"from": at, "for": 60}).starts_at == at


def test_a_window_that_comes_again() -> None:
    wanted = {"cron": "0 2 * * SUN", "timezone": "Europe/Berlin", "for": "1h"}
    made = parse(tag="db", **wanted)
    assert made.schedule.kind is ScheduleKind.CRON
    assert made.schedule.timezone == "Europe/Berlin"
    other = parse(job="a", on_calendar="Sun 02:00", **{"for": "1h"})
    assert other.schedule.kind is ScheduleKind.ON_CALENDAR


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ({"for": "2h"}, ["job"]),
        ({"job": "a", "tag": "b", "for": "2h"}, ["job"]),
        ({"job": "a"}, ["for"]),
        ({"job": "a", "for": "10s"}, ["for"]),
        ({"job": "a", "for": "1h", "to": "2026-12-24"}, ["to"]),
        ({"job": "a", "to": "2026-01-24"}, ["for"]),
        ({"job": "a", "from": "yesterday", "for": "1h"}, ["from"]),
        ({"job": "a", "from": 5, "for": "1h"}, ["from"]),
        ({"job": "a", "from": "2026-01-24", "for": "1h"}, ["to"]),
        ({"job": "a", "cron": "0 2 * * *", "from": "2027-01-24"}, ["from"]),
        ({"job": "a", "cron": "0 2 * * *", "to": "2027-01-24"}, ["to"]),
        ({"job": "a", "cron": "0 2 * * *", "on_calendar": "x", "for": 60}, None),
        ({"job": "a", "cron": "0 2 * * *"}, ["for"]),
        ({"job": "a", "timezone": "Mars", "for": "1h"}, ["timezone"]),
        ({"job": "a", "every": "1h", "for": "1h"}, ["every"]),
        ({"job": "a", "name": "A b", "for": "1h"}, ["name"]),
    ],
)
def test_nonsense_is_refused(table: Any, fields: list[str] | None) -> None:
    assert refused(**table) == (fields or ["on_calendar"])


@pytest.mark.parametrize(
    "table",
    [
        {"job": "a", "from": "2026-12-24T18:00:00+00:00", "for": "1h"},
        {"name": "n", "all": True, "cron": "0 2 * * *", "for": "1h30m"},
        {
            "name": "n",
            "tag": "db",
            "on_calendar": "Sun 02:00",
            "for": "1h",
            "timezone": "Europe/Berlin",
            "reason": "why",
        },
    ],
)
def test_a_table_is_written_as_it_was_read(table: Any) -> None:
    assert maintenance_tables.as_table(parse(**table)) == table


def plan(
    tables: list[Any], stored: dict[str, Window] | None = None
) -> maintenance_tables.Plan:
    """Compare at T0."""
    return maintenance_tables.plan(tables, stored or {}, actor="jobs.toml", now=T0)


WEEKLY = {"name": "weekly", "tag": "db", "cron": "0 2 * * SUN", "for": "1h"}


def test_what_is_declared_is_added_changed_or_taken_away() -> None:
    (made,) = plan([WEEKLY]).added
    assert plan([WEEKLY], {"weekly": made}) == plan([])
    changed = plan([{**WEEKLY, "for": "2h"}], {"weekly": made})
    assert [(old.duration, new.duration) for old, new in changed.changed] == [
        (HOUR, 2 * HOUR)
    ]
    assert plan([], {"weekly": made}).removed == (made,)


def test_a_single_window_of_a_file_that_is_over_is_no_fault() -> None:
    over = {"name": "once", "all": True, "from": "2026-01-01", "for": "1h"}
    assert plan([over]) == plan([])
    coming = {**over, "from": (T0 + DAY).isoformat()}
    assert len(plan([coming]).added) == 1


@pytest.mark.parametrize(
    ("tables", "field"),
    [
        ([WEEKLY, 5], "maintenance[2]"),
        ([{**WEEKLY, "name": ""}], "maintenance[1].name"),
        ([WEEKLY, WEEKLY], "maintenance[2].name"),
        ([WEEKLY, {**WEEKLY, "for": "1s"}], "maintenance[2].for"),
        ([{"name": "n", "all": True, "for": "1h"}], "maintenance[1].from"),
    ],
)
def test_a_fault_names_the_table(tables: list[Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        plan(tables)
    assert [problem.field for problem in caught.value.problems] == [field]
