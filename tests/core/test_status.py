"""What pings and people do to a job: the effects of each, and what is not counted."""

import pytest

from bot.core.kinds import Outcome, PingKind, Status
from bot.core.models import Schedule
from tests.core.factories import (
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    UNSCHEDULED,
    Life,
    every,
    up,
)

SAID = (PingKind.START, PingKind.SUCCESS, PingKind.FAIL, PingKind.LOG)


# the table of section 4


def test_a_start_leaves_last_ping_duration_and_status() -> None:
    life = up(every(HOUR))
    life.advance(10 * MINUTE)
    life.start(RID)
    assert life.state.last_ping_at == T0
    assert life.state.last_duration is None
    assert life.state.status is Status.UP
    assert life.state.open_runs == 1
    assert life.state.last_ping_kind is PingKind.START


def test_a_success_of_a_known_start_ends_that_run_and_no_other() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.advance(MINUTE)
    life.start(OTHER)
    life.advance(MINUTE)
    life.success(RID)
    assert life.state.last_duration == 2 * MINUTE
    assert life.state.last_ping_at == life.now
    assert life.state.status is Status.UP
    assert [run.rid for run in life.open_runs] == [OTHER]


def test_a_success_of_an_unknown_rid_has_no_duration_and_ends_no_run() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.success(RID)
    life.start(RID.replace("1", "4"))
    life.advance(MINUTE)
    life.success(OTHER)
    assert life.state.last_duration is None
    assert life.state.open_runs == 1
    assert life.state.status is Status.UP


def test_a_success_without_rid_ends_the_newest_run_without_rid() -> None:
    life = Life(UNSCHEDULED)
    life.start()
    life.advance(MINUTE)
    life.start(RID)
    life.advance(MINUTE)
    life.success()
    assert life.state.last_duration == 2 * MINUTE
    assert [run.rid for run in life.open_runs] == [RID]


def test_a_success_without_rid_ends_the_only_open_run() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.advance(MINUTE)
    life.success()
    assert life.state.last_duration == MINUTE
    assert life.open_runs == []


def test_a_success_without_rid_ends_none_of_two_runs_with_rids() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.start(OTHER)
    life.success()
    assert life.state.open_runs == 2
    assert life.state.last_duration is None


def test_a_failure_ends_the_run_that_it_names_and_takes_the_job_down() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.advance(MINUTE)
    life.fail(RID)
    assert life.state.last_duration == MINUTE
    assert life.is_down()
    assert life.open_runs == []


def test_a_lone_failure_takes_the_job_down() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    assert life.is_down()
    assert life.state.last_duration is None


@pytest.mark.parametrize("kind", [PingKind.LOG, PingKind.IGNORED])
def test_what_does_not_count_changes_nothing_but_the_number_of_pings(
    kind: PingKind,
) -> None:
    life = up(every(HOUR))
    before = life.state
    life.advance(MINUTE)
    life.ping(kind)
    assert life.state.ping_count == before.ping_count + 1
    changed = {
        name
        for name in type(before).__slots__
        if getattr(before, name) != getattr(life.state, name)
    }
    assert changed == {"ping_count"}


def test_the_first_success_of_a_new_job_raises_nothing() -> None:
    life = Life(HOURLY)
    life.success()
    assert life.state.status is Status.UP
    assert life.told == []


# the same thing said twice


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR), UNSCHEDULED])
def test_an_end_that_is_sent_again_counts_once(schedule: Schedule) -> None:
    life = Life(schedule, failure_tolerance=2)
    life.start(RID)
    life.advance(MINUTE)
    life.fail(RID)
    life.advance(2 * SECOND)
    life.fail(RID)
    assert life.state.bad_in_a_row == 1
    assert life.state.last_duration == MINUTE
    assert life.state.last_ping_at == life.now


def test_the_last_verdict_counts_for_a_run_without_a_slot_too() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.success(RID)
    life.fail(RID)
    assert life.is_down()
    life.success(RID)
    assert not life.is_down()


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR), UNSCHEDULED])
def test_an_end_that_is_sent_again_after_minutes_counts_once(
    schedule: Schedule,
) -> None:
    life = Life(schedule, failure_tolerance=2)
    life.fail(RID)
    life.advance(10 * MINUTE)
    life.fail(RID)
    assert life.state.bad_in_a_row == 1


def test_a_lone_end_with_a_rid_that_is_sent_again_counts_once() -> None:
    life = Life(UNSCHEDULED, failure_tolerance=2)
    life.fail(RID)
    life.fail(RID)
    assert not life.is_down()
    assert life.state.bad_in_a_row == 1


def test_a_repeated_end_moves_the_due_of_an_interval() -> None:
    life = Life(every(HOUR))
    life.success(RID)
    life.advance(5 * SECOND)
    life.success(RID)
    assert life.state.due_at == life.now + HOUR


def test_the_last_of_two_verdicts_about_a_run_wins() -> None:
    life = up()
    life.until(T0 + HOUR)
    life.start(RID)
    life.advance(20 * MINUTE)
    life.success(RID)
    life.advance(SECOND)
    life.fail(RID)
    assert life.slots[T0 + HOUR] is Outcome.FAILED
    assert life.is_down()
    life.fail(RID)
    assert life.state.bad_in_a_row == 1
    life.success(RID)
    assert life.slots[T0 + HOUR] is Outcome.OK
    assert not life.is_down()


def test_the_last_verdict_of_a_lone_end_that_was_late_is_late() -> None:
    life = up(min_runtime=MINUTE)
    life.until(T0 + HOUR + 10 * MINUTE)
    life.fail(RID)
    assert life.slots[T0 + HOUR] is Outcome.FAILED
    life.success(RID)
    assert life.slots[T0 + HOUR] is Outcome.LATE


def test_a_failure_after_an_overrun_of_the_same_run_counts_once() -> None:
    life = Life(UNSCHEDULED, max_runtime=MINUTE, failure_tolerance=2)
    life.start(RID)
    life.advance(2 * MINUTE)
    assert life.state.last_outcome is Outcome.OVERRAN
    life.fail(RID)
    assert life.state.bad_in_a_row == 1
    assert not life.is_down()
    life.fail(OTHER)
    assert life.is_down()


def test_a_miss_and_the_failure_that_comes_late_count_as_two() -> None:
    life = up(failure_tolerance=2)
    life.until(T0 + HOUR + 10 * MINUTE)
    life.fail()
    assert life.is_down()
    assert life.slots[T0 + HOUR] is Outcome.FAILED


@pytest.mark.parametrize("kind", SAID)
def test_a_ping_finds_what_has_passed_before_it(kind: PingKind) -> None:
    life = Life(HOURLY, watched=False)
    life.success()
    life.advance(2 * HOUR + 10 * MINUTE)
    life.ping(kind)
    assert [word.outcome for word in life.words][:2] == [Outcome.MISSED] * 2
    assert life.incident is not None
    assert life.incident.opened_at == T0 + HOUR + 5 * MINUTE
