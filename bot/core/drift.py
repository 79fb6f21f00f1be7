"""Habits of a job, learnt from its own history, and what is outside of them.

Robust on purpose: a habit is a median with the absolute deviations from it, taken apart
above and below, so that neither a rare outlier nor a long tail decides what is usual.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from bot.core import durations

#: how much of the history a habit is made of
WINDOW = timedelta(days=30)
#: fewer samples say too little: a week of a daily job, so that each weekday was seen
LEAST = 7
#: a job that runs often shows how its days differ only after some of them
LEAST_SPAN = timedelta(days=2)
#: a new level is the habit when it has lasted this long
SETTLED = timedelta(days=3)
#: this share of what came after a step lies outside of what was usual before
MOVED = 0.8
#: the newest samples are not learnt yet: they may be a drift
HELD_BACK = 5
#: about as many of them are looked at
ENOUGH = 100

#: deviations that make the usual band: about 95 of 100 samples of normal noise
BAND = 2 * 1.4826
#: what is outside lies so many times as far from the median as the band
FACTOR = 1.0
#: how much wider few samples make that: their deviations are hardly known
FEW = 10.0
#: what differs less than this share of the median is never outside
RELATIVE = 0.35

#: this long around the same time of the days and weeks before
SAME_TIME = timedelta(minutes=90)
#: a day, with room for daylight saving and for starts that vary
DAY = timedelta(hours=20)
#: how far apart those are, and how many of them are looked at: a step of three days is
#: half of six days, and the habit by then
RHYTHMS = ((timedelta(days=1), 6), (timedelta(days=7), 4))
#: how much farther from the median it may be than at that time in the weeks before
FARTHER = 1.5
#: and what share of the samples of that time must have been so
ENOUGH_OF_TIME = 0.25
#: from this share of the distance on another sample was like it
LIKE_IT = 0.8


class Measure(StrEnum):
    """What is compared with the habit."""

    #: how long a run took
    DURATION = "duration"
    #: how long after its due a run started or, with no start, reported
    LATENESS = "lateness"
    #: runs or reports in a local day
    COUNT = "count"


#: what differs less is never outside: seconds, or a count
ABSOLUTE = {Measure.DURATION: 1.0, Measure.LATENESS: 30.0, Measure.COUNT: 2.0}


class Direction(StrEnum):
    """On which side of the usual band."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement: seconds, or a count."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is usual; `low` to `high` is the band that people are shown."""

    measure: Measure
    #: samples that it was learnt from
    count: int
    median: float
    low: float
    high: float
    #: the first of them
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A value that is not usual."""

    measure: Measure
    value: float
    habit: Habit
    direction: Direction
    #: the newest sample before it that was about as far out on that side
    last_like_it: datetime | None


def habit(measure: Measure, samples: Sequence[Sample]) -> Habit | None:
    """What is usual by the last 30 days of `samples`, which may be in any order.

    None: fewer than LEAST of them, or of less than LEAST_SPAN. After a step that has
    lasted for SETTLED the habit is made of what came after it.
    """
    ordered = sorted(samples, key=_at)
    if ordered:
        ordered = [each for each in ordered if ordered[-1].at - each.at <= WINDOW]
    if not _is_enough(ordered):
        return None
    step = _step(measure, ordered)
    while step is not None:
        ordered = ordered[step:]
        step = _step(measure, ordered)
    known = ordered[: max(LEAST, len(ordered) - HELD_BACK)]
    return _usual(measure, sorted(each.value for each in known), ordered[0].at)


def _at(sample: Sample) -> datetime:
    return sample.at


def _is_enough(ordered: Sequence[Sample]) -> bool:
    return len(ordered) >= LEAST and ordered[-1].at - ordered[0].at >= LEAST_SPAN


def band_of(measure: Measure, samples: Sequence[Sample]) -> Habit:
    """The band of some samples, of which there is one at least, however few."""
    since = min(each.at for each in samples)
    return _usual(measure, sorted(each.value for each in samples), since)


def _usual(measure: Measure, values: Sequence[float], since: datetime) -> Habit:
    """The habit of sorted values.

    The median of the deviations on one side of a median is the way to the quartile.
    """
    median = _share(values, 0.5)
    low = median - BAND * (median - _share(values, 0.25))
    high = median + BAND * (_share(values, 0.75) - median)
    return Habit(
        measure=measure,
        count=len(values),
        median=median,
        low=max(low, values[0]),
        high=min(high, values[-1]),
        since=since,
    )


def _share(values: Sequence[float], share: float) -> float:
    """The value that this share of the sorted `values` does not exceed."""
    place = share * (len(values) - 1)
    lower = int(place)
    upper = min(lower + 1, len(values) - 1)
    return values[lower] + (values[upper] - values[lower]) * (place - lower)


def _step(measure: Measure, ordered: Sequence[Sample]) -> int | None:
    """Where the newest samples begin to lie outside of what was usual before.

    Looked for once in a day of samples; of several places that with the largest share.
    """
    before: list[float] = []
    found, most = None, MOVED
    last_look = ordered[0].at
    for index, each in enumerate(ordered[: len(ordered) - LEAST + 1]):
        if ordered[-1].at - each.at < SETTLED:
            break
        if index >= LEAST and each.at - last_look >= DAY:
            last_look = each.at
            old = _usual(measure, before, ordered[0].at)
            thin = (len(ordered) - index) // ENOUGH or 1
            share = _moved(old, [after.value for after in ordered[index::thin]])
            if share > most or (found is None and share >= most):
                found, most = index, share
        insort(before, each.value)
    return found


