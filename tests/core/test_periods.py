"""Local days and weeks: they follow each other without a gap, in every zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import periods, zones
from bot.core.periods import PeriodKind
from tests.core import crontabs

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("label", "zone", "hours", "columns"),
    [
        ("2026-11-23", "UTC", 24, 24),
        ("2026-03-29", "Europe/Berlin", 23, 23),
        ("2026-10-25", "Europe/Berlin", 25, 25),
        ("2026-04-05", "Australia/Lord_Howe", 24.5, 25),
        ("2026-10-04", "Australia/Lord_Howe", 23.5, 24),
        # midnight itself is left out: the day begins at one o'clock
        ("2026-04-24", "Africa/Cairo", 23, 23),
        # the hour before midnight comes twice
        ("2026-10-29", "Africa/Cairo", 25, 25),
        # a minute after midnight it was 23:01 of the day before once more
        ("2006-10-29", "America/St_Johns", 25, 25),
        ("2006-10-28", "America/St_Johns", 24, 24),
        ("2011-12-29", "Pacific/Apia", 24, 24),
        # this one was left out altogether
        ("2011-12-30", "Pacific/Apia", 0, 1),
        ("2011-12-31", "Pacific/Apia", 24, 24),
    ],
)
def test_a_day_has_the_hours_that_its_zone_gives_it(
    label: str, zone: str, hours: float, columns: int
) -> None:
    period = periods.day(date.fromisoformat(label), zone)
    assert period.length == hours * HOUR
    assert len(periods.columns(period)) == columns
    assert period.holds(period.start) is bool(period.length)
    assert not period.holds(period.end)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Apia"])
def test_a_week_goes_from_monday_to_sunday_and_has_28_columns(zone: str) -> None:
    for label in ("2026-03-23", "2026-03-29", "2026-10-19", "2026-10-25"):
        week = periods.week(date.fromisoformat(label), zone)
        assert week.label.weekday() == 0
        assert week.last - week.label == 6 * DAY
        begins = periods.columns(week)
        assert len(begins) == 28
        assert begins[0] == week.start
        assert [begins[4 * n] for n in range(7)] == [
            day.start for day in periods.days(week)
        ]
        assert sorted(begins) == list(begins)


def test_names_say_which_days_it_is() -> None:
    assert periods.day(date(2026, 11, 23), "UTC").name == "Mon 2026-11-23"
    week = periods.build(PeriodKind.WEEK, date(2026, 11, 25), "UTC")
    assert week.name == "week 2026-11-23 to 2026-11-29"
    assert periods.before(week).label == date(2026, 11, 16)


def test_before_a_day_comes_no_day_that_a_zone_left_out() -> None:
    day = periods.build(PeriodKind.DAY, date(2011, 12, 31), "Pacific/Apia")
    assert periods.before(day).label == date(2011, 12, 29)


def test_after_the_last_year_that_is_known_there_is_no_midnight() -> None:
    with pytest.raises(ValueError, match="no calendar"):
        periods.midnight(date(2201, 1, 1), "UTC")


@pytest.mark.parametrize(
    ("start", "until", "columns"),
    [
        # the hours of 2026-11-23 in UTC
        ((0, 0), (24, 0), range(24)),
        ((2, 30), (2, 40), range(2, 3)),
        ((2, 0), (3, 0), range(2, 3)),
        ((2, 59), (3, 1), range(2, 4)),
        ((-5, 0), (1, 0), range(1)),
        ((23, 30), (30, 0), range(23, 24)),
        ((-5, 0), (0, 0), range(0)),
        ((24, 0), (25, 0), range(0)),
        ((5, 0), (5, 0), range(0)),
        ((6, 0), (5, 0), range(0)),
    ],
)
def test_a_span_covers_the_columns_that_it_has_a_moment_in(
    start: tuple[int, int], until: tuple[int, int], columns: range
) -> None:
    day = periods.day(date(2026, 11, 23), "UTC")
    begins, ends = (
        day.start + timedelta(hours=hour, minutes=minute)
        for hour, minute in (start, until)
    )
    found = periods.covered(periods.columns(day), day.end, begins, ends)
    assert list(found) == list(columns)


dates = st.dates(date(1971, 1, 1), date(2099, 12, 31))


@given(zone=st.sampled_from(sorted(zones.names())), label=dates)
def test_days_follow_each_other_and_hold_their_own_date(zone: str, label: date) -> None:
    day, following = periods.day(label, zone), periods.day(label + DAY, zone)
    assert day.end == following.start
    assert timedelta() <= day.length <= 48 * HOUR
    if day.length:
        assert periods.local_date(day.start, zone) >= label
        begins = periods.columns(day)
        assert begins[0] == day.start
        assert all(b - a == HOUR for a, b in pairwise(begins))
        assert timedelta() < day.end - begins[-1] <= HOUR
        before = day.start - timedelta(seconds=1)
        assert before.astimezone(ZoneInfo(zone)).date() < label


@given(zone=st.sampled_from(sorted(zones.names())), label=dates)
def test_weeks_are_their_days(zone: str, label: date) -> None:
    week = periods.week(label, zone)
    days = list(periods.days(week))
    assert days[0].start == week.start
    assert days[-1].end == week.end
    assert label in [day.label for day in days]
    stretches = periods.stretches(week)
    assert [each.first for each in stretches] == [0, 4, 8, 12, 16, 20, 24]
    assert sum((each.end - each.start for each in stretches), timedelta()) == (
        week.length
    )


@pytest.mark.slow
def test_every_odd_day_of_every_zone_has_its_columns() -> None:
    """The days on which clocks change, and those beside them."""
    for zone in sorted(zones.names()):
        begin = datetime(2020, 1, 1, tzinfo=UTC)
        for segment in zones.segments(zone, begin):
            if segment.start > datetime(2027, 1, 1, tzinfo=UTC):
                break
            if segment.start < begin:
                continue
            middle = periods.local_date(segment.start, zone)
            for label in (middle - DAY, middle, middle + DAY):
                day = periods.day(label, zone)
                count = max(-(-day.length // HOUR), 1)
                assert len(periods.columns(day)) == count
                assert periods.before(day).end == day.start


@pytest.mark.parametrize("zone", crontabs.ZONES)
def test_a_year_of_days_is_a_year(zone: str) -> None:
    first = periods.day(date(2026, 1, 1), zone)
    days = [periods.day(first.label + n * DAY, zone) for n in range(365)]
    assert sum((day.length for day in days), timedelta()) == (
        periods.midnight(date(2027, 1, 1), zone) - first.start
    )
