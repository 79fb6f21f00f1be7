"""Which start an end belongs to: rids, starts without one, and runs that hang."""

import pytest

from bot.core.kinds import Outcome
from bot.core.models import Schedule
from tests.core.factories import (
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    THIRD,
    UNSCHEDULED,
    Life,
    cron,
    every,
    up,
)

DUE = T0 + HOUR


# the same rid


def test_a_start_that_is_sent_again_keeps_the_first() -> None:
    life = up()
    life.until(DUE)
    life.start(RID)
    life.advance(2 * SECOND)
    life.start(RID)
    assert [run.started_at for run in life.runs] == [DUE]
    assert life.state.ping_count == 3


def test_a_start_that_comes_after_its_own_end_opens_no_run() -> None:
    life = up()
    life.until(DUE)
    life.success(RID)
    life.advance(SECOND)
    life.start(RID)
    assert life.open_runs == []
    life.until(DUE + 2 * HOUR)
    assert life.open_incident is not None
    assert life.open_incident.kind == "missed"


@pytest.mark.parametrize(
    "schedule", [HOURLY, cron("*/2 * * * *"), cron("* * * * *"), every(10 * SECOND)]
)
def test_a_client_with_one_rid_for_ever_raises_no_false_alarm(
    schedule: Schedule,
) -> None:
    life = Life(schedule, grace=SECOND)
    life.success(RID)
    for _ in range(20):
        assert life.state.due_at is not None
        life.until(life.state.due_at)
        life.start(RID)
        life.advance(SECOND)
        life.success(RID)
    assert life.incidents == {}


def test_a_client_with_one_rid_for_ever_is_heard_when_it_fails() -> None:
    life = Life(UNSCHEDULED, failure_tolerance=2)
    life.fail(RID)
    life.advance(11 * MINUTE)
    life.fail(RID)
    assert life.is_down()


def test_a_miss_is_resolved_by_a_client_with_one_rid_for_ever() -> None:
    life = up()
    life.until(DUE + 4 * MINUTE)
    life.success(RID)
    life.until(DUE + HOUR + 6 * MINUTE)
    assert life.is_down()
    life.success(RID)
    assert not life.is_down()


def test_an_end_that_is_sent_again_at_once_takes_no_other_slot() -> None:
    life = up(cron("*/5 * * * *"))
    life.until(T0 + 5 * MINUTE)
    life.start(RID)
    life.until(T0 + 9 * MINUTE - SECOND)
    life.success(RID)
    life.advance(2 * SECOND)
    life.success(RID)
    assert life.slots == {T0 + 5 * MINUTE: Outcome.OK}
    assert life.state.due_at == T0 + 10 * MINUTE


def test_an_end_that_is_sent_again_minutes_later_counts_once() -> None:
    life = up(failure_tolerance=2)
    life.until(DUE)
    life.start(RID)
    life.fail(RID)
    life.advance(7 * MINUTE)
    life.fail(RID)
    assert life.state.bad_in_a_row == 1


# starts without rid


def test_a_start_without_rid_supersedes_an_open_one_without() -> None:
    life = up()
    life.until(DUE)
    life.start()
    life.advance(2 * SECOND)
    life.start()
    life.advance(MINUTE)
    life.success()
    assert life.state.last_duration == MINUTE
    assert [run.outcome for run in life.runs] == [Outcome.MERGED, Outcome.OK]
    assert life.slots == {DUE: Outcome.OK}
    assert life.open_runs == []
    life.until(DUE + HOUR)
    assert life.incidents == {}


def test_a_start_without_rid_leaves_runs_that_have_one() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.start()
    life.start()
    assert [run.superseded for run in life.runs] == [False, True, False]
    life.success()
    assert [run.rid for run in life.open_runs] == [RID]


def test_superseded_runs_stay_open_when_a_run_with_a_rid_ends() -> None:
    life = Life(UNSCHEDULED)
    life.start()
    life.start()
    life.start(RID)
    life.success(RID)
    assert [run.superseded for run in life.open_runs] == [True, False]


