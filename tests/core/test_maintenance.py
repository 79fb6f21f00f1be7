"""When a window is open, for whom, and which windows are refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import maintenance
from bot.core.kinds import WindowScope
from bot.core.models import Definition
from bot.core.silencers import Window
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    TICK,
    calendar,
    cron,
    window,
)

NAS = Definition(slug="nightly", tags=("db", "big"), node="nas")
SUNDAYS = window(schedule=cron("0 2 * * SUN", "Europe/Berlin"), duration=90 * MINUTE)


def berlin(day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
    """A moment of 2026 in UTC, on a clock of Berlin in summer."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - 2 * HOUR


@pytest.mark.parametrize(
    ("scope", "target", "covered"),
    [
        (WindowScope.ALL, "", True),
        (WindowScope.JOB, "nightly", True),
        (WindowScope.JOB, "other", False),
        (WindowScope.TAG, "big", True),
        (WindowScope.TAG, "nightly", False),
        (WindowScope.NODE, "nas", True),
        (WindowScope.NODE, "db", False),
    ],
)
def test_whom_a_window_is_for(scope: WindowScope, target: str, covered: bool) -> None:
    assert maintenance.covers(window(scope=scope, target=target), NAS) is covered
    found = maintenance.covering([window(scope=scope, target=target)], NAS, T0)
    assert (found is not None) is covered


@pytest.mark.parametrize(
    ("at", "inside"),
    [(T0 - TICK, False), (T0, True), (T0 + HOUR - TICK, True), (T0 + HOUR, False)],
)
def test_a_single_window_holds_its_start_and_not_its_end(
    at: datetime, inside: bool
) -> None:
    assert (maintenance.occurrence(window(), at) is not None) is inside


def test_a_recurring_window_opens_at_each_start_and_not_before_it_was_made() -> None:
    made = window(T0 + 30 * MINUTE, HOUR, schedule=cron("0 3 * * *"))
    assert maintenance.occurrence(made, T0) is None
    first = maintenance.occurrence(made, T0 + 40 * MINUTE)
    assert first is not None
    assert (first.starts_at, first.ends_at) == (T0 + 30 * MINUTE, T0 + HOUR)
    assert maintenance.occurrence(made, T0 + HOUR) is None
    assert maintenance.occurrence(made, T0 + DAY + HOUR - TICK) is not None


def test_a_window_that_was_ended_holds_nothing_after_that() -> None:
    ended = window(ended_at=T0 + 10 * MINUTE)
    assert maintenance.occurrence(ended, T0 + 9 * MINUTE) is not None
    assert maintenance.occurrence(ended, T0 + 10 * MINUTE) is None
    again = window(schedule=cron("0 3 * * *"), ended_at=T0 + DAY)
    assert [each.starts_at for each in maintenance.upcoming(again, T0)] == [T0]
    assert again.ends_at == T0 + DAY
    assert window(ended_at=T0 + DAY).ends_at == T0 + HOUR
    assert replace(again, ended_at=None).ends_at is None


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        # the clock goes back from 3:00 to 2:00 on 25 October: 2:00 comes twice, and
        # the window opens at the first
        (berlin(25, 1, 59), False),
        (berlin(25, 2), True),
        (berlin(25, 3, 29), True),
        (berlin(25, 3, 30), False),
        # and ahead from 2:00 to 3:00 on 29 March: it opens at the end of the gap
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 2, 29, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 2, 30, tzinfo=UTC), False),
    ],
)
def test_on_days_when_clocks_change_a_window_is_as_long_as_ever(
    at: datetime, inside: bool
) -> None:
    long_ago = replace(SUNDAYS, starts_at=T0 - 365 * DAY)
    assert (maintenance.occurrence(long_ago, at) is not None) is inside


def test_of_two_windows_the_one_that_ends_last_counts() -> None:
    short, long = window(), window(duration=2 * HOUR)
    found = maintenance.covering([long, short], NAS, T0)
    assert found is not None
    assert found.window is long


def test_the_times_to_come_begin_with_the_one_that_goes_on() -> None:
    daily = window(schedule=calendar("*-*-* 03:00"), duration=HOUR)
    starts = [e.starts_at for e in islice(maintenance.upcoming(daily, T0 + MINUTE), 3)]
    assert starts == [T0, T0 + DAY, T0 + 2 * DAY]
    assert list(maintenance.upcoming(window(), T0 + HOUR)) == []
    (coming,) = maintenance.upcoming(window(T0 + DAY), T0)
    assert coming.ends_at == T0 + DAY + HOUR


def test_a_schedule_that_ends_opens_no_more() -> None:
    once = window(schedule=calendar("2026-11-24 03:00"))
    assert [e.starts_at for e in maintenance.upcoming(once, T0)] == [T0 + DAY]


def test_when_work_at_a_job_begins_next() -> None:
    windows = [
        window(T0 + 3 * HOUR),
        window(T0 + 2 * HOUR, scope=WindowScope.NODE, target="other"),
        window(T0 - MINUTE, schedule=cron("0 3 * * *")),
    ]
    assert maintenance.next_start(windows, NAS, T0) == T0 + 3 * HOUR
    assert maintenance.next_start(windows[2:], NAS, T0) == T0 + DAY
    assert maintenance.next_start([window()], NAS, T0) is None


@pytest.mark.parametrize(
    ("wanted", "field", "hint"),
    [
        (window(duration=59 * timedelta(seconds=1)), "for", "1m to 30d"),
        (window(duration=31 * DAY), "for", "pause the job"),
        (window(T0 - 2 * HOUR), "to", "later"),
        (window(schedule=cron("61 2 * * *")), "cron", ""),
        (window(schedule=calendar("never")), "on_calendar", ""),
        (window(schedule=cron("0 2 * * *"), duration=DAY), "for", "less than 1d"),
        (window(schedule=cron("0 2 * * *", "Mars/X")), "timezone", "such as"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(
    wanted: Window, field: str, hint: str
) -> None:
    (problem, *_) = maintenance.check(wanted, T0)
    assert problem.field == field
    assert hint in problem.hint


@pytest.mark.parametrize(
    "wanted",
    [
        window(),
        window(T0 - 30 * MINUTE),
        window(T0 + 300 * DAY, 30 * DAY),
        window(schedule=cron("0 2 * * *"), duration=22 * HOUR),
        window(schedule=calendar("2026-11-24 03:00"), duration=30 * DAY),
        SUNDAYS,
    ],
)
def test_what_makes_sense_is_taken(wanted: Window) -> None:
    assert maintenance.check(wanted, T0) == ()


@given(minutes=st.integers(0, 7 * 24 * 60), length=st.integers(1, 23 * 60))
def test_a_moment_is_inside_exactly_if_a_start_is_near_enough(
    minutes: int, length: int
) -> None:
    daily = window(
        T0 - 9 * DAY, length * MINUTE, schedule=cron("30 1 * * *", "Europe/Berlin")
    )
    at = berlin(22, 0) + minutes * MINUTE
    found = maintenance.occurrence(daily, at)
    upcoming = maintenance.upcoming(daily, at)
    if found is not None:
        assert found.starts_at <= at < found.starts_at + length * MINUTE
        assert next(upcoming) == found
    else:
        assert next(upcoming).starts_at > at
