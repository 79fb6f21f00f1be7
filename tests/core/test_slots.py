"""Which slot an event belongs to, and which due is armed next."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import schedules, slots
from bot.core.kinds import Flavour, Outcome, PingKind
from bot.core.models import Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    RID,
    SECOND,
    T0,
    TICK,
    Life,
    calendar,
    cron,
    every,
    job,
    up,
)
from tests.core.worlds import WORLDS

DUE = T0 + HOUR


# the window


@pytest.mark.parametrize(
    ("after_due", "in_time"),
    [
        (-MINUTE - TICK, False),
        (-MINUTE, True),
        (-SECOND, True),
        (timedelta(), True),
        (5 * MINUTE, True),
    ],
)
@pytest.mark.parametrize("kind", [PingKind.SUCCESS, PingKind.START])
def test_a_slot_is_satisfied_from_a_minute_before_to_its_deadline(
    kind: PingKind, after_due: timedelta, in_time: bool
) -> None:
    life = up()
    life.until(DUE + after_due)
    life.ping(kind)
    assert life.state.due_at == (DUE + HOUR if in_time else DUE)


@pytest.mark.parametrize(
    ("text", "early"),
    [("*/2 * * * *", 30 * SECOND), ("* * * * *", 15 * SECOND), ("0 * * * *", MINUTE)],
)
def test_early_is_a_quarter_of_the_period_and_a_minute_at_most(
    text: str, early: timedelta
) -> None:
    life = up(cron(text))
    due = life.state.due_at
    assert due is not None
    life.until(due - early)
    life.success()
    assert life.slots[due] is Outcome.OK


def test_jitter_widens_the_window() -> None:
    life = up(
        cron("0 * * * *", flavour=Flavour.SYSTEMD), grace=MINUTE, jitter=10 * MINUTE
    )
    life.until(DUE + 11 * MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.OK}
    assert life.incidents == {}


def test_the_newest_slot_is_satisfied_and_older_open_ones_are_merged() -> None:
    life = up(cron("*/10 * * * *"), grace=HOUR)
    life.until(T0 + 31 * MINUTE)
    life.success()
    assert list(life.slots.values()) == [Outcome.MERGED] * 2 + [Outcome.OK]
    assert life.state.due_at == T0 + 40 * MINUTE
    assert life.state.bad_in_a_row == 0


def test_no_more_than_a_thousand_merged_slots_are_stored() -> None:
    life = up(cron("* * * * *"), grace=30 * DAY)
    life.advance(2 * DAY)
    life.success()
    assert len(life.slots) == slots.MERGED_AT_MOST + 1


def test_an_event_between_the_windows_belongs_to_no_slot() -> None:
    life = up()
    life.until(DUE + 30 * MINUTE - HOUR)
    life.success()
    assert life.slots == {}
    assert life.state.due_at == DUE


# late


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR)])
def test_a_later_one_closes_its_slot_as_late_and_does_not_reset_the_count(
    schedule: Schedule,
) -> None:
    life = up(schedule, failure_tolerance=2)
    life.until(DUE + 10 * MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.LATE}
    assert life.state.last_outcome is Outcome.LATE
    assert life.state.bad_in_a_row == 1
    life.advance(2 * HOUR)
    assert life.is_down()


def test_a_late_start_makes_its_slot_late_and_resolves_with_its_end() -> None:
    life = up()
    life.until(DUE + 10 * MINUTE)
    life.start()
    assert life.slots == {DUE: Outcome.LATE}
    assert life.is_down()
    life.advance(MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.LATE}
    assert not life.is_down()


def test_the_newest_of_several_missed_slots_is_the_late_one() -> None:
    life = up()
    life.until(DUE + 2 * HOUR + 10 * MINUTE)
    life.success()
    assert list(life.slots.values()) == [Outcome.MISSED, Outcome.MISSED, Outcome.LATE]


def test_a_job_that_is_always_late_and_reports_twice_is_still_noticed() -> None:
    life = up(failure_tolerance=3)
    for hour in range(1, 4):
        life.until(T0 + hour * HOUR + 10 * MINUTE)
        assert life.is_down() == (hour == 3)
        life.success()
        life.advance(MINUTE)
        life.success()


def test_a_missed_slot_is_over_once_a_newer_one_was_satisfied() -> None:
    life = up()
    life.until(DUE + HOUR)
    life.success()
    life.advance(MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.MISSED, DUE + HOUR: Outcome.OK}
    assert life.state.bad_in_a_row == 0


# a second word


def test_a_second_word_about_a_slot_wins_while_its_window_lasts() -> None:
    life = up()
    life.until(DUE)
    life.success()
    life.until(DUE + 5 * MINUTE)
    life.fail()
    assert life.slots == {DUE: Outcome.FAILED}
    life.success()
    assert life.slots == {DUE: Outcome.OK}


def test_a_second_word_after_the_window_says_nothing_about_the_slot() -> None:
    life = up()
    life.until(DUE)
    life.success()
    life.until(DUE + 6 * MINUTE)
    life.fail()
    assert life.slots == {DUE: Outcome.OK}
    assert life.open_incident is not None
    assert life.open_incident.due_at is None


# intervals


def test_an_interval_counts_from_the_last_end_of_either_kind() -> None:
    life = up(every(HOUR), failure_tolerance=9)
    life.advance(10 * MINUTE)
    life.fail()
    assert life.state.due_at == T0 + 70 * MINUTE
    life.advance(10 * MINUTE)
    life.success()
    assert life.state.due_at == T0 + 80 * MINUTE
    assert life.slots == {}


def test_after_a_miss_an_interval_counts_from_the_old_due() -> None:
    life = up(every(HOUR))
    life.until(DUE + 10 * MINUTE)
    assert life.state.due_at == DUE + HOUR


def test_an_end_in_the_window_of_an_interval_satisfies_it() -> None:
    life = up(every(HOUR))
    life.until(DUE - 30 * SECOND)
    life.success()
    assert life.slots == {DUE: Outcome.OK}
    assert life.state.due_at == life.now + HOUR


def test_a_start_disarms_an_interval_until_it_ends() -> None:
    life = up(every(HOUR))
    life.advance(30 * MINUTE)
    life.start(RID)
    assert life.state.due_at is None
    assert life.state.deadline_at == T0 + 95 * MINUTE
    life.advance(50 * MINUTE)
    life.success(RID)
    assert life.state.due_at == life.now + HOUR


def test_a_start_in_the_window_of_an_interval_satisfies_and_disarms_it() -> None:
    life = up(every(HOUR))
    life.until(DUE + MINUTE)
    life.start(RID)
    assert life.state.due_at is None
    life.advance(MINUTE)
    life.success(RID)
    assert life.slots == {DUE: Outcome.OK}


def test_only_the_first_end_after_a_miss_of_an_interval_is_late() -> None:
    life = up(every(HOUR))
    life.until(DUE + 10 * MINUTE)
    life.success()
    life.advance(10 * MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.LATE}
    assert life.state.bad_in_a_row == 0


# runs over several slots


def test_a_slot_that_is_open_when_the_covering_run_ends_is_skipped() -> None:
    life = up(max_runtime=3 * HOUR)
    life.until(DUE)
    life.start()
    life.until(DUE + HOUR + MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.OK, DUE + HOUR: Outcome.SKIPPED}
    assert life.state.due_at == DUE + 2 * HOUR


def test_what_falls_due_after_the_max_runtime_is_not_skipped_by_the_end() -> None:
    life = up(cron("*/10 * * * *"), max_runtime=15 * MINUTE, grace=HOUR)
    life.until(T0 + 10 * MINUTE)
    life.start()
    life.until(T0 + 31 * MINUTE)
    life.success()
    assert life.slots == {
        T0 + 10 * MINUTE: Outcome.OVERRAN,
        T0 + 20 * MINUTE: Outcome.SKIPPED,
    }
    assert life.state.due_at == T0 + 30 * MINUTE


# new jobs


@pytest.mark.parametrize("grace", [None, 5 * MINUTE, 3 * HOUR])
def test_the_first_event_satisfies_a_slot_whose_window_holds_it(
    grace: timedelta | None,
) -> None:
    life = Life(HOURLY, grace=grace)
    life.until(DUE + 5 * MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.OK}
    assert life.state.due_at == DUE + HOUR


def test_the_first_event_outside_of_every_window_arms_the_next_due() -> None:
    life = Life(HOURLY, grace=None)
    life.until(DUE + 7 * MINUTE)
    life.success()
    assert life.slots == {}
    assert life.state.due_at == DUE + HOUR


def test_a_due_before_the_job_was_made_is_none_of_its_slots() -> None:
    life = Life(HOURLY, at=T0 + MINUTE)
    life.success()
    assert life.slots == {}


def test_an_early_first_event_satisfies_the_slot_to_come() -> None:
    life = Life(HOURLY)
    life.until(DUE - 30 * SECOND)
    life.success()
    assert life.slots == {DUE: Outcome.OK}
    assert life.state.due_at == DUE + HOUR


def test_nothing_is_armed_once_a_schedule_has_ended() -> None:
    life = Life(calendar("2026-11-23 05:00"))
    life.until(T0 + 2 * HOUR)
    life.success()
    assert life.state.wake_at is None
    life.advance(DAY)
    life.success()
    assert life.state.wake_at is None


# the newest due


@given(
    world=st.sampled_from([world for world in WORLDS if slots.is_calendar(world[0])]),
    wait=st.timedeltas(timedelta(), 5 * DAY),
    back=st.sampled_from((timedelta(), MINUTE, HOUR, 3 * DAY)),
)
def test_the_newest_due_is_the_last_of_all_dues(
    world: tuple[Schedule, datetime], wait: timedelta, back: timedelta
) -> None:
    schedule, at = world
    at += wait
    dues = schedules.due_between(schedule, at - back, at, limit=10_000)
    found = schedules.newest_due(schedule, at, at - back)
    assert found == (dues[-1] if dues else None)


def test_the_newest_due_of_a_schedule_that_has_ended_is_its_last() -> None:
    once = calendar("2026-11-23 05:00")
    assert schedules.newest_due(once, T0 + 90 * DAY, T0) == T0 + 2 * HOUR


def test_a_strict_job_whose_schedule_has_ended_is_not_armed() -> None:
    ended = job(calendar("2020-01-01 05:00"), strict_start=True)
    life = Life(ended.schedule, strict_start=True)
    assert life.state.wake_at is None
    assert life.state.due_at is None
