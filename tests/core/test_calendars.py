"""OnCalendar: what is taken, what is refused with which words, and zones in it."""

from datetime import datetime

import pytest

from bot.core import calendars
from bot.errors import Invalid
from tests.core.crontabs import utc


def next_wall(text: str, after: str) -> datetime | None:
    step = calendars.parse(text)
    return step(utc(after).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon..Fri 03:00", "2024-02-05T03:00"),
        ("sat,sun *-*-* 12:00:30", "2024-02-03T12:00:30"),
        ("*-*-01 02:30 Europe/Berlin", "2024-03-01T02:30"),
        ("*-*~01 00:00", "2024-02-29T00:00"),
        ("*-02-29", "2024-02-29T00:00"),
        ("*:0/15", "2024-02-03T04:15"),
        ("*:*:0/10", "2024-02-03T04:05:10"),
        ("hourly", "2024-02-03T05:00"),
        ("Weekly utc", "2024-02-05T00:00"),
        ("semi-annually", "2024-07-01T00:00"),
        ("biannually Asia/Tokyo", "2024-07-01T00:00"),
        ("  2026-01-01   00:00 ", "2026-01-01T00:00"),
    ],
)
def test_the_next_wall_time(text: str, expected: str) -> None:
    assert calendars.problems(text) == ()
    assert next_wall(text, "2024-02-03T04:05") == utc(expected).replace(tzinfo=None)


def test_a_wall_time_is_strictly_later_and_parsing_leaves_no_trace() -> None:
    step = calendars.parse("03:00")
    at = utc("2024-02-03T03:00").replace(tzinfo=None)
    assert step(at) == step(at) == at.replace(day=4)


def test_there_may_be_no_next() -> None:
    assert next_wall("2024-01-01", "2024-01-01T00:00") is None


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("", "it is empty", "write [weekdays]"),
        ("0" * 201, "it has 201 characters", "write [weekdays]"),
        ("20240-01-01", "a number of more than 4 digits", "write [weekdays]"),
        ("0 3 * * *", "`0 3 * * *` is a cron expression", "give it as cron"),
        ("@daily", "`@daily` is a cron expression", "give it as cron"),
        ("*:*:0.5", "fractions of a second", "whole seconds"),
        ("25:00", "bad hour", "write [weekdays]"),
        ("12:60", "bad minute", "write [weekdays]"),
        ("Fri..Mon 03:00", "bad day-of-week", "write [weekdays]"),
        ("noon", "bad day-of-week", "write [weekdays]"),
        ("Mon 1 2:00", "wrong number of fields", "write [weekdays]"),
        ("*-13-01", "bad month", "write [weekdays]"),
        ("*-*-05..5/2 00:00", "`05..5/` starts where it ends", "write 5"),
        ("*-*~1..3/4 00:00", "a range with a step behind `~`", "in a list"),
        ("03:00 Europe/Berlni", "`Europe/Berlni` is no known", "Europe/Berlin"),
        ("03:00 Europe", "`Europe` is no known time zone", "such as Europe/Berlin"),
        ("03:00 Mon", "bad", "write [weekdays]"),
    ],
)
def test_is_refused(text: str, reason: str, hint: str) -> None:
    (problem,) = calendars.problems(text)
    assert problem.field == "schedule"
    assert reason in problem.reason
    assert hint in problem.hint
    with pytest.raises(Invalid):
        calendars.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03:00", ("03:00", "")),
        ("03:00 Europe/Berlin", ("03:00", "Europe/Berlin")),
        ("Mon  03:00  Utc", ("Mon 03:00", "UTC")),
        ("Mon 03:00", ("Mon 03:00", "")),
        ("UTC", ("UTC", "")),
        ("", ("", "")),
    ],
)
def test_a_zone_at_the_end_is_split_off(text: str, expected: tuple[str, str]) -> None:
    assert calendars.split_zone(text) == expected
