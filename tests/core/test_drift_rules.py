"""How many runs outside of the habit are a drift, and how many usual ones end it."""

import random
from dataclasses import replace

from bot.core import drift, drift_rules
from bot.core.drift import Measure, Sample
from tests.core.habits import DAY, HOUR, START, daily, known, mondays, noisy


def test_runs_again_and_again_outside_are_a_drift() -> None:
    history, habit = daily(*noisy(30, 300)), known(noisy(30, 300))
    assert (
        drift_rules.lasting(habit, daily(700, 700, at=START + 30 * DAY), history)
        is None
    )
    newest = daily(700, 700, 700, 700, at=START + 30 * DAY)
    found = drift_rules.lasting(habit, newest, history)
    assert found is not None
    assert found.value == 700


def test_one_usual_run_between_hides_no_drift_but_ends_it_for_now() -> None:
    history, habit = daily(*noisy(60, 300)), known(noisy(30, 300))
    at = START + 60 * DAY
    assert drift_rules.lasting(habit, daily(700, 700, 300, 700, 700, at=at), history)
    assert not drift_rules.lasting(
        habit, daily(700, 700, 700, 700, 300, at=at), history
    )


def test_too_short_and_too_long_runs_are_no_drift_together() -> None:
    history, habit = daily(*noisy(60, 300)), known(noisy(30, 300))
    newest = daily(700, 50, 700, 50, 700, at=START + 60 * DAY)
    assert drift_rules.lasting(habit, newest, history) is None


def test_weekly_runs_are_no_drift_though_each_is_outside() -> None:
    # three Mondays, one after the other, of a job that runs three times on them
    history = [
        Sample(at=at.at + n * HOUR, value=at.value)
        for at in daily(*mondays(4))
        for n in range(4)
    ]
    habit = drift.habit(Measure.DURATION, history)
    assert habit is not None
    newest = daily(900, 900, 900, 900, at=START + 28 * DAY, every=HOUR)
    assert drift_rules.is_suspect(habit, newest)
    assert drift_rules.lasting(habit, newest, history) is None


def test_a_job_with_many_outliers_needs_more_runs_in_a_row() -> None:
    rng = random.Random(3)
    values = [1200.0 if rng.random() < 0.2 else 300.0 for _ in range(60)]
    history, habit = daily(*values), known(values)
    at = START + 60 * DAY
    assert drift_rules.lasting(habit, daily(*[1200] * 4, at=at), history) is None
    assert drift_rules.lasting(habit, daily(*[1200] * drift_rules.MOST, at=at), history)


def test_jobs_that_run_often_need_more_runs() -> None:
    habit = known(noisy(30, 300))
    rows = [
        drift_rules.needed(replace(habit, count=count)) for count in (99, 100, 1500)
    ]
    assert rows == [(3, 3), (4, 7), (5, 10)]


def test_runs_as_usual_end_a_drift() -> None:
    history, habit = daily(*noisy(30, 300)), known(noisy(30, 300))
    at = START + 30 * DAY
    assert drift_rules.is_over(habit, daily(700, 300, 300, 300, at=at), history)
    assert not drift_rules.is_over(habit, daily(700, 300, 300, at=at), history)
    assert not drift_rules.is_over(habit, daily(300, 300, at=at), history)
