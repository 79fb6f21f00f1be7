"""When a report is owed: one for each day and week, also where clocks change."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import periods, schedules, summary_dues, zones
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


@pytest.mark.parametrize("zone", ["America/Nuuk", "America/Scoresbysund"])
@pytest.mark.parametrize("clock", ["23:00", "23:30", "23:59"])
def test_where_clocks_go_ahead_to_midnight_each_day_is_told(
    zone: str, clock: str
) -> None:
    told = walked(daily(clock, zone), at("2026-03-25 12:00"), 6)
    assert [each.period.label.day for each in told] == [24, 25, 26, 27, 28, 29]
    assert [each.skipped for each in told] == [()] * 6


def offsets(zone: str, since: datetime) -> tuple[timedelta | None, ...]:
    """What tells zones apart for two years."""
    days = (since + each * DAY for each in range(0, 731, 5))
    return tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days)


def gaps_at_midnight(
    zone: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """When the wall clock left out a time up to midnight or around it; its begin.

    Cron leaves out what is in a gap of three hours or more that begins at midnight.
    """
    found = zones.segments(zone, since)
    here = takewhile(lambda each: each.start < until, found)
    walls = [(x.start, x.previous_wall_end, x.wall_start) for x in here]
    return [
        (instant, left_at)
        for instant, left_at, back_at in walls
        if left_at < back_at and (back_at - HOUR).date() != back_at.date()
    ]


@pytest.mark.parametrize("year", [1993, 2011, 2025])
def test_around_every_gap_at_midnight_each_day_is_told_once(year: int) -> None:
    """Also where it ends at midnight, or takes the whole day."""
    since, until = at(f"{year}-01-01"), at(f"{year + 2}-01-01")
    alike = {offsets(zone, since): zone for zone in sorted(zones.names())}
    seen = set[tuple[datetime, datetime]]()
    for zone in alike.values():
        for gap, left_at in gaps_at_midnight(zone, since, until):
            if (gap, left_at) in seen:
                continue
            seen.add((gap, left_at))
            inside = left_at + timedelta(minutes=30)
            for clock in (f"{left_at:%H:%M}", f"{inside:%H:%M}", "23:59"):
                told = walked(daily(clock, zone), gap - 2 * DAY, 4)
                labels = [each.period.label for each in told]
                assert labels == days_from(labels[0], len(labels), zone), (zone, clock)
    assert seen


def days_from(label: date, count: int, zone: str) -> list[date]:
    """So many days that the zone has."""
    days = [label + each * DAY for each in range(count + 1)]
    return [each for each in days if periods.day(each, zone).length][:count]


def walked(plan: SummaryPlan, begin: datetime, days: int) -> list[Post]:
    """What is told in so many days by one who is there at each due."""
    ((kind, schedule),) = plan.posts.items()
    floor, told = begin, list[Post]()
    while (due := schedules.next_due(schedule, floor)) and due <= begin + days * DAY:
        post = summary_dues.owed(kind, schedule, due, floor)
        assert post is not None
        assert post.period.end <= due
        told.append(post)
        floor = due
    return told


def test_nothing_is_owed_of_days_without_a_job() -> None:
    ((kind, schedule),) = daily("08:00").posts.items()
    now, floor = at("2026-11-23 08:00"), at("2026-11-18 10:00")
    made = at("2026-11-22 12:00")
    post = summary_dues.owed(kind, schedule, now, floor, made)
    assert post is not None
    assert (post.period.label, post.skipped) == (date(2026, 11, 22), ())
    earlier = summary_dues.owed(kind, schedule, now, floor, at("2026-11-20 23:00"))
    assert earlier is not None
    assert earlier.skipped == (date(2026, 11, 21), date(2026, 11, 20))
    assert summary_dues.owed(kind, schedule, now, floor, at("2026-11-23")) is None


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
