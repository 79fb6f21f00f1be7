"""Deadlines that pass: misses, overruns, and the reminder of a silent new job."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core import deadlines
from bot.core.kinds import IncidentKind, Outcome, Status
from bot.core.models import Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    TICK,
    UNSCHEDULED,
    Life,
    calendar,
    cron,
    every,
    up,
)

# misses


def test_a_miss_opens_an_incident_that_is_dated_at_the_deadline() -> None:
    life = up()
    life.advance(90 * MINUTE)
    incident = life.open_incident
    assert incident is not None
    assert incident.kind is IncidentKind.MISSED
    assert incident.opened_at == T0 + HOUR + 5 * MINUTE
    assert incident.due_at == T0 + HOUR
    assert life.slots == {T0 + HOUR: Outcome.MISSED}
    assert life.is_down()


def test_a_deadline_has_passed_only_after_it() -> None:
    life = up()
    life.until(T0 + HOUR + 5 * MINUTE)
    assert not life.is_down()
    life.advance(TICK)
    assert life.is_down()


def test_a_ping_at_the_deadline_is_in_time() -> None:
    life = up()
    life.until(T0 + HOUR + 5 * MINUTE)
    life.success()
    assert life.slots == {T0 + HOUR: Outcome.OK}
    assert life.incidents == {}


def test_what_passed_after_a_ping_that_waits_is_not_judged_yet() -> None:
    life = up()
    ends = T0 + HOUR + 5 * MINUTE
    for heard_until, is_missed in ((ends, False), (ends + TICK, True), (None, True)):
        watched = replace(life.load(), heard_until=heard_until)
        after = deadlines.on_time(watched, ends + SECOND, life.ids)
        assert (after.watched.incident is not None) is is_missed


def test_whoever_comes_judges_no_miss_while_the_receiver_is_cut_off() -> None:
    life = up()
    ends = T0 + HOUR + 5 * MINUTE
    watched = replace(life.load(), is_cut_off=True)
    after = deadlines.on_time(watched, ends + SECOND, life.ids)
    assert after.watched.incident is None
    assert after.watched.state == watched.state


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR)])
def test_misses_go_on_counting(schedule: Schedule) -> None:
    life = up(schedule, failure_tolerance=3)
    life.until(T0 + 3 * HOUR + 5 * MINUTE)
    assert life.state.bad_in_a_row == 2
    assert not life.is_down()
    life.advance(TICK)
    assert life.is_down()
    assert life.open_incident is not None
    assert life.open_incident.opened_at == T0 + 3 * HOUR + 5 * MINUTE
    assert life.open_incident.count == 3
    life.advance(HOUR)
    assert life.open_incident.count == 4
    assert life.sounds == ["opened"]


def test_a_schedule_that_has_ended_is_missed_once() -> None:
    life = Life(calendar("2026-11-23 05:00"))
    life.success()
    life.advance(30 * DAY)
    assert life.slots == {T0 + 2 * HOUR: Outcome.MISSED}
    assert life.state.wake_at is None


def test_a_job_without_schedule_misses_nothing() -> None:
    life = up(UNSCHEDULED)
    life.advance(365 * DAY)
    assert life.words == []
    assert life.state.wake_at is None


def test_judging_stops_at_the_limit_and_goes_on_where_it_stopped() -> None:
    life = Life(HOURLY, watched=False)
    life.success()
    life.advance(DAY + 30 * MINUTE)
    life.save(deadlines.on_time(life.load(), life.now, life.ids, 10))
    assert len(life.slots) == 10
    assert life.state.wake_at == T0 + 11 * HOUR + 5 * MINUTE
    life.settle()
    assert len(life.slots) == 24


# the day that has an hour twice, and the one that lacks one


@pytest.mark.parametrize(
    ("month", "day", "dues"),
    [(10, 24, [(24, 30), (49, 30)]), (3, 27, [(25, 30), (49, 0)])],
)
def test_a_nightly_job_is_missed_once_a_night_when_clocks_change(
    month: int, day: int, dues: list[tuple[int, int]]
) -> None:
    at = T0.replace(month=month, day=day, hour=0)
    life = Life(cron("30 2 * * *", "Europe/Berlin"), at=at)
    life.success()
    life.advance(50 * HOUR)
    expected = [at + timedelta(hours=h, minutes=m) for h, m in dues]
    assert [due for due in life.slots if due > at + 2 * HOUR] == expected


# runs


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR), UNSCHEDULED])
def test_a_start_that_never_ends_takes_a_new_job_down(schedule: Schedule) -> None:
    life = Life(schedule, max_runtime=10 * MINUTE)
    life.start()
    assert life.state.deadline_at == T0 + 10 * MINUTE
    life.advance(11 * MINUTE)
    assert life.is_down()
    assert life.open_incident is not None
    assert life.open_incident.kind is IncidentKind.OVERRAN
    assert life.open_incident.opened_at == T0 + 10 * MINUTE


def test_each_run_has_a_deadline_of_its_own() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(5 * MINUTE)
    life.start(OTHER)
    life.success(OTHER)
    life.advance(6 * MINUTE)
    assert life.is_down()
    assert life.open_incident is not None
    assert life.open_incident.opened_at == T0 + 10 * MINUTE


def test_a_run_that_is_in_time_has_not_overrun_with_another() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(5 * MINUTE)
    life.start(OTHER)
    life.advance(6 * MINUTE)
    assert [run.overran for run in life.runs] == [True, False]


def test_a_run_of_no_slot_that_overran_says_nothing_of_slots() -> None:
    life = Life(UNSCHEDULED, max_runtime=MINUTE)
    life.start()
    life.advance(HOUR)
    assert life.is_down()
    assert life.words == []


def test_all_that_has_passed_makes_one_sound() -> None:
    life = Life(HOURLY, watched=False, min_runtime=MINUTE)
    life.start(RID)
    life.success(RID)
    life.start(RID.replace("1", "5"))
    life.advance(3 * HOUR)
    life.settle()
    assert life.sounds == ["opened", "worsened"]
    assert life.open_incident is not None
    assert life.open_incident.count == 3


def test_what_has_passed_sounds_even_if_a_ping_resolves_it_at_once() -> None:
    life = Life(HOURLY, watched=False)
    life.success()
    life.advance(70 * MINUTE)
    life.success()
    assert life.kinds == ["opened", "resolved"]
    assert life.sounds == ["opened"]


def test_runs_that_overrun_at_one_instant_count_once() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE, failure_tolerance=2)
    life.start(RID)
    life.start(OTHER)
    life.advance(11 * MINUTE)
    assert life.state.bad_in_a_row == 1
    assert all(run.overran for run in life.runs)


def test_an_overrun_and_a_miss_at_one_instant_count_once() -> None:
    life = up(failure_tolerance=2)
    life.until(T0 + HOUR)
    life.start()
    life.until(T0 + 2 * HOUR + 5 * MINUTE + TICK)
    assert life.slots[T0 + HOUR] is Outcome.OVERRAN
    assert life.slots[T0 + 2 * HOUR] is Outcome.MISSED
    assert life.state.bad_in_a_row == 1
    life.advance(HOUR)
    assert life.is_down()


def test_a_limit_does_not_part_an_overrun_from_a_miss_at_one_instant() -> None:
    life = Life(HOURLY, watched=False)
    life.start()
    life.start()
    life.advance(DAY)
    life.save(deadlines.on_time(life.load(), life.now, life.ids, 1))
    assert life.state.bad_in_a_row == 1
    assert life.state.due_at == T0 + 2 * HOUR


def test_an_interval_is_armed_again_when_its_run_overran() -> None:
    life = Life(every(HOUR), max_runtime=10 * MINUTE, failure_tolerance=2)
    life.start()
    assert life.state.due_at is None
    life.advance(11 * MINUTE)
    assert life.state.due_at == T0 + HOUR + 10 * MINUTE
    life.until(T0 + HOUR + 15 * MINUTE + TICK)
    assert life.is_down()


def test_an_interval_that_is_armed_already_stays_so_when_a_run_overran() -> None:
    life = Life(every(HOUR), max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(5 * MINUTE)
    life.success(OTHER)
    life.advance(6 * MINUTE)
    assert life.state.due_at == T0 + 5 * MINUTE + HOUR


def test_a_slot_that_falls_due_inside_an_explicit_max_runtime_is_skipped() -> None:
    life = up(max_runtime=150 * MINUTE)
    life.until(T0 + HOUR + MINUTE)
    life.start()
    life.until(T0 + 3 * HOUR + 30 * MINUTE)
    assert life.slots == {
        T0 + 2 * HOUR: Outcome.SKIPPED,
        T0 + 3 * HOUR: Outcome.SKIPPED,
    }
    assert life.incidents == {}
    life.success()
    assert life.slots[T0 + HOUR] is Outcome.OK


def test_a_slot_that_falls_due_after_the_max_runtime_is_missed() -> None:
    life = up(max_runtime=30 * MINUTE)
    life.until(T0 + HOUR)
    life.start()
    life.until(T0 + 2 * HOUR + 6 * MINUTE)
    assert life.slots == {T0 + HOUR: Outcome.OVERRAN, T0 + 2 * HOUR: Outcome.MISSED}


def test_a_slot_inside_a_run_that_has_no_max_runtime_is_missed() -> None:
    life = up(grace=HOUR)
    life.until(T0 + HOUR)
    life.start(RID)
    life.until(T0 + 3 * HOUR + SECOND)
    assert life.slots[T0 + 2 * HOUR] is Outcome.MISSED


def test_an_overrun_resolves_when_that_run_ends() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    assert life.is_down()
    life.success(RID)
    assert not life.is_down()
    assert life.runs[0].outcome is Outcome.OVERRAN
    assert life.state.bad_in_a_row == 1


def test_an_overrun_resolves_when_a_later_run_succeeds() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    life.start(OTHER)
    life.success(OTHER)
    assert not life.is_down()


def test_an_overrun_does_not_resolve_when_an_earlier_run_succeeds() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(MINUTE)
    life.start(OTHER)
    life.advance(HOUR)
    life.success(RID)
    assert life.is_down()
    life.success(OTHER)
    assert not life.is_down()


def test_a_run_of_an_older_slot_that_ends_does_not_resolve_a_later_miss() -> None:
    life = up()
    life.until(T0 + HOUR)
    life.start(RID)
    life.until(T0 + 3 * HOUR + 10 * MINUTE)
    life.success(RID)
    assert life.is_down()
    assert life.slots[T0 + HOUR] is Outcome.OVERRAN
    life.success()
    assert not life.is_down()
    assert life.slots[T0 + 3 * HOUR] is Outcome.LATE


def test_a_run_of_an_older_slot_that_fails_is_counted() -> None:
    life = up()
    life.until(T0 + HOUR)
    life.start(RID)
    life.until(T0 + 3 * HOUR + 10 * MINUTE)
    life.fail(RID)
    assert life.open_incident is not None
    assert life.open_incident.kind is IncidentKind.FAILED


def test_a_job_that_starts_again_and_again_and_never_ends_is_noticed() -> None:
    life = Life(every(HOUR), max_runtime=30 * MINUTE)
    while life.now < T0 + HOUR:
        life.start()
        life.advance(5 * MINUTE)
    assert life.open_incident is not None
    assert life.open_incident.opened_at == T0 + 30 * MINUTE
    assert len(life.open_runs) < 8


# new jobs


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR)])
def test_a_new_job_makes_no_miss_and_is_brought_to_mind(schedule: Schedule) -> None:
    life = Life(schedule)
    life.advance(3 * HOUR)
    assert life.told == []
    life.advance(TICK)
    assert life.kinds == ["never_seen"]
    assert life.sounds == []
    life.advance(365 * DAY)
    assert life.kinds == ["never_seen"]
    assert life.incidents == {}
    assert life.state.status is Status.NEW


@pytest.mark.parametrize(
    "schedule", [UNSCHEDULED, cron("0 0 1 * *"), calendar("2020-01-01 05:00")]
)
def test_a_rare_job_is_brought_to_mind_after_a_week(schedule: Schedule) -> None:
    life = Life(schedule)
    assert life.state.wake_at == T0 + 7 * DAY


def test_a_reminder_comes_after_its_moment_and_not_at_it() -> None:
    life = Life(HOURLY, watched=False)
    life.advance(3 * HOUR)
    life.log()
    assert life.told == []
    life.advance(TICK)
    life.log()
    assert life.kinds == ["never_seen"]


def test_a_job_that_has_reported_is_not_brought_to_mind() -> None:
    life = Life(UNSCHEDULED)
    life.start()
    life.success()
    life.advance(30 * DAY)
    assert life.told == []


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR)])
def test_a_strict_job_misses_its_first_slot(schedule: Schedule) -> None:
    life = Life(schedule, strict_start=True)
    assert life.state.wake_at == T0 + HOUR + 5 * MINUTE
    life.advance(2 * HOUR)
    assert life.is_down()
    assert life.sounds == ["opened"]
