"""Schedules that are refused: field, reason and the way out, and never a crash."""

import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import schedules
from bot.core.kinds import ScheduleKind
from bot.core.models import Schedule
from bot.errors import Invalid
from tests.core import crontabs
from tests.core.crontabs import cron, on_calendar, utc

JOB = "6f1a0f0e-3f0b-4a55-9d3c-0c8f1f2f3a4b"
DAY = timedelta(days=1)

lines = st.builds(crontabs.line, st.randoms(use_true_random=False))


@pytest.mark.parametrize(
    ("schedule", "field", "reason", "hint"),
    [
        (cron("61 * * * *"), "schedule", "61 is not within the minute", "0 to 59"),
        (cron("0 0 30 2 *"), "schedule", "not due for 8 years or ever", "look at day"),
        (cron("0 0 29 2 */7"), "schedule", "not due for 8 years", "look at day"),
        (cron("0 0 1 1 */7"), "schedule", "not due for 8 years", "look at day"),
        (cron("H * * * *"), "schedule", "`H` needs the id", "write a number"),
        (cron("0 0 H(30-31) 2 *", hash_id=JOB), "schedule", "not due for 8", "day"),
        (cron("0 0 * * *", "Europe/Berlni"), "timezone", "Berlni", "Europe/Berlin"),
        (cron("0 0 * * *", "Europe"), "timezone", "`Europe` is no known", "such as"),
        (cron("0 0 * * *", "../etc"), "timezone", "no known time zone", "such as"),
        (on_calendar("25:00"), "schedule", "bad hour", "write [weekdays]"),
        (on_calendar("*-02-30 00:00"), "schedule", "never due", "look at day"),
        (on_calendar("00:00", "Mars/Base"), "timezone", "`Mars/Base`", "such as"),
        (Schedule(timezone="x"), "timezone", "`x` is no known", "such as"),
    ],
)
def test_a_problem_names_field_reason_and_way_out(
    schedule: Schedule, field: str, reason: str, hint: str
) -> None:
    (problem,) = schedules.check(schedule)
    assert problem.field == field
    assert reason in problem.reason
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("interval", "reason"),
    [
        (None, "the interval is missing"),
        (timedelta(milliseconds=999), "1 s or more"),
        (-DAY, "1 s or more"),
        (timedelta(days=3654), "10 years or less"),
    ],
)
def test_an_interval_has_bounds(interval: timedelta | None, reason: str) -> None:
    schedule = Schedule(kind=ScheduleKind.INTERVAL, interval=interval)
    (problem,) = schedules.check(schedule)
    assert problem.field == "schedule"
    assert reason in problem.reason
    assert problem.hint.startswith("every = ")


def test_zone_and_text_are_both_told() -> None:
    found = schedules.check(cron("* * *", "Nowhere"))
    assert [problem.field for problem in found] == ["timezone", "schedule"]


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(),
        Schedule(kind=ScheduleKind.INTERVAL, interval=timedelta(seconds=1)),
        Schedule(kind=ScheduleKind.INTERVAL, interval=3650 * DAY),
        cron("0 0 29 2 *"),
        cron("0 0 13 1 */5"),
        cron("H H(0-5) * * H", hash_id=JOB),
        cron("0-7/2 22-2 * jan-mar mon-fri", "Asia/Tokyo"),
        on_calendar("Mon..Fri 03:00"),
        on_calendar("hourly"),
        on_calendar("2031-01-01 00:00"),
    ],
)
def test_a_good_schedule_has_no_problem(schedule: Schedule) -> None:
    assert schedules.check(schedule) == ()


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("2031-06-01", "never due"),
        ("2020-01-01", "not due before 2031"),
    ],
)
def test_a_year_must_be_near(after: str, reason: str) -> None:
    schedule = on_calendar("2031-01-01 00:00")
    (problem,) = schedules.check(schedule, after=utc(after))
    assert reason in problem.reason
    assert schedules.check(schedule, after=utc("2026-01-01")) == ()


@pytest.mark.parametrize(
    "schedule",
    [
        cron("* * *"),
        cron("H * * * *"),
        cron("H(9-1) * * * *", hash_id=JOB),
        cron("0 0 * * *", "Europe"),
        on_calendar("25:00"),
        on_calendar("00:00", "Europe"),
    ],
)
def test_what_is_refused_has_no_due(schedule: Schedule) -> None:
    with pytest.raises(Invalid):
        schedules.next_due(schedule, utc("2024-01-01"))


def test_what_only_the_parser_refuses_is_a_problem_too() -> None:
    (problem,) = schedules._rare_problems("0 0 * * 5L")
    assert problem.field == "schedule"
    assert "is no cron expression" in problem.reason


ALPHABET = "0123456789*/-,LWHRl#?()@.:~ \n\tadefjmnrstuy\u0663\u00a0\u00e9"
FIELD = st.text(ALPHABET.replace(" ", ""), min_size=1, max_size=5)
texts = st.one_of(
    st.text(ALPHABET, max_size=40),
    st.lists(FIELD, min_size=5, max_size=5).map(" ".join),
    st.text(max_size=250),
)


@given(text=texts, zone=st.sampled_from(["UTC", "Europe/Berlin"]), hash_id=st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_is_refused_or_due(text: str, zone: str, hash_id: str) -> None:
    for schedule in (cron(text, zone, hash_id=hash_id), on_calendar(text, zone)):
        problems = schedules.check(schedule)
        assert all(problem.field == "schedule" for problem in problems)
        assert all(problem.hint for problem in problems)
        if not problems:
            assert schedules.next_due(schedule, utc("1970-01-01")) is not None


@given(text=lines, zone=st.sampled_from(crontabs.ZONES))
@settings(deadline=None)
def test_the_parser_takes_every_text_that_the_syntax_takes(
    text: str, zone: str
) -> None:
    reasons = [problem.reason for problem in schedules.check(cron(text, zone))]
    assert not [reason for reason in reasons if "no cron expression" in reason]


@given(zone=st.text(max_size=80))
@settings(deadline=None)
def test_any_zone_is_known_or_refused(zone: str) -> None:
    problems = schedules.check(cron("0 0 * * *", zone))
    assert all(problem.field == "timezone" for problem in problems)


@pytest.mark.slow
@pytest.mark.parametrize(
    "schedule",
    [
        cron("0 0 29 2 */7"),
        cron("0 0 31 2,4,6,9,11 *"),
        cron("59 23 31 */12 7"),
        cron("0 0 31W 2 *"),
        cron("0 0 * 2 1#5"),
        cron(",".join(["0-59/1"] * 27) + " 0 1 1 *"),
        on_calendar("*-02-30 00:00"),
        on_calendar("Mon 2199-12-31 23:59:59"),
    ],
)
def test_the_slowest_schedules_known_are_judged_quickly(schedule: Schedule) -> None:
    start = time.process_time()
    schedules.check(schedule)
    assert time.process_time() - start < 0.25
