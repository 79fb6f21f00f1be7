"""What is usual of a job, and what is outside of it."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import drift
from bot.core.drift import Direction, Drift, Habit, Measure
from tests.core.habits import DAY, HOUR, MINUTE, START, daily, known, mondays, noisy


@pytest.mark.parametrize("count", range(drift.LEAST))
def test_little_history_is_no_habit(count: int) -> None:
    assert drift.habit(Measure.DURATION, daily(*[60.0] * count)) is None


def test_many_runs_of_one_day_are_no_habit() -> None:
    samples = daily(*[60.0] * 280, every=timedelta(minutes=5))
    assert drift.habit(Measure.DURATION, samples) is None


def test_a_week_of_a_daily_job_is_a_habit() -> None:
    habit = known([300.0, 290, 310, 305, 295, 300, 300])
    assert (habit.count, habit.median, habit.since) == (7, 300, START)
    assert 290 <= habit.low < 300 < habit.high <= 310


def test_the_order_of_samples_says_nothing() -> None:
    samples = daily(*noisy(40, 300))
    mixed = random.Random(3).sample(samples, len(samples))
    assert drift.habit(Measure.DURATION, mixed) == drift.habit(
        Measure.DURATION, samples
    )


def test_what_is_older_than_thirty_days_is_forgotten() -> None:
    habit = known([999.0] * 40 + [300.0] * 31)
    assert habit.since >= START + 40 * DAY
    assert habit.median == habit.high == 300


@given(st.lists(st.floats(0, 1e6), min_size=drift.LEAST, max_size=60))
def test_the_band_holds_the_median_and_lies_within_what_was_seen(
    values: list[float],
) -> None:
    habit = known(values)
    assert min(values) <= habit.low <= habit.median <= habit.high <= max(values)
    lowest, highest = drift.limits(habit)
    assert lowest < habit.median < highest


@given(st.floats(0, 1e5), st.integers(drift.LEAST, 50))
def test_what_is_always_the_same_is_never_outside(value: float, count: int) -> None:
    assert drift.side(known([value] * count), value) is None


def test_a_difference_that_nobody_would_notice_is_usual() -> None:
    habit = known([2.0, 2.01, 1.99] * 10)
    assert drift.side(habit, 2.2) is None
    assert drift.side(habit, 4.0) is Direction.HIGHER


def test_a_start_some_seconds_late_is_usual() -> None:
    habit = known([0.1, 0.2, 0.3] * 10, Measure.LATENESS)
    assert drift.side(habit, 25.0) is None
    assert drift.side(habit, 60.0) is Direction.HIGHER


def test_a_run_that_takes_no_time_may_be_the_habit() -> None:
    habit = known([0.0] * 10)
    assert drift.side(habit, 0.5) is None
    assert drift.side(habit, 5.0) is Direction.HIGHER


def test_a_run_much_shorter_is_outside() -> None:
    assert drift.side(known(noisy(30, 300)), 60.0) is Direction.LOWER


def test_after_a_step_of_a_week_the_new_level_is_the_habit() -> None:
    habit = known([*noisy(25, 300), *noisy(drift.LEAST, 600, 2)])
    assert 550 < habit.median < 650
    assert habit.since == START + 25 * DAY


def test_a_step_of_few_days_is_not_the_habit_yet() -> None:
    habit = known([*noisy(25, 300), *noisy(3, 600, 2)])
    assert 280 < habit.median < 320
    assert drift.side(habit, 600) is Direction.HIGHER


def test_two_steps_leave_the_newest_level() -> None:
    values = [*noisy(10, 100), *noisy(10, 300, 2), *noisy(10, 900, 3)]
    habit = known(values)
    assert 850 < habit.median < 950
    assert habit.since == START + 20 * DAY


def test_an_hourly_job_has_a_new_habit_after_three_days() -> None:
    values = [*noisy(24 * 20, 300), *noisy(24 * 3 + 2, 600, 2)]
    assert 550 < known(values, every=HOUR).median < 650


def test_a_slow_trend_is_no_step() -> None:
    values = [300 * 1.01**n for n in range(30)]
    habit = known(values)
    assert habit.since == START
    assert drift.side(habit, 300 * 1.01**30) is None


def test_one_outlier_is_outside_and_says_when_it_was_last_like_it() -> None:
    values = noisy(20, 300)
    values[4] = 1500.0
    history, habit = daily(*values), known(values)
    found = drift.judge(habit, 1600.0, START + 20 * DAY, history)
    assert found is not None
    assert (found.direction, found.value) == (Direction.HIGHER, 1600)
    assert found.last_like_it == START + 4 * DAY


def test_what_was_never_like_it_says_so() -> None:
    values = noisy(20, 300)
    found = drift.judge(known(values), 1600.0, START + 20 * DAY, daily(*values))
    assert found is not None
    assert found.last_like_it is None


def test_what_came_later_says_nothing_of_a_run() -> None:
    values = [*noisy(20, 300), 5000.0, 5000.0]
    habit = known(noisy(20, 300))
    found = drift.judge(habit, 5000.0, START + 20 * DAY, daily(*values))
    assert found is not None
    assert found.last_like_it is None


def test_what_is_usual_is_no_drift() -> None:
    values = noisy(20, 300)
    assert drift.judge(known(values), 310.0, START + 20 * DAY, daily(*values)) is None


def test_a_longer_run_on_each_monday_is_usual_on_mondays() -> None:
    history = daily(*mondays(4))
    habit = known(mondays(4))
    monday, tuesday = START + 28 * DAY, START + 29 * DAY
    assert drift.judge(habit, 950.0, monday, history) is None
    assert drift.judge(habit, 950.0, tuesday, history) is not None
    assert drift.judge(habit, 3000.0, monday, history) is not None


def test_daylight_saving_does_not_move_a_monday() -> None:
    history = daily(*mondays(4))
    monday = START + 28 * DAY
    for shift in (HOUR, -HOUR):
        assert drift.judge(known(mondays(4)), 950.0, monday + shift, history) is None


def test_one_long_run_a_week_ago_of_four_weeks_excuses_nothing() -> None:
    values = mondays(4)
    values[0] = values[7] = values[14] = 300.0
    monday = START + 28 * DAY
    assert drift.judge(known(values), 950.0, monday, daily(*values)) is not None


def drifted(measure: Measure, value: float, low: float, high: float) -> Drift:
    habit = Habit(
        measure=measure,
        count=30,
        median=(low + high) / 2,
        low=low,
        high=high,
        since=datetime(2026, 4, 27, 22, 30, tzinfo=UTC),
    )
    direction = Direction.HIGHER if value > high else Direction.LOWER
    return Drift(
        measure=measure,
        value=value,
        habit=habit,
        direction=direction,
        last_like_it=datetime(2026, 5, 12, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("measure", "value", "band", "said"),
    [
        (Measure.DURATION, 31 * MINUTE, (240, 360), "took 31 min, normally 4 to 6 min"),
        (Measure.DURATION, 31, (2.0, 2.0), "took 31 s, normally 2 s"),
        (Measure.DURATION, 310, (305, 305), "took 5 min 10 s, normally 5 min 5 s"),
        (Measure.DURATION, 900, (288, 312), "took 15 min, normally 4 to 6 min"),
        (Measure.DURATION, 9, (0.04, 0.31), "took 9 s, normally 0 s to 400 ms"),
        (
            *(Measure.DURATION, 90_000, (20_100, 20_500)),
            "took 1 d 1 h, normally 5 h 30 min to 5 h 50 min",
        ),
        (Measure.DURATION, 1, (59, 360), "took 1 s, normally 59 s to 6 min"),
        (
            *(Measure.DURATION, 9000, (3000, 3900)),
            "took 2 h 30 min, normally 50 min to 1 h 5 min",
        ),
        (
            *(Measure.LATENESS, 720, (1, 20)),
            "came 12 min after its due, normally within 20 s of its due",
        ),
        (
            *(Measure.LATENESS, 1800, (240, 360)),
            "came 30 min after its due, normally 4 to 6 min after its due",
        ),
        (
            *(Measure.LATENESS, -300, (-10, 5)),
            "came 5 min before its due, normally within 10 s of its due",
        ),
        (Measure.COUNT, 3, (20, 24), "3 runs in a day, normally 20 to 24"),
        (Measure.COUNT, 1, (24, 24), "1 run in a day, normally 24"),
    ],
)
def test_a_drift_in_words(
    measure: Measure, value: float, band: tuple[float, float], said: str
) -> None:
    found = drifted(measure, value, *band)
    assert drift.explain(found, UTC) == f"{said}; first time since 12 May"


def test_days_are_those_of_the_zone() -> None:
    found = replace(drifted(Measure.DURATION, 60, 1, 2), last_like_it=None)
    berlin = ZoneInfo("Europe/Berlin")
    assert drift.explain(found, UTC).endswith("; not once since 27 Apr")
    assert drift.explain(found, berlin).endswith("; not once since 28 Apr")


def test_a_band_of_one_value_is_said_as_one() -> None:
    late = Habit(
        measure=Measure.LATENESS,
        count=9,
        median=300,
        low=300,
        high=300,
        since=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert drift.usually(late) == "normally 5 min after its due"