def _moved(old: Habit, values: Sequence[float]) -> float:
    """The share of `values` that lies outside of a habit on the same side."""
    lowest, highest = limits(old)
    above = sum(value > highest for value in values)
    below = sum(value < lowest for value in values)
    return max(above, below) / len(values)


def limits(habit: Habit) -> tuple[float, float]:
    """Below and above which values something is outside; wider than the usual band."""
    factor = FACTOR * (1 + FEW / habit.count)
    least = max(RELATIVE * abs(habit.median), ABSOLUTE[habit.measure])
    below = max(factor * (habit.median - habit.low), least)
    above = max(factor * (habit.high - habit.median), least)
    return habit.median - below, habit.median + above


def judge(
    habit: Habit, value: float, at: datetime, history: Sequence[Sample]
) -> Drift | None:
    """Whether a value is not usual; `history` is in the order of time.

    What was like it at the same time of most days or weeks before is usual: Monday's
    backup takes longer. What is not before `at` in the history is not looked at.
    """
    direction = side(habit, value)
    if direction is None:
        return None
    before = history[: bisect_left(history, at, key=_at)]
    rhythms = recurrences(habit, value, at, before)
    if any(like_it and like_it * 2 >= known for like_it, known in rhythms):
        return None
    distance = value - habit.median
    others = (
        each.at
        for each in reversed(before)
        if (each.value - habit.median) / distance >= LIKE_IT
    )
    return Drift(
        measure=habit.measure,
        value=value,
        habit=habit,
        direction=direction,
        last_like_it=next(others, None),
    )


def side(habit: Habit, value: float) -> Direction | None:
    """On which side of its limits a value is, whatever the weeks before were like."""
    lowest, highest = limits(habit)
    if value > highest:
        return Direction.HIGHER
    return Direction.LOWER if value < lowest else None


def recurrences(
    habit: Habit, value: float, at: datetime, before: Sequence[Sample]
) -> list[tuple[int, int]]:
    """How often it was like that at the same time of the days and of the weeks before.

    In how many of them, and how many are known, for each of the two.
    """
    found = []
    for every, most in RHYTHMS:
        known = like_it = 0
        for back in range(1, most + 1):
            middle = at - back * every
            first = bisect_left(before, middle - SAME_TIME, key=_at)
            last = bisect_right(before, middle + SAME_TIME, key=_at)
            distances = [
                (each.value - habit.median) / (value - habit.median)
                for each in before[first:last]
            ]
            near = sum(each * FARTHER >= 1 for each in distances)
            known += bool(distances)
            like_it += near > 0 and near >= ENOUGH_OF_TIME * len(distances)
        found.append((like_it, known))
    return found


def explain(drift: Drift, zone: tzinfo) -> str:
    """In words: `took 31 min, normally 4 to 6 min; first time since 12 May`."""
    since, first = drift.last_like_it, "first time since"
    if since is None:
        since, first = drift.habit.since, "not once since"
    day = since.astimezone(zone)
    words = said(drift.measure, drift.value)
    return f"{words}, {usually(drift.habit)}; {first} {day.day} {day:%b}"


def said(measure: Measure, value: float) -> str:
    """One value in words: `took 31 min`, `came 12 min after its due`."""
    if measure is Measure.COUNT:
        return f"{value:g} run{'' if value == 1 else 's'} in a day"
    length = _length(abs(value))
    if measure is Measure.DURATION:
        return f"took {length}"
    return f"came {length} {'before' if value < 0 else 'after'} its due"


def usually(habit: Habit) -> str:
    """The band in words: `normally 4 to 6 min`, `normally within 20 s of its due`."""
    low, high = habit.low, habit.high
    if habit.measure is Measure.COUNT:
        return f"normally {_between(f'{round(low)}', f'{round(high)}')}"
    if habit.measure is Measure.DURATION:
        return f"normally {between(habit)}"
    if low != high:
        low, high = _rounded(low, up=False), _rounded(high, up=True)
    if low > max(high / 4, 1):
        return f"normally {_between(_length(low), _length(high))} after its due"
    return f"normally within {_length(max(-low, high))} of its due"


def between(habit: Habit) -> str:
    """The band of a length: `4 to 6 min`."""
    low, high = habit.low, habit.high
    if low != high:
        low, high = _rounded(low, up=False), _rounded(high, up=True)
    return _between(_length(low), _length(high))


def _rounded(seconds: float, *, up: bool) -> float:
    """As exact as a band needs to be, and not narrower: `4 to 6 min`."""
    size = abs(seconds)
    step = next((step for most, step in _STEPS if size < most), 600)
    return (math.ceil if up else math.floor)(seconds / step) * step


#: in seconds: what is shorter than the first is rounded to the second
_STEPS = ((10, 0.1), (120, 1), (10_800, 60))


def _length(seconds: float) -> str:
    return durations.about(timedelta(seconds=seconds))


def _between(low: str, high: str) -> str:
    """`4 to 6 min`: the unit once, if it is the same and the only one."""
    if low == high:
        return high
    few, *unit = low.split(" ")
    if len(unit) == 1 and high.split(" ")[1:] == unit:
        return f"{few} to {high}"
    return f"{low} to {high}"
