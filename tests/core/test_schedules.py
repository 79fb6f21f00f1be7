"""Schedules: the next due and what hangs on it, for every kind."""

import time
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core import schedules
from bot.core.kinds import Flavour, ScheduleKind
from bot.core.models import Definition, Schedule
from tests.core import crontabs
from tests.core.crontabs import cron, on_calendar, utc

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
FLEET = UUID("6f1a0f0e-3f0b-4a55-9d3c-0c8f1f2f3a4b")
START = utc("2024-01-01T00:00")

NO_SCHEDULE = Schedule()
EVERY_30S = Schedule(kind=ScheduleKind.INTERVAL, interval=timedelta(seconds=30))

lines = st.builds(crontabs.line, st.randoms(use_true_random=False))
calendar_schedules = st.builds(
    cron,
    lines.filter(lambda line: not schedules.check(cron(line))),
    st.sampled_from(crontabs.ZONES),
    flavour=st.sampled_from(Flavour),
)


@given(schedule=calendar_schedules, after=crontabs.moments)
@settings(deadline=None)
def test_the_next_due_is_later_and_is_found_from_just_before(
    schedule: Schedule, after: datetime
) -> None:
    due = schedules.next_due(schedule, after)
    assert due is not None
    assert due > after
    assert due.tzinfo is UTC
    assert schedules.next_due(schedule, due - MICROSECOND) == due


@given(schedule=calendar_schedules, after=crontabs.moments, data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_due_between_split_anywhere_gives_the_same_dues(
    schedule: Schedule, after: datetime, data: st.DataObject
) -> None:
    until = after + data.draw(st.timedeltas(timedelta(), DAY))
    middle = after + data.draw(st.timedeltas(timedelta(), until - after))
    whole = schedules.due_between(schedule, after, until, 10**6)
    first = schedules.due_between(schedule, after, middle, 10**6)
    assert first + schedules.due_between(schedule, middle, until, 10**6) == whole
    assert whole == sorted(set(whole))
    assert all(after < due <= until for due in whole)


@given(schedule=calendar_schedules, at=crontabs.moments, limit=st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_newest_dues_are_the_last_of_all(
    schedule: Schedule, at: datetime, limit: int
) -> None:
    floor = at - DAY / 4
    whole = schedules.due_between(schedule, floor, at, 10**6)
    assert schedules.newest_dues(schedule, at, floor, limit) == whole[-limit:]


@given(
    schedule=calendar_schedules,
    moments=st.lists(crontabs.moments, min_size=2, max_size=8),
)
@settings(deadline=None)
def test_what_was_asked_before_changes_no_answer(
    schedule: Schedule, moments: list[datetime]
) -> None:
    answers = [schedules.next_due(schedule, after) for after in moments]
    schedules._cron_plan.cache_clear()
    again = [schedules.next_due(schedule, after) for after in reversed(moments)]
    assert again == answers[::-1]


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    tokyo = datetime.fromisoformat("2024-01-01T18:30:00+09:00")
    assert schedules.next_due(cron("0 * * * *"), tokyo) == utc("2024-01-01T10:00")


def test_due_between_keeps_the_oldest() -> None:
    found = schedules.due_between(cron("* * * * *"), START, START + DAY, 3)
    assert found == [START + n * timedelta(minutes=1) for n in (1, 2, 3)]
    assert len(schedules.due_between(cron("* * * * *"), START, START + DAY)) == 1000


def test_due_between_has_its_end_and_not_its_start() -> None:
    found = schedules.due_between(cron("0 * * * *"), START, utc("2024-01-01T02:00"))
    assert found == [utc("2024-01-01T01:00"), utc("2024-01-01T02:00")]


def test_an_interval_is_counted_from_the_moment_given() -> None:
    start = utc("2024-03-31T00:59:59.5")
    step = timedelta(seconds=30)
    assert schedules.next_due(EVERY_30S, start) == start + step
    found = schedules.due_between(EVERY_30S, start, start + 2 * step)
    assert found == [start + step, start + 2 * step]
    assert schedules.period(EVERY_30S, start) == step


def test_without_a_schedule_nothing_is_due() -> None:
    assert schedules.next_due(NO_SCHEDULE, START) is None
    assert schedules.due_between(NO_SCHEDULE, START, START + DAY) == []
    assert schedules.period(NO_SCHEDULE, START) is None


def test_on_calendar_may_name_seconds() -> None:
    schedule = on_calendar("*:*:0/20")
    found = schedules.due_between(schedule, START, START + timedelta(minutes=1))
    assert [due.second for due in found] == [20, 40, 0]


def test_a_year_that_is_over_is_never_due_again() -> None:
    schedule, due = on_calendar("2024-06-01 00:00"), utc("2024-06-01T00:00")
    assert schedules.next_due(schedule, START) == due
    assert schedules.next_due(schedule, due) is None
    assert schedules.next_due(schedule, due + DAY) is None
    assert schedules.period(schedule, due) is None


def test_the_far_past_and_the_far_future_have_an_answer() -> None:
    daily = cron("0 0 * * *", "Europe/Berlin")
    assert schedules.next_due(daily, utc("0001-01-01")) == utc("1970-01-01T23:00")
    assert schedules.next_due(daily, utc("9999-12-31")) is None
    assert schedules.next_due(EVERY_30S, utc("9999-12-31T23:59:59")) is None
    assert schedules.next_due(on_calendar("daily"), utc("2199-12-31")) is None
    summer = cron("0 0 1 6 *", "Europe/Berlin")
    assert schedules.next_due(summer, utc("2199-06-01")) is None


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (cron("* * * * *"), timedelta(seconds=15)),
        (cron("*/5 * * * *"), timedelta(seconds=60)),
        (EVERY_30S, timedelta(seconds=7.5)),
        (on_calendar("2024-01-01 00:00"), timedelta(seconds=60)),
    ],
)
def test_early_is_a_minute_or_a_quarter_of_the_period(
    schedule: Schedule, expected: timedelta
) -> None:
    assert schedules.early(schedule, START) == expected


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (cron("* * * * *"), timedelta(seconds=60)),
        (cron("0 */2 * * *"), timedelta(minutes=12)),
        (cron("0 0 * * *"), timedelta(minutes=30)),
        (on_calendar("2024-01-01 00:00"), timedelta(minutes=30)),
        (NO_SCHEDULE, timedelta(hours=1)),
    ],
)
def test_the_default_grace_is_a_tenth_of_the_period_within_bounds(
    schedule: Schedule, expected: timedelta
) -> None:
    definition = Definition(slug="backup", schedule=schedule)
    assert schedules.grace(definition, START) == expected


