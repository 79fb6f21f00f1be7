"""When a report is owed: one for each day and week, also where clocks change."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import periods, summary_dues, zones
from bot.core.periods import PeriodKind
from bot.core.summary_dues import Post, SummaryPlan

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(clock: str, zone: str = "UTC", days: Sequence[str] = ()) -> SummaryPlan:
    """A daily report alone."""
    return summary_dues.plan(clock, "never", "mon", zone, days)


def owed(plan: SummaryPlan, now: str, floor: str) -> Post | None:
    """What is owed of the only kind of a plan."""
    ((kind, schedule),) = plan.posts.items()
    return summary_dues.owed(kind, schedule, at(now), at(floor))


def test_the_day_before_is_reported() -> None:
    post = owed(daily("08:00"), "2026-11-24 08:00", "2026-11-23 08:00")
    assert post is not None
    assert post.period.label == date(2026, 11, 23)
    assert post.due_at == at("2026-11-24 08:00")
    assert post.is_late_from == at("2026-11-24 08:05")
    assert post.skipped == ()


@pytest.mark.parametrize(
    ("now", "floor"),
    [
        # a moment too early
        ("2026-11-24 07:59:59", "2026-11-23 08:00"),
        # it was written already
        ("2026-11-24 09:00", "2026-11-24 08:00"),
        # the clock was set back
        ("2026-11-22 09:00", "2026-11-24 08:00"),
        # reports are wanted since later
        ("2026-11-24 09:00", "2026-11-24 08:30"),
    ],
)
def test_nothing_is_owed(now: str, floor: str) -> None:
    assert owed(daily("08:00"), now, floor) is None


def test_older_ones_are_passed_over_and_named() -> None:
    post = owed(daily("08:00"), "2026-11-24 20:00", "2026-11-20 08:00")
    assert post is not None
    assert post.period.label == date(2026, 11, 23)
    assert post.skipped == tuple(date(2026, 11, day) for day in (22, 21, 20))


def test_after_weeks_away_the_newest_is_owed() -> None:
    post = owed(daily("08:00"), "2026-11-24 20:00", "2026-09-01 08:00")
    assert post is not None
    assert post.period.label == date(2026, 11, 23)
    assert len(post.skipped) == 83


def test_a_report_at_midnight_is_about_the_day_that_has_just_ended() -> None:
    post = owed(daily("00:00"), "2026-11-24 00:00", "2026-11-23 00:00")
    assert post is not None
    assert post.period.label == date(2026, 11, 23)
    assert post.skipped == ()


def test_it_comes_on_its_weekdays_alone() -> None:
    plan = daily("08:00", days=("mon", "fri"))
    assert owed(plan, "2026-11-26 09:00", "2026-11-23 08:00") is None
    friday = owed(plan, "2026-11-27 09:00", "2026-11-23 08:00")
    assert friday is not None
    assert friday.period.label == date(2026, 11, 26)
    assert friday.skipped == ()


@pytest.mark.parametrize(
    ("label", "due"),
    [
        # 02:30 is left out: it comes at the end of the gap
        ("2026-03-28", "2026-03-29 01:00"),
        ("2026-03-29", "2026-03-30 00:30"),
        # 02:30 comes twice: the first one counts
        ("2026-10-24", "2026-10-25 00:30"),
        ("2026-10-25", "2026-10-26 01:30"),
    ],
)
def test_where_clocks_change_it_comes_once(label: str, due: str) -> None:
    plan = daily("02:30", "Europe/Berlin")
    floor = at(due) - DAY - HOUR
    posts = []
    for minutes in range(0, 60 * 27, 10):
        now = at(due) - 2 * HOUR + timedelta(minutes=minutes)
        ((kind, schedule),) = plan.posts.items()
        post = summary_dues.owed(kind, schedule, now, floor)
        if post is not None and post.due_at > floor:
            posts.append(post)
            floor = post.due_at
    told = [(str(each.period.label), each.due_at) for each in posts]
    assert (label, at(due)) in told
    assert len({name for name, _ in told}) == len(told)


def test_a_week_is_told_after_its_sunday() -> None:
    plan = summary_dues.plan("never", "08:00", "wed", "UTC", ())
    assert list(plan.posts) == [PeriodKind.WEEK]
    post = owed(plan, "2026-11-25 10:00", "2026-11-01 08:00")
    assert post is not None
    assert post.period.label == date(2026, 11, 16)
    assert post.skipped == (date(2026, 11, 9), date(2026, 11, 2), date(2026, 10, 26))


def test_what_is_due_next_is_the_earlier_one() -> None:
    plan = summary_dues.plan("08:00", "07:00", "tue", "UTC", ())
    assert summary_dues.next_due(plan, at("2026-11-23 09:00")) == at("2026-11-24 07:00")
    assert summary_dues.next_due(summary_dues.NOTHING, at("2026-11-23 09:00")) is None


clocks = st.builds(
    "{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 5, 30, 59])
)


@given(
    zone=st.sampled_from(sorted(zones.names())),
    clock=clocks,
    start=st.integers(0, 35 * 366 * 24 * 60),
    steps=st.lists(st.integers(1, 60 * 30), min_size=1, max_size=60),
)
def test_however_often_it_looks_no_day_is_told_twice_or_forgotten(
    zone: str, clock: str, start: int, steps: list[int]
) -> None:
    """Told or named as passed over: each local day exactly once."""
    ((kind, schedule),) = daily(clock, zone).posts.items()
    begin = now = at("2000-01-01") + timedelta(minutes=start)
    floor, known = begin, list[date]()
    for minutes in steps:
        now += timedelta(minutes=minutes)
        post = summary_dues.owed(kind, schedule, now, floor)
        if post is not None:
            assert post.period.end <= post.due_at <= now
            known += [*reversed(post.skipped), post.period.label]
            floor = post.due_at
    assert known == sorted(set(known))
    expected, label = [], periods.local_date(begin, zone) - 2 * DAY
    while label <= periods.local_date(now, zone):
        if periods.day(label, zone).length:
            expected.append(label)
        label += DAY
    inside = [each for each in expected if known and known[0] <= each <= known[-1]]
    assert known == inside
