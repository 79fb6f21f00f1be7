"""Schedules where a zone's clock jumps: the rules of cron and of systemd in tables."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import schedules
from bot.core.kinds import Flavour, ScheduleKind
from bot.core.models import Schedule
from tests.core import crontabs
from tests.core.crontabs import cron, on_calendar, utc

#: the hours around both changes of a year in Europe, at 01:00 UTC
AHEAD = (utc("2024-03-30T22:00"), utc("2024-03-31T02:30"))
BACK = (utc("2024-10-26T22:00"), utc("2024-10-27T02:30"))


def dues(schedule: Schedule, window: tuple[datetime, datetime]) -> str:
    """The hours and minutes (UTC) of the dues in a window."""
    found = schedules.due_between(schedule, *window)
    return " ".join(f"{due:%H:%M}" for due in found)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # fixed times: what is left out comes once, when the gap ends
        ("30 2 * * *", "01:00"),
        ("0,10,50 2 * * *", "01:00"),
        ("30 2,3 * * *", "01:00 01:30"),
        ("0 3 * * *", "01:00"),
        ("0 2,3 * * *", "01:00"),
        ("59 1 * * *", "00:59"),
        ("10,50 1-4 31 3 0", "00:10 00:50 01:00 01:10 01:50 02:10"),
        # a wildcard: real elapsed time, and only wall times that exist
        ("*/30 2 * * *", ""),
        ("0 */2 * * *", "23:00 02:00"),
        ("0 * * * *", "23:00 00:00 01:00 02:00"),
        ("*/30 1-3 * * *", "00:00 00:30 01:00 01:30"),
    ],
)
def test_cron_when_the_clock_goes_ahead(expression: str, expected: str) -> None:
    assert dues(cron(expression, "Europe/Berlin"), AHEAD) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # fixed times: the first of two
        ("30 2 * * *", "00:30"),
        ("0 2 * * *", "00:00"),
        ("0 3 * * *", "02:00"),
        ("59 2 * * *", "00:59"),
        ("15 1-3 * * *", "23:15 00:15 02:15"),
        # a wildcard: both
        ("*/30 2 * * *", "00:00 00:30 01:00 01:30"),
        ("0 */2 * * *", "00:00 01:00"),
        ("45 * * * *", "22:45 23:45 00:45 01:45"),
    ],
)
def test_cron_when_the_clock_goes_back(expression: str, expected: str) -> None:
    assert dues(cron(expression, "Europe/Berlin"), BACK) == expected


@pytest.mark.parametrize(
    ("zone", "expression", "start", "expected"),
    [
        # two that croniter has due twice
        ("Europe/Riga", "30 3 * * *", "2024-10-26T12:00", "00:30"),
        ("America/New_York", "30 1 * * *", "2024-11-02T12:00", "05:30"),
        # half an hour: 02:00 becomes 02:30, and 02:00 becomes 01:30
        ("Australia/Lord_Howe", "15 2 * * *", "2024-10-05T00:00", "15:30"),
        ("Australia/Lord_Howe", "*/15 2 * * *", "2024-10-05T00:00", "15:30 15:45"),
        ("Australia/Lord_Howe", "45 1 * * *", "2024-04-06T00:00", "14:45"),
        (
            "Australia/Lord_Howe",
            "*/40 1 * * *",
            "2024-04-06T00:00",
            "14:00 14:40 15:10",
        ),
        # midnight is left out, and a weekday or date may hang on it
        ("Asia/Beirut", "0 0 31 3 *", "2024-03-30T12:00", "22:00"),
        ("America/Havana", "30 0 * * 0", "2024-03-09T12:00", "05:00"),
        ("America/Havana", "*/30 0 * * 0", "2024-03-09T12:00", ""),
        # two hours
        ("Antarctica/Troll", "30 2 * * *", "2024-03-30T12:00", "01:00"),
        # another offset without daylight saving
        ("Asia/Pyongyang", "45 23 * * *", "2018-05-04T12:00", "15:00"),
        ("Europe/Moscow", "30 1 * * *", "2014-10-25T12:00", "21:30"),
        # a whole day that never was: nothing is made up for
        ("Pacific/Apia", "0 12 * * *", "2011-12-29T12:00", "22:00"),
        ("Pacific/Apia", "0 12 * * *", "2011-12-30T12:00", "22:00"),
        ("Pacific/Apia", "0 12 30 * *", "2011-12-29T12:00", ""),
        # three hours ahead are a clock that was set; three hours back are not
        ("Antarctica/Casey", "30 4-6 * * *", "2018-10-06T12:00", ""),
        ("Antarctica/Casey", "0 4-7 * * *", "2018-10-06T12:00", "20:00"),
        ("Antarctica/Casey", "30 2 * * *", "2018-03-10T04:00", "15:30"),
    ],
)
def test_cron_on_the_day_of_a_change(
    zone: str, expression: str, start: str, expected: str
) -> None:
    window = (utc(start), utc(start) + timedelta(hours=23))
    assert dues(cron(expression, zone), window) == expected


def test_cron_runs_again_when_the_clock_goes_back_by_seven_hours() -> None:
    window = (utc("1994-01-31T12:00"), utc("1994-02-01T11:00"))
    zone = ZoneInfo("Antarctica/Vostok")
    if window[0].astimezone(zone).hour != 19:
        pytest.skip("this machine's time zones are older than the discovery of it")
    assert dues(cron("30 22 * * *", zone.key), window) == "15:30 22:30"


@pytest.mark.parametrize("expression", ["30 2 * * *", "*/30 2 * * *"])
def test_systemd_drops_what_is_left_out(expression: str) -> None:
    schedule = cron(expression, "Europe/Berlin", flavour=Flavour.SYSTEMD)
    assert dues(schedule, AHEAD) == ""


@pytest.mark.parametrize("expression", ["0,30 2 * * *", "*/30 2 * * *"])
def test_systemd_takes_the_first_of_two(expression: str) -> None:
    schedule = cron(expression, "Europe/Berlin", flavour=Flavour.SYSTEMD)
    assert dues(schedule, BACK) == "00:00 00:30"


@pytest.mark.parametrize("flavour", Flavour)
def test_on_calendar_follows_systemd_whatever_the_flavour(flavour: Flavour) -> None:
    schedule = Schedule(
        kind=ScheduleKind.ON_CALENDAR,
        expression="02:00/30",
        timezone="Europe/Berlin",
        flavour=flavour,
    )
    assert dues(schedule, AHEAD) == ""
    assert dues(schedule, BACK) == "00:00 00:30"


def test_a_zone_in_the_expression_wins_over_the_zone_of_the_schedule() -> None:
    schedule = on_calendar("03:30 Europe/Riga", "America/New_York")
    assert dues(schedule, AHEAD) == ""
    assert dues(schedule, BACK) == "00:30"


def test_daylight_saving_goes_on_where_the_tables_end() -> None:
    window = (utc("2090-03-26T00:10"), utc("2090-03-26T02:30"))
    assert dues(cron("30 2 * * *", "Europe/Berlin"), window) == "01:00"


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    zone=st.sampled_from(crontabs.ZONES),
    after=crontabs.moments,
)
@settings(deadline=None)
def test_both_parsers_agree_on_a_daily_time(
    minute: int, hour: int, zone: str, after: datetime
) -> None:
    calendar = on_calendar(f"*-*-* {hour:02}:{minute:02}", zone)
    line = cron(f"{minute} {hour} * * *", zone, flavour=Flavour.SYSTEMD)
    assert schedules.next_due(calendar, after) == schedules.next_due(line, after)