def test_the_default_grace_knows_a_short_night() -> None:
    definition = Definition(slug="a", schedule=cron("0 0,4 * * *", "Europe/Berlin"))
    night = utc("2024-03-30T23:00")
    assert schedules.grace(definition, night) == timedelta(minutes=18)


def test_the_deadline_is_due_and_jitter_and_grace() -> None:
    definition = Definition(
        slug="backup",
        schedule=cron("0 3 * * *"),
        grace=timedelta(minutes=5),
        jitter=timedelta(minutes=1),
    )
    due = utc("2024-01-01T03:00")
    assert schedules.deadline(definition, due) == utc("2024-01-01T03:06")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (cron("*/5  * * * *", "Europe/Berlin"), "*/5 * * * * Europe/Berlin"),
        (cron("@daily", flavour=Flavour.SYSTEMD), "@daily UTC (systemd)"),
        (EVERY_30S, "every 30s"),
        (on_calendar("Mon..Fri  03:00"), "OnCalendar Mon..Fri 03:00 UTC"),
        (on_calendar("03:00 Asia/Tokyo"), "OnCalendar 03:00 Asia/Tokyo"),
        (NO_SCHEDULE, "no schedule"),
    ],
)
def test_a_schedule_is_described_in_a_few_words(
    schedule: Schedule, expected: str
) -> None:
    assert schedules.describe(schedule) == expected


def test_jobs_that_share_a_text_share_a_plan() -> None:
    schedules._cron_plan.cache_clear()
    for number in range(1000):
        job = str(uuid5(FLEET, str(number)))
        schedules.next_due(cron("*/5 * * * thu", "Asia/Tokyo", hash_id=job), START)
        schedules.next_due(cron("H 3 * * *", "Asia/Tokyo", hash_id=job), START)
    assert schedules._cron_plan.cache_info().currsize <= 1 + 60


def test_a_plan_remembers_few_answers() -> None:
    schedule = cron("7 * * * *", "Asia/Tokyo")
    schedules.due_between(schedule, START, START + 30 * DAY)
    assert len(schedules._plan(schedule).gaps) == 4


@pytest.mark.slow
def test_a_hundred_thousand_jobs_are_armed_within_a_second() -> None:
    random = Random(1)
    texts = [crontabs.line(random) for _ in range(800)]
    good = [text for text in texts if not schedules.check(cron(text))][:500]
    jobs = [cron(good[n % 500], "Europe/Berlin", hash_id=str(n)) for n in range(10**5)]
    start = time.process_time()
    for job in jobs:
        schedules.next_due(job, START)
    used = time.process_time() - start
    print(f"\n100,000 jobs with {len(good)} texts: {used * 1000:.0f} ms")
    assert used < 1
