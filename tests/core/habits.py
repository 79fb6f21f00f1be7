"""Histories of a job for the tests of what is usual."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.core import drift
from bot.core.drift import Habit, Measure, Sample

START = datetime(2026, 3, 2, 3, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = 60.0


def daily(*values: float, at: datetime = START, every: timedelta = DAY) -> list[Sample]:
    """One sample after the other."""
    return [Sample(at=at + n * every, value=value) for n, value in enumerate(values)]


def noisy(count: int, usual: float, seed: int = 1) -> list[float]:
    """A twentieth up and down."""
    rng = random.Random(seed)
    return [usual * rng.gauss(1, 0.05) for _ in range(count)]


def known(
    values: Sequence[float], measure: Measure = Measure.DURATION, every: timedelta = DAY
) -> Habit:
    """The habit of these values, which there is."""
    found = drift.habit(measure, daily(*values, every=every))
    assert found is not None
    return found


def mondays(weeks: int) -> list[float]:
    """Three times as long on Mondays."""
    return [900.0 if day % 7 == 0 else 300.0 for day in range(7 * weeks)]
