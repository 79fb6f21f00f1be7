"""One job over the last days: folded from what is stored of it, pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from bot.core import audible, drift, drift_facts, periods, summary_folds
from bot.core.drift import Habit, Measure, Sample
from bot.core.kinds import Outcome
from bot.core.models import Incident, Job, JobState
from bot.core.periods import Period, Stretch
from bot.core.silencers import Silencers
from bot.core.summaries import (
    MOST_FACTS,
    Band,
    DriftFact,
    IncidentFact,
    JobDay,
    JobReport,
    Point,
    Some,
    Totals,
)
from bot.core.timelines import Tally

#: runs that the picture of durations shows
MOST_POINTS = 400
MOST_DAYS = 365
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """A run that is over, or a lone report."""

    at: datetime
    #: None for a lone report
    took: timedelta | None
    #: how long after its due it began, or a lone report came; None: it had none
    lateness: timedelta | None
    outcome: Outcome

    @property
    def is_good(self) -> bool:
        """Whether habits are learnt from it."""
        return self.outcome in (Outcome.OK, Outcome.LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is stored of a job since the first of the days."""

    job: Job
    days: Sequence[Period]
    written_at: datetime
    #: outcomes by day: the column is the number of the day
    tallies: Iterable[Tally]
    #: in the order of time
    runs: Sequence[Took]
    #: the newest first
    incidents: Sequence[Incident]
    silencers: Silencers
    state: JobState


def days(today: date, zone: str, count: int) -> tuple[Period, ...]:
    """So many local days, today the last; days that a zone left out are none."""
    found: list[Period] = []
    label = today
    while len(found) < count:
        period = periods.day(label, zone)
        if period.length:
            found.append(period)
        label -= _DAY
    return tuple(reversed(found))


def stretches(days: Sequence[Period]) -> tuple[Stretch, ...]:
    """Each day as one column."""
    return tuple(
        Stretch(start=day.start, end=day.end, width=day.length, first=index, count=1)
        for index, day in enumerate(days)
    )


def fold(history: History) -> JobReport:
    """The report of one job."""
    job, first, last = history.job, history.days[0], history.days[-1]
    by_day: list[Counter[Outcome]] = [Counter() for _ in history.days]
    for _, index, outcome, count in history.tallies:
        by_day[index][Outcome(outcome)] += count
    outcomes = sum(by_day, Counter[Outcome]())
    down = [_down(history, day) for day in history.days]
    return JobReport(
        slug=job.slug,
        label=job.label,
        zone=first.zone,
        written_at=history.written_at,
        start=first.start,
        end=min(last.end, history.written_at),
        days=tuple(
            _day(day, outcomes, length, history.runs)
            for day, outcomes, length in zip(history.days, by_day, down, strict=True)
        ),
        points=_points(history.runs),
        runtime=_band(Measure.DURATION, history.runs),
        lateness=_band(Measure.LATENESS, history.runs),
        drifts=tuple(_drifts(history)),
        outcomes=dict(outcomes),
        incidents=_incidents(history, last),
        down=sum(down, timedelta()),
        success_rate=Totals(outcomes=outcomes).success_rate,
    )


def _day(
    day: Period, outcomes: Counter[Outcome], down: timedelta, runs: Sequence[Took]
) -> JobDay:
    inside = [run for run in runs if day.holds(run.at)]
    took = [run.took for run in inside if run.took is not None]
    late = [run.lateness for run in inside if run.lateness is not None]
    return JobDay(
        label=day.label,
        outcomes=dict(outcomes),
        runtime=_middle(took),
        longest=max(took, default=None),
        lateness=_middle(late),
        down=down,
    )


def _middle(lengths: Sequence[timedelta]) -> timedelta | None:
    if not lengths:
        return None
    return timedelta(seconds=median(each.total_seconds() for each in lengths))


def _down(history: History, day: Period) -> timedelta:
    """How long an incident was open on that day; one at a time is."""
    total = timedelta()
    for incident in history.incidents:
        until = min(incident.resolved_at or history.written_at, day.end)
        total += max(until - max(incident.opened_at, day.start), timedelta())
    return total


def _points(runs: Sequence[Took]) -> tuple[Point, ...]:
    """Thinned out evenly, the newest always among them."""
    measured = [run for run in runs if run.took is not None]
    step = -(-len(measured) // MOST_POINTS) or 1
    kept = measured[::-1][::step][::-1]
    return tuple(
        Point(at=run.at, took=run.took, outcome=run.outcome)
        for run in kept
        if run.took is not None
    )


def samples(measure: Measure, runs: Iterable[Took]) -> list[Sample]:
    """What habits of that measure are learnt from: good runs, in the order of time."""
    lengths = (
        (run.at, run.took if measure is Measure.DURATION else run.lateness)
        for run in runs
        if run.is_good
    )
    return [
        Sample(at=at, value=length.total_seconds())
        for at, length in lengths
        if length is not None
    ]


def _band(measure: Measure, runs: Sequence[Took]) -> Band | None:
    habit = drift.habit(measure, samples(measure, runs))
    return None if habit is None else band(habit)


def band(habit: Habit) -> Band:
    """The habit as a report has it."""
    return Band(
        low=timedelta(seconds=habit.low),
        middle=timedelta(seconds=habit.median),
        high=timedelta(seconds=habit.high),
        samples=habit.count,
    )


def _drifts(history: History) -> Iterable[DriftFact]:
    """Whether its newest run is unlike the ones before."""
    for measure in (Measure.DURATION, Measure.LATENESS):
        found = samples(measure, history.runs)
        habit = drift.habit(measure, found[:-1])
        if habit is None:
            continue
        newest = found[-1]
        judged = drift.judge(habit, newest.value, newest.at, found)
        zone = history.days[0].zone
        said = None if judged is None else drift_facts.fact(history.job, judged, zone)
        if said is not None:
            yield said


def _incidents(history: History, last: Period) -> Some[IncidentFact]:
    job, now = history.job, history.written_at
    hush = audible.paused(history.state) or audible.planned(
        job.definition, history.silencers, now
    )
    facts = [
        summary_folds.incident_fact(each, job, last, now, hush=hush)
        for each in history.incidents
    ]
    return Some(tuple(facts[:MOST_FACTS]), len(facts))
