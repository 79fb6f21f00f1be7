"""Cron's five fields: which days and times they name, aliases, and H."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest

from bot.core import schedules
from tests.core.crontabs import cron, utc

DAY = timedelta(days=1)
JOB = UUID("6f1a0f0e-3f0b-4a55-9d3c-0c8f1f2f3a4b")
FRIDAY, SUNDAY = 5, 7

Wanted = Callable[[date], bool]


def days_of(expression: str) -> list[date]:
    """The days of the year 2024 on which it is due, in UTC."""
    start, end = utc("2023-12-31T23:59"), utc("2024-12-31T23:59")
    return [due.date() for due in schedules.due_between(cron(expression), start, end)]


def days_that(wanted: Wanted) -> list[date]:
    """The days of the year 2024 for which it holds."""
    return [day for n in range(366) if wanted(day := date(2024, 1, 1) + n * DAY)]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        # both days restricted: either is enough
        ("0 0 13 * 5", lambda d: d.day == 13 or d.isoweekday() == FRIDAY),
        ("0 0 30 2 5", lambda d: d.month == 2 and d.isoweekday() == FRIDAY),
        ("0 0 1-31 * 5", lambda d: True),
        ("0 0 13 * 0-7", lambda d: True),
        # one begins with a star: both must hold
        ("0 0 */9 * 5", lambda d: d.day % 9 == 1 and d.isoweekday() == FRIDAY),
        ("0 0 13 * */5", lambda d: d.day == 13 and d.isoweekday() in (5, 7)),
        ("0 0 */1 * 5", lambda d: d.isoweekday() == FRIDAY),
        ("0 0 ? * 5", lambda d: d.isoweekday() == FRIDAY),
        # a star further on does not count
        ("0 0 13,*/14 * 0-6", lambda d: True),
        ("0 0 1-31 * 1,*/6", lambda d: True),
        # Sunday is 0 and 7
        ("0 0 * * 7", lambda d: d.isoweekday() == SUNDAY),
        ("0 0 * * 5-7", lambda d: d.isoweekday() >= FRIDAY),
        ("0 0 * * 0-7/2", lambda d: d.isoweekday() in (7, 2, 4, 6)),
        # ranges may go round the end
        ("0 0 * * fri-mon", lambda d: d.isoweekday() in (5, 6, 7, 1)),
        ("0 0 29-2 * *", lambda d: d.day >= 29 or d.day <= 2),
        ("0 0 1 nov-feb *", lambda d: d.day == 1 and d.month in (11, 12, 1, 2)),
        # what cron itself does not know
        ("0 0 L * *", lambda d: (d + DAY).day == 1),
        ("0 0 15,L * *", lambda d: d.day == 15 or (d + DAY).day == 1),
        ("0 0 L * 5", lambda d: (d + DAY).day == 1 or d.isoweekday() == FRIDAY),
        ("0 0 * * L5", lambda d: d.isoweekday() == 5 and (d + 7 * DAY).day <= 7),
        ("0 0 * * 5#3", lambda d: d.isoweekday() == 5 and 15 <= d.day <= 21),
        ("0 0 * * mon#1", lambda d: d.isoweekday() == 1 and d.day <= 7),
        ("0 0 ? * 7#5", lambda d: d.isoweekday() == 7 and d.day >= 29),
    ],
)
def test_days_that_the_fields_name(expression: str, wanted: Wanted) -> None:
    assert schedules.check(cron(expression)) == ()
    assert days_of(expression) == days_that(wanted)


def test_the_nearest_weekday_stays_within_the_month() -> None:
    # 2024: 15 June is a Saturday, 15 September a Sunday, 1 June a Saturday
    assert date(2024, 6, 14) in days_of("0 0 15W * *")
    assert date(2024, 9, 16) in days_of("0 0 W15 * *")
    assert date(2024, 6, 3) in days_of("0 0 1W * *")


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("0 22-2 1 1 *", [0, 1, 2, 22, 23]),
        ("0 20-23/2 1 1 *", [20, 22]),
        ("0 5,*/10 1 1 *", [0, 5, 10, 20]),
    ],
)
def test_hours_that_the_field_names(expression: str, hours: list[int]) -> None:
    start = utc("2023-12-31T23:59")
    found = schedules.due_between(cron(expression), start, start + DAY)
    assert [due.hour for due in found] == hours


@pytest.mark.parametrize(
    ("alias", "expression"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        (" @Midnight ", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_an_alias_means_the_same_with_and_without_an_id(
    alias: str, expression: str
) -> None:
    after = utc("2024-02-03T04:05")
    due = schedules.next_due(cron(expression), after)
    assert schedules.check(cron(alias, hash_id=str(JOB))) == ()
    assert schedules.next_due(cron(alias), after) == due
    assert schedules.next_due(cron(alias, hash_id=str(JOB)), after) == due


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("H * * * *", "2024-01-01T00:52"),
        ("H H * * *", "2024-01-01T14:52"),
        ("H(0-9) H(2-3) * * *", "2024-01-01T02:02"),
        ("H/15 * * * *", "2024-01-01T00:07"),
        ("H(30-59)/10 0 * * *", "2024-01-01T00:32"),
        ("0 0 H H *", "2024-10-31T00:00"),
        ("H 0 * * H", "2024-01-03T00:52"),
    ],
)
def test_h_is_the_same_for_a_job_for_ever(expression: str, expected: str) -> None:
    schedule = cron(expression, hash_id=str(JOB))
    assert schedules.check(schedule) == ()
    assert schedules.next_due(schedule, utc("2023-12-31T23:59")) == utc(expected)


def test_h_is_a_fixed_time_where_clocks_change() -> None:
    schedule = cron("H 2 * * *", "Europe/Berlin", hash_id=str(JOB))
    due = schedules.next_due(schedule, utc("2024-03-31T00:00"))
    assert due == utc("2024-03-31T01:00")


def test_h_spreads_jobs_over_the_hour() -> None:
    after = utc("2024-01-01T00:00")
    ids = [str(uuid5(JOB, str(n))) for n in range(200)]
    found = {schedules.next_due(cron("H * * * *", hash_id=i), after) for i in ids}
    assert len(found) > 50