def test_a_restart_after_the_window_takes_the_slot_of_the_run_before() -> None:
    life = up()
    life.until(DUE)
    life.start()
    life.advance(20 * MINUTE)
    life.start()
    life.advance(MINUTE)
    life.fail()
    assert life.slots == {DUE: Outcome.FAILED}


def test_the_slot_of_a_superseded_run_is_merged_if_the_newer_has_another() -> None:
    life = up(grace=30 * MINUTE)
    life.until(DUE)
    life.start()
    life.until(DUE + HOUR)
    life.start()
    life.success()
    assert life.slots == {DUE: Outcome.MERGED, DUE + HOUR: Outcome.OK}


def test_the_slot_of_a_late_run_stays_late_when_it_is_superseded() -> None:
    life = up()
    life.until(DUE + 30 * MINUTE)
    life.start()
    life.until(DUE + HOUR)
    life.start()
    life.success()
    assert life.slots == {DUE: Outcome.LATE, DUE + HOUR: Outcome.OK}


def test_a_superseded_run_of_no_slot_ends_with_the_newer_one() -> None:
    life = up()
    life.advance(10 * MINUTE)
    life.start()
    life.until(DUE)
    life.start()
    life.success()
    assert life.open_runs == []
    assert life.slots == {DUE: Outcome.OK}


def test_a_superseded_run_that_overran_is_over() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start()
    life.advance(5 * MINUTE)
    life.start()
    life.advance(6 * MINUTE)
    assert life.is_down()
    assert [run.ended_at for run in life.runs] == [T0 + 10 * MINUTE, None]
    assert life.runs[0].outcome is Outcome.OVERRAN


def test_a_run_that_overran_is_over_when_the_next_one_starts() -> None:
    life = up(max_runtime=10 * MINUTE)
    life.until(DUE)
    life.start()
    life.until(DUE + HOUR)
    life.start()
    assert len(life.open_runs) == 1
    life.success()
    assert life.slots == {DUE: Outcome.OVERRAN, DUE + HOUR: Outcome.OK}
    assert life.state.bad_in_a_row == 0


# runs that nobody ends


def test_a_run_that_hangs_is_given_up_when_a_later_one_succeeds() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    life.start(OTHER)
    assert len(life.open_runs) == 2
    life.success(OTHER)
    assert life.open_runs == []
    assert life.runs[0].outcome is Outcome.OVERRAN


def test_a_run_that_hangs_is_given_up_when_a_lone_success_comes() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    life.success(OTHER)
    assert life.open_runs == []


def test_a_run_in_time_is_not_given_up() -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    life.start(OTHER)
    life.success(OTHER)
    assert [run.rid for run in life.open_runs] == [RID]


def test_a_run_that_hangs_is_not_given_up_for_one_that_started_with_it() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.start(OTHER)
    life.advance(HOUR)
    life.success(OTHER)
    assert [run.rid for run in life.open_runs] == [RID]


def test_a_run_that_hangs_is_not_given_up_when_a_later_one_fails() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    life.fail(OTHER)
    life.start(THIRD)
    life.fail(THIRD)
    assert [run.rid for run in life.open_runs] == [RID]


def test_a_run_that_was_given_up_ends_after_all_and_takes_no_slot() -> None:
    life = up(max_runtime=10 * MINUTE)
    life.until(DUE)
    life.start(RID)
    life.until(DUE + HOUR)
    life.start(OTHER)
    life.success(OTHER)
    life.until(DUE + 2 * HOUR)
    life.success(RID)
    assert life.runs[0].duration == 2 * HOUR
    assert life.slots == {DUE: Outcome.OVERRAN, DUE + HOUR: Outcome.OK}
    assert life.state.due_at == DUE + 2 * HOUR


def test_a_run_that_was_given_up_may_still_fail() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    life.success(OTHER)
    assert not life.is_down()
    life.advance(HOUR)
    life.fail(RID)
    life.fail(RID)
    assert life.is_down()
    life.advance(HOUR)
    life.fail(THIRD)
    assert life.open_incident is not None
    assert life.open_incident.count == 2
