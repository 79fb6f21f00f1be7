"""What is usual of a job as plain data: the band, and the newest beside it."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from bot.core import drift, views
from bot.core.drift import Habit, Measure, Sample
from bot.core.views import View


def habits(samples: Mapping[Measure, Sequence[Sample]], zone: tzinfo) -> View:
    """Each measure by its name, oldest sample first; None: too little history."""
    return {
        str(measure): _habit(measure, each, zone) for measure, each in samples.items()
    }


def _habit(measure: Measure, samples: Sequence[Sample], zone: tzinfo) -> View | None:
    found = drift.habit(measure, samples)
    return None if found is None else _shown(found, samples, zone)


def _shown(habit: Habit, samples: Sequence[Sample], zone: tzinfo) -> View:
    last = samples[-1]
    judged = drift.judge(habit, last.value, last.at, samples)
    return {
        "text": drift.usually(habit),
        "median": habit.median,
        "low": habit.low,
        "high": habit.high,
        "count": habit.count,
        "since": views.moment(habit.since),
        "last": last.value,
        "last_text": drift.said(habit.measure, last.value),
        "last_at": views.moment(last.at),
        "drift": None if judged is None else drift.explain(judged, zone),
    }
