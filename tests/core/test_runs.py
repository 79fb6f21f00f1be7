"""Pairing starts with ends, how long a run may take, and what became of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core import runs
from bot.core.kinds import (
    Outcome,
    RunId,
)
from bot.core.models import (
    Run,
    Schedule,
)
from tests.core.factories import (
    DAY,
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
    calendar,
    cron,
    every,
    job,
    up,
)

DUE = T0 + HOUR


# how long it may take


@pytest.mark.parametrize(
    ("schedule", "fields", "expected"),
    [
        (HOURLY, {"max_runtime": 7 * MINUTE}, T0 + 7 * MINUTE),
        (HOURLY, {}, DUE + 5 * MINUTE),
        (HOURLY, {"jitter": MINUTE}, DUE + 6 * MINUTE),
        (every(HOUR), {}, DUE + 5 * MINUTE),
        (every(HOUR), {"grace": None}, DUE + 6 * MINUTE),
        (every(HOUR), {"jitter": MINUTE}, DUE + 6 * MINUTE),
        (every(HOUR), {"max_runtime": 2 * DAY}, T0 + 2 * DAY),
        (UNSCHEDULED, {}, T0 + DAY),
        (UNSCHEDULED, {"max_runtime": MINUTE}, T0 + MINUTE),
        (calendar("2020-01-01 05:00"), {}, T0 + DAY),
    ],
)
def test_a_run_has_a_deadline(
    schedule: Schedule, fields: dict[str, Any], expected: datetime
) -> None:
    life = Life(schedule, **fields)
    life.start()
    assert life.state.deadline_at == expected


def test_a_run_that_starts_early_has_until_the_slot_after_its_own() -> None:
    life = up()
    life.until(DUE - 30 * SECOND)
    life.start()
    assert life.runs[-1].deadline_at == DUE + HOUR + 5 * MINUTE


def test_a_run_that_starts_late_has_until_the_next_slot() -> None:
    life = up()
    life.until(DUE + 30 * MINUTE)
    life.start()
    assert life.runs[-1].late
    assert life.runs[-1].deadline_at == DUE + HOUR + 5 * MINUTE


def test_a_deadline_may_be_asked_for_as_of_another_moment() -> None:
    run = Run(id=RunId(1), job_id=job().id, started_at=T0)
    at = runs.deadline_of(job().definition, run, T0 + 5 * HOUR)
    assert at == T0 + 6 * HOUR + 5 * MINUTE


# what became of it


@pytest.mark.parametrize(
    ("length", "outcome"),
    [
        (9 * SECOND, Outcome.TOO_SHORT),
        (10 * SECOND, Outcome.OK),
        (10 * MINUTE, Outcome.OK),
        (11 * MINUTE, Outcome.OVERRAN),
    ],
)
def test_the_length_of_a_run_decides_its_outcome(
    length: timedelta, outcome: Outcome
) -> None:
    life = up(min_runtime=10 * SECOND, max_runtime=10 * MINUTE)
    life.until(DUE)
    life.start(RID)
    life.advance(length)
    life.success(RID)
    assert life.runs[0].outcome is outcome
    assert life.slots == {DUE: outcome}
    assert life.runs[0].duration == length


def test_a_failure_is_a_failure_however_long_it_took() -> None:
    life = up(min_runtime=10 * SECOND)
    life.start(RID)
    life.fail(RID)
    assert life.runs[0].outcome is Outcome.FAILED


def test_a_lone_end_is_never_too_short() -> None:
    life = Life(UNSCHEDULED, min_runtime=HOUR)
    life.success(RID)
    assert life.state.last_outcome is Outcome.OK


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


def test_a_run_that_hangs_is_not_given_up_when_a_later_one_fails() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    life.fail(OTHER)
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
    assert life.is_down()
    life.advance(HOUR)
    life.fail(THIRD)
    assert life.open_incident is not None
    assert life.open_incident.count == 2
