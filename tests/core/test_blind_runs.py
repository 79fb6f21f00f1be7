"""What becomes of runs whose end may not have been seen."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core.kinds import Outcome
from bot.core.models import Run, Schedule
from tests.core.factories import HOUR, MINUTE, RID, T0, Life, blind, every, up

DUE = T0 + HOUR


def learned_runs(length: timedelta, **fields: Any) -> Life:
    """A job without a schedule whose runs take that long."""
    life = Life(Schedule(), **{"max_runtime": HOUR, **fields})
    life.now = T0 - length
    life.start()
    life.now = T0
    life.success()
    return life


@pytest.mark.parametrize(
    ("began", "ended", "outcome"),
    [
        (59 * MINUTE, 61 * MINUTE, Outcome.UNKNOWN),
        (10 * MINUTE, 11 * MINUTE, Outcome.UNKNOWN),
        (20 * MINUTE, 21 * MINUTE, Outcome.UNKNOWN),
        (21 * MINUTE, 22 * MINUTE, Outcome.OVERRAN),
        (7 * MINUTE, 8 * MINUTE, Outcome.OVERRAN),
        (61 * MINUTE, 62 * MINUTE, Outcome.OVERRAN),
    ],
)
def test_the_deadline_of_a_run_follows_the_same_rule(
    began: timedelta, ended: timedelta, outcome: Outcome
) -> None:
    life = learned_runs(20 * MINUTE)
    life.start()
    life.blind = (blind(T0 + began, T0 + ended),)
    life.until(T0 + 2 * HOUR)
    run = life.open_runs[0]
    assert run.outcome is outcome
    assert life.is_down() == (outcome is Outcome.OVERRAN)
    assert (run.blind_id is not None) == (outcome is Outcome.UNKNOWN)
    assert bool(life.unseen) == (outcome is Outcome.UNKNOWN)


def test_a_run_without_history_may_have_ended_at_any_time() -> None:
    life = Life(Schedule(), max_runtime=HOUR)
    life.start()
    life.advance(5 * MINUTE)
    life.blink(MINUTE)
    life.advance(2 * HOUR)
    assert life.open_runs[0].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("act", "outcome", "bad"),
    [(Life.success, Outcome.LATE, 0), (Life.fail, Outcome.FAILED, 1)],
)
def test_the_end_of_an_unknown_run_decides_it(
    act: object, outcome: Outcome, bad: int
) -> None:
    life = Life(Schedule(), max_runtime=HOUR)
    life.start()
    life.blink(2 * HOUR)
    life.settle()
    assert callable(act)
    act(life)
    (run,) = life.runs
    assert run.outcome is outcome
    assert life.state.bad_in_a_row == bad


def test_a_run_of_a_slot_takes_that_slot_along() -> None:
    life = up()
    life.until(DUE)
    life.start()
    life.blink(2 * HOUR)
    life.settle()
    assert life.slots[DUE] is Outcome.UNKNOWN
    assert life.open_runs[0].due_at == DUE


def test_the_interval_of_an_unknown_run_counts_from_the_end_of_the_blind_time() -> None:
    life = up(every(HOUR))
    life.until(DUE)
    life.start()
    life.blink(3 * HOUR)
    life.settle()
    assert life.open_runs[0].outcome is Outcome.UNKNOWN
    assert life.state.due_at == life.now + HOUR


def test_of_two_runs_only_the_one_that_may_have_ended_unseen_is_excused() -> None:
    life = learned_runs(20 * MINUTE)
    life.start(RID)
    life.advance(10 * MINUTE)
    life.change(max_runtime=50 * MINUTE)
    life.start()
    life.blind = (blind(T0 + 11 * MINUTE, T0 + 12 * MINUTE),)
    first, second = life.open_runs
    assert first.deadline_at is not None
    life.runs = [
        first,
        Run(
            id=second.id,
            job_id=second.job_id,
            started_at=T0 + 40 * MINUTE,
            deadline_at=first.deadline_at,
        ),
    ]
    life.until(T0 + 3 * HOUR)
    assert [run.outcome for run in life.runs] == [Outcome.UNKNOWN, Outcome.OVERRAN]
    assert life.incident is not None
    assert life.incident.count == 1


def test_an_unknown_run_stays_unknown_when_the_job_is_paused() -> None:
    life = Life(Schedule(), max_runtime=HOUR)
    life.start()
    life.blink(2 * HOUR)
    life.pause()
    assert life.runs[0].outcome is Outcome.UNKNOWN


def test_an_overrun_that_is_judged_as_always_names_it_too() -> None:
    life = learned_runs(10 * MINUTE, max_runtime=30 * MINUTE)
    life.start()
    life.advance(15 * MINUTE)
    life.blink(MINUTE)
    life.advance(HOUR / 2)
    assert life.incident is not None
    assert life.incident.note == "blind 03:15-03:16 UTC"


def test_a_miss_at_the_deadline_of_an_unknown_run_counts() -> None:
    life = up()
    life.until(T0 + HOUR)
    life.start()
    life.until(T0 + HOUR + 20 * MINUTE)
    life.blink(2 * MINUTE)
    life.until(T0 + 2 * HOUR + 6 * MINUTE)
    assert life.slots[T0 + HOUR] is Outcome.UNKNOWN
    assert life.slots[T0 + 2 * HOUR] is Outcome.MISSED
    assert life.is_down()
