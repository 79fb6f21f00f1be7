"""Folds what was found of a period into a report: pure, and bounded in size."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import TypeVar

from bot.core import (
    audible,
    blind_times,
    maintenance,
    mutes,
    periods,
    timelines,
    worsening,
)
from bot.core.audible import Silence
from bot.core.blind_times import BlindTime, Doubt
from bot.core.censuses import Census
from bot.core.forecasts import NOTHING_AHEAD, Ahead
from bot.core.kinds import IncidentKind, JobId, Outcome, Severity
from bot.core.maintenance import Occurrence
from bot.core.models import Incident, Job
from bot.core.periods import Period
from bot.core.silencers import Mute, Silencers, Window
from bot.core.summaries import (
    MOST_FACTS,
    BlindFact,
    DriftFact,
    IncidentFact,
    Lateness,
    MuteFact,
    Report,
    Row,
    SavedFact,
    Some,
    Timelines,
    Totals,
    WorkFact,
)
from bot.core.timelines import Board

T = TypeVar("T")

#: times of one window that are looked at
_MOST_TIMES = 100
_NAMED = 20
_HEAVY = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A blind time with what it put in doubt."""

    time: BlindTime
    doubts: Sequence[Doubt] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was found of a period, as it is stored."""

    period: Period
    lateness: Lateness
    #: those that were open at some time since it began, with their jobs
    incidents: Sequence[tuple[Incident, Job]]
    #: those that were in force at some time since it began
    mutes: Sequence[Mute]
    windows: Sequence[Window]
    blind: Sequence[Blind]
    saved: Sequence[SavedFact]
    drifts: Some[DriftFact]
    ahead: Ahead = NOTHING_AHEAD
    #: runs, pings, sounds and incidents; the rest is counted here
    counted: Totals
    before: Totals | None = None


def fold(found: Found, board: Board, census: Census) -> Report:
    """The report of all that."""
    period, written_at = found.period, found.lateness.written_at
    silencers = Silencers(mutes=tuple(found.mutes), windows=tuple(found.windows))
    facts = [
        incident_fact(
            incident,
            job,
            period,
            written_at,
            hush=census.hushed.get(job.id)
            or audible.planned(job.definition, silencers, written_at),
        )
        for incident, job in found.incidents
    ]
    drifting = [e for e in facts if e.kind is IncidentKind.DRIFT and not e.resolved_at]
    facts = [each for each in facts if each.kind is not IncidentKind.DRIFT]
    is_open = [each for each in facts if each.resolved_at is None]
    return Report(
        period=period,
        lateness=found.lateness,
        timelines=_timelines(found, board),
        new=_worst([e for e in is_open if e.is_new]),
        still_open=_worst([e for e in is_open if e.opened_at < period.start]),
        later=_worst([e for e in is_open if e.opened_at >= period.end]),
        recovered=_worst([e for e in facts if e.resolved_at is not None]),
        drifts=found.drifts,
        drifting=_worst(drifting),
        never_seen=census.unseen,
        muted=_mutes(found, census),
        maintenance=_works(found, census),
        paused=census.paused,
        blind=_blinds(found),
        saved=_some(found.saved, lambda each: (-each.runs, each.slug)),
        ahead=found.ahead,
        totals=_totals(found, board, census),
        before=found.before,
    )


def incident_fact(
    incident: Incident,
    job: Job,
    period: Period,
    written_at: datetime,
    *,
    hush: Silence | None,
) -> IncidentFact:
    """An incident as the report says it; `hush`: why its job is not heard."""
    quiet = hush if incident.resolved_at is None else None
    until = incident.resolved_at or written_at
    return IncidentFact(
        id=incident.id,
        slug=job.slug,
        label=job.label,
        kind=incident.kind,
        severity=incident.severity,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        length=max(until - incident.opened_at, timedelta()),
        count=incident.count,
        resolution=incident.resolution,
        acknowledged_by=incident.acknowledged_by,
        flapping=incident.flapping,
        silenced_by="" if quiet is None else quiet.reason,
        is_new=period.holds(incident.opened_at),
    )


def _worst(facts: Iterable[IncidentFact]) -> Some[IncidentFact]:
    """What is critical first, and then what took longest."""
    return _some(facts, lambda each: (_HEAVY[each.severity], -each.length, each.id))


def _some(facts: Iterable[T], order: Callable[[T], tuple[object, ...]]) -> Some[T]:
    ordered = sorted(facts, key=order)
    return Some(tuple(ordered[:MOST_FACTS]), len(ordered))


def _mutes(found: Found, census: Census) -> Some[MuteFact]:
    """Those in force at some time in the period, the longest first."""
    now, period = found.lateness.written_at, found.period
    facts = [
        MuteFact(
            id=mute.id,
            scope=mute.scope,
            target=mute.target,
            by=mute.created_by,
            reason=mute.reason,
            since=mute.created_at,
            until=_ended(mute),
            until_recovery=mute.until_recovery and mute.ended_at is None,
            is_running=mutes.is_running(mute, now),
            jobs=census.muted[mute.id],
            down=_down_under(mute, found),
        )
        for mute in found.mutes
        if mute.created_at < period.end and _ended(mute) > period.start
    ]
    return _some(
        facts, lambda each: (not each.is_running, each.since - each.until, each.id)
    )


def _ended(mute: Mute) -> datetime:
    return mute.until_at if mute.ended_at is None else min(mute.ended_at, mute.until_at)


def _down_under(mute: Mute, found: Found) -> tuple[str, ...]:
    if not mutes.is_running(mute, found.lateness.written_at):
        return ()
    slugs = [
        job.slug
        for incident, job in found.incidents
        if incident.resolved_at is None
        and not worsening.is_drift(incident)
        and mutes.covers(mute, job.definition)
    ]
    return tuple(sorted(slugs)[:_NAMED])


def _works(found: Found, census: Census) -> Some[WorkFact]:
    facts = [
        WorkFact(
            id=window.id,
            name=window.name,
            scope=window.scope,
            target=window.target,
            by=window.created_by,
            reason=window.reason,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            jobs=census.maintained[window.id],
        )
        for window in found.windows
        for each in _times(window, found.period)
    ]
    return _some(facts, lambda each: (each.starts_at, each.id))


def _times(window: Window, period: Period) -> Iterable[Occurrence]:
    """When it was open in the period."""
    coming = takewhile(
        lambda each: each.starts_at < period.end,
        maintenance.upcoming(window, period.start),
    )
    return [e for e in islice(coming, _MOST_TIMES) if e.ends_at > e.starts_at]


def _blinds(found: Found) -> Some[BlindFact]:
    facts = []
    for each in found.blind:
        blind, now = each.time, found.lateness.written_at
        unknown = [d for d in each.doubts if d.outcome is Outcome.UNKNOWN]
        slugs = dict.fromkeys(doubt.slug for doubt in unknown)
        facts.append(
            BlindFact(
                began_at=blind.began_at,
                ended_at=blind.ended_at,
                length=max((blind.ended_at or now) - blind.began_at, timedelta()),
                why=blind_times.WORDS[blind.reason],
                unknown=sum(doubt.count for doubt in unknown),
                jobs=tuple(slugs)[:_NAMED],
            )
        )
    return _some(facts, lambda each: (-each.length, each.began_at))


def _totals(found: Found, board: Board, census: Census) -> Totals:
    counted = found.counted
    return Totals(
        jobs=census.jobs,
        active=board.active,
        outcomes=dict(board.outcomes),
        runs=counted.runs,
        pings=counted.pings,
        sounds=counted.sounds,
        incidents=counted.incidents,
    )


def _timelines(found: Found, board: Board) -> Timelines:
    period, now = found.period, found.lateness.written_at
    columns = periods.columns(period)
    spans = _Spans(found, columns)
    blind: set[int] = set()
    for each in found.blind:
        ends = blind_times.seen_again_at(each.time, now)
        # a blind time of an instant is in a column all the same
        blind.update(spans.covered(each.time.began_at, ends + timedelta.resolution))
    future = [index for index, at in enumerate(columns) if at > now]
    return Timelines(
        period=period,
        columns=columns,
        rows=tuple(spans.over(job, row) for job, row in board.rows()),
        rest=board.rest(),
        blind=tuple(sorted(blind)),
        future_from=min(future, default=None),
    )


class _Spans:
    """In which columns something held for a job."""

    def __init__(self, found: Found, columns: Sequence[datetime]) -> None:
        self._found = found
        self._columns = columns
        self._down: dict[JobId, set[int]] = {}
        for incident, job in found.incidents:
            if worsening.is_drift(incident):
                continue
            until = incident.resolved_at or found.lateness.written_at
            covered = self.covered(incident.opened_at, until)
            self._down.setdefault(job.id, set()).update(covered)
        self._works = [
            (window, self.covered(each.starts_at, each.ends_at))
            for window in found.windows
            for each in _times(window, found.period)
        ]

    def covered(self, start: datetime, until: datetime) -> range:
        until = min(until, self._found.lateness.written_at)
        return periods.covered(self._columns, self._found.period.end, start, until)

    def over(self, job: Job, row: Row) -> Row:
        """The row with what held for its job."""
        definition = job.definition
        maintained = [
            column
            for window, columns in self._works
            if maintenance.covers(window, definition)
            for column in columns
        ]
        muted = [
            column
            for mute in self._found.mutes
            if mutes.covers(mute, definition)
            for column in self.covered(mute.created_at, _ended(mute))
        ]
        down = self._down.get(job.id, ())
        return timelines.overlaid(row, down=down, maintained=maintained, muted=muted)


def drifts(facts: Iterable[DriftFact]) -> Some[DriftFact]:
    """What is farthest from its habit first."""
    return _some(facts, lambda each: (-each.score, each.slug, each.way))


def notable(
    incidents: Iterable[tuple[Incident, Job]], period: Period
) -> dict[JobId, int]:
    """What makes jobs worth a row of their own, see `timelines.DOWN` and others."""
    found: dict[JobId, int] = {}
    for incident, job in incidents:
        is_over = incident.resolved_at is not None
        rank = timelines.RECOVERED if is_over else timelines.DOWN
        if worsening.is_drift(incident):
            rank = timelines.PLAIN if is_over else timelines.UNLIKE_USUAL
        if incident.opened_at < period.end:
            found[job.id] = min(found.get(job.id, timelines.PLAIN), rank)
    return found
