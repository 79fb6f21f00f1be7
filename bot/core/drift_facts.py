"""Which jobs were slower, later or quieter in a period than is their habit.

A habit is learnt from one sample a day, the mean of that day: the work is the same for
a job that runs once and for one that runs every minute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from bot.core import drift, periods
from bot.core.drift import ABSOLUTE, RELATIVE, WINDOW, Direction, Drift, Measure, Sample
from bot.core.models import Job
from bot.core.periods import Period
from bot.core.summaries import DriftFact, Way

DAY = timedelta(days=1)
_NOON = DAY / 2
_DAYS = WINDOW // DAY

#: how many times as far off as the limits of its habit a day has to be: those are for
#: several runs in a row, and of many jobs some are beyond them on every day
STANDS_OUT = 2.0

WAYS = {
    (Measure.DURATION, Direction.HIGHER): Way.SLOWER,
    (Measure.DURATION, Direction.LOWER): Way.FASTER,
    (Measure.LATENESS, Direction.HIGHER): Way.LATER,
    (Measure.LATENESS, Direction.LOWER): Way.EARLIER,
    (Measure.COUNT, Direction.LOWER): Way.QUIETER,
}


@dataclass(frozen=True, slots=True)
class Daily:
    """One day of one job: `index` counts days of 24 hours from `since`."""

    job_id: int
    index: int
    #: samples of it, and their mean in seconds; of a count the count itself
    count: int
    value: float


def since(period: Period) -> datetime:
    """When the history begins that a period is compared with."""
    return period.start - WINDOW


def by_job(rows: Iterable[Daily]) -> dict[int, list[Daily]]:
    """The days of each job."""
    found: dict[int, list[Daily]] = {}
    for row in rows:
        found.setdefault(row.job_id, []).append(row)
    return found


def find(
    job: Job, period: Period, measured: Mapping[Measure, Sequence[Daily]]
) -> list[DriftFact]:
    """What of a job was not as usual; at most one fact for each measure."""
    found = []
    for measure, rows in measured.items():
        judged = _judge(measure, rows, period)
        said = None if judged is None else fact(job, judged, period.zone)
        if said is not None:
            found.append(said)
    return found


def fact(job: Job, judged: Drift, zone: str) -> DriftFact | None:
    """A drift as a report says it; None: it does not stand out, or is no trouble."""
    lowest, highest = drift.limits(judged.habit)
    middle = judged.habit.median
    far = highest if judged.value > middle else lowest
    score = (judged.value - middle) / (far - middle)
    way = WAYS.get((judged.measure, judged.direction))
    if way is None or score < STANDS_OUT:
        return None
    return DriftFact(
        slug=job.slug,
        label=job.label,
        way=way,
        text=drift.explain(judged, ZoneInfo(zone)),
        score=round(score, 2),
    )


def _judge(measure: Measure, rows: Sequence[Daily], period: Period) -> Drift | None:
    start = since(period)
    before = [row for row in rows if row.index < _DAYS]
    inside = [row for row in rows if row.index >= _DAYS]
    value = _value(measure, inside, period)
    if value is None or not before:
        return None
    history = [
        Sample(at=start + row.index * DAY + _NOON, value=row.value)
        for row in sorted(before, key=lambda each: each.index)
    ]
    if measure is Measure.COUNT:
        history = _with_silent_days(history)
    if _is_near(measure, value, [each.value for each in history]):
        return None
    habit = drift.habit(measure, history)
    if habit is None:
        return None
    at = period.start + min(_NOON, period.length / 2)
    return drift.judge(habit, value, at, history)


def _value(measure: Measure, inside: Sequence[Daily], period: Period) -> float | None:
    """The mean of the period; of a count that of one of its days."""
    if measure is Measure.COUNT:
        days = sum(1 for each in periods.days(period) if each.length)
        return sum(row.count for row in inside) / max(days, 1)
    count = sum(row.count for row in inside)
    if not count:
        return None
    return sum(row.count * row.value for row in inside) / count


def _with_silent_days(history: Sequence[Sample]) -> list[Sample]:
    """Days on which nothing came, between the first and the last, count as well."""
    by_day = {each.at: each for each in history}
    at, found = history[0].at, []
    while at <= history[-1].at:
        found.append(by_day.get(at) or Sample(at=at, value=0.0))
        at += DAY
    return found


def _is_near(measure: Measure, value: float, values: Sequence[float]) -> bool:
    """Whether it is so close to the middle that no habit would call it unusual."""
    middle = median(values)
    least = max(RELATIVE * abs(middle), ABSOLUTE[measure])
    return abs(value - middle) < least
