"""Finds everything that a report says, a few jobs at a time, and holds nobody up.

Each look at the database is short, and what it brought is folded on a thread: pings
are taken meanwhile, whatever the number of jobs.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import storage.blind_times
import storage.executions
import storage.incidents
import storage.jobs
import storage.maintenance
import storage.mutes
import storage.summaries
import storage.tallies
from bot.core import drift_facts, periods, summary_folds, summary_views, timelines
from bot.core.censuses import Census
from bot.core.forecasts import Forecast
from bot.core.kinds import IncidentKind, JobId, Outcome
from bot.core.models import Incident, Job, JobState
from bot.core.periods import Period
from bot.core.silencers import Mute, Window
from bot.core.summaries import (
    MOST_FACTS,
    DriftFact,
    Lateness,
    Report,
    SavedFact,
    Totals,
)
from bot.core.summary_folds import Blind, Found
from bot.core.timelines import Board, Tally
from bot.engine import report_samples
from bot.engine.report_samples import Samples, may_be_lone, reported
from storage.database import Database
from storage.queries import Queries, Rows

#: jobs that one look at the database is about
AT_ONCE = 100
MOST_INCIDENTS = 10_000
MOST_BLIND = 200
MOST_DOUBTS = 200
#: a report of a time that is over for longer does not say what went down since
_RECENT = timedelta(days=2)


#: incidents with their jobs
Affected = Sequence[tuple[Incident, Job]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What holds for all jobs."""

    mutes: Sequence[Mute]
    windows: Sequence[Window]
    #: the totals of the period before, if its report is stored
    before: Totals | None
    #: the first ping of the period, and that of its history
    first_ping: int
    first_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Some jobs with what became of them."""

    jobs: Sequence[tuple[Job, JobState]]
    #: where to go on
    last: int
    tallies: Sequence[Tally]
    runs: int
    #: outcomes of the period before
    before: dict[Outcome, int]
    samples: Samples


class Gatherer:
    """Makes one report."""

    def __init__(self, db: Database, period: Period, lateness: Lateness) -> None:
        self._db = db
        self._period = period
        self._lateness = lateness
        self._former = periods.before(period)
        self._stretches = periods.stretches(period)
        self._board = Board()
        self._runs = 0
        self._before: Counter[Outcome] = Counter()
        self._drifts: list[DriftFact] = []
        #: jobs with an incident of a failure
        self._failed: set[JobId] = set()

    async def gather(self) -> Report:
        """Read, count and fold; raises Unavailable."""
        written_at = self._lateness.written_at
        frame = await self._db.read(self._frame)
        census = Census(mutes=frame.mutes, windows=frame.windows, end=self._period.end)
        hour = written_at.replace(minute=0, second=0, microsecond=0)
        forecast = Forecast(hour)
        incidents = await self._incidents()
        notable = summary_folds.notable(incidents, self._period)
        self._failed = {job.id for each, job in incidents if _has_failed(each)}

        def take(batch: _Batch) -> None:
            self._judge(batch, notable)
            self._board.add([job for job, _ in batch.jobs], batch.tallies, notable)
            census.add(batch.jobs)
            forecast.add(batch.jobs)

        last: int | None = 0
        while last is not None:
            batch = await self._next(last, frame)
            if batch is not None:
                self._runs += batch.runs
                self._before.update(batch.before)
                await asyncio.to_thread(take, batch)
            last = None if batch is None else batch.last
        found = await self._found(frame, incidents)

        def fold() -> Report:
            complete = replace(found, ahead=forecast.finish())
            return summary_folds.fold(complete, self._board, census)

        return await asyncio.to_thread(fold)

    def _judge(self, batch: _Batch, notable: dict[JobId, int]) -> None:
        """Find out who was not as usual."""
        for job, _ in batch.jobs:
            measured = report_samples.of_job(batch.samples, job)
            facts = drift_facts.find(job, self._period, measured)
            self._drifts += facts
            if facts:
                notable.setdefault(job.id, timelines.UNLIKE_USUAL)

    async def _frame(self, q: Queries) -> _Frame:
        period = self._period
        windows = await q.ask(storage.maintenance.since(period.start))
        stored = await storage.summaries.facts(q, period.kind, self._former.label)
        return _Frame(
            mutes=await storage.mutes.since(q, period.start),
            windows=windows,
            before=None if stored is None else summary_views.totals_from(stored),
            first_ping=await storage.tallies.first_ping(q, period.start),
            first_sample=await storage.tallies.first_ping(q, drift_facts.since(period)),
        )

    async def _incidents(self) -> Affected:
        """Those that the report is about, with their jobs; some at a time."""
        period, found = self._period, list[tuple[Incident, Job]]()
        is_old = self._lateness.written_at - period.end > _RECENT
        for offset in range(0, MOST_INCIDENTS, AT_ONCE):

            async def look(
                q: Queries, offset: int = offset
            ) -> tuple[list[Incident], dict[JobId, Job]]:
                incidents = await storage.incidents.of_period(
                    q, period.start, period.end, limit=AT_ONCE, offset=offset
                )
                ids = {each.job_id for each in incidents}
                return incidents, await storage.jobs.readable(q, ids)

            incidents, jobs = await self._db.read(look)
            found += [
                (each, jobs[each.job_id]) for each in incidents if each.job_id in jobs
            ]
            if len(incidents) < AT_ONCE:
                break
        return [pair for pair in found if not is_old or pair[0].opened_at < period.end]

    async def _next(self, last: int, frame: _Frame) -> _Batch | None:
        """The next jobs; None: there are no more."""

        async def find(q: Queries) -> Rows:
            return await storage.jobs.rows_after(q, last, AT_ONCE)

        rows = await self._db.read(find)
        if not rows:
            return None
        jobs = await asyncio.to_thread(storage.jobs.read_all, rows)

        async def look(q: Queries) -> _Batch:
            ids = [job.id for job, _ in jobs]
            start, end = self._period.start, self._period.end
            former = self._former
            before: dict[Outcome, int] = {}
            if frame.before is None:
                before = await storage.tallies.outcomes(
                    q, ids, former.start, former.end
                )
            return _Batch(
                jobs=jobs,
                last=rows[-1][0],
                tallies=await self._tallies(q, [job for job, _ in jobs], frame),
                runs=await storage.tallies.run_count(q, ids, start, end),
                before=before,
                samples=await report_samples.load(
                    q,
                    [job for job, _ in jobs],
                    self._period,
                    self._lateness.written_at,
                    first_ping=frame.first_sample,
                ),
            )

        return await self._db.read(look)

    async def _tallies(
        self, q: Queries, jobs: Sequence[Job], frame: _Frame
    ) -> list[Tally]:
        ids = [job.id for job in jobs]
        # of the others only failures may be lone: whoever had none has no incident
        asked = [job for job in jobs if may_be_lone(job) or job.id in self._failed]
        found, pings = list[Tally](), list[Tally]()
        for stretch in self._stretches:
            found += await storage.tallies.slots(q, ids, stretch)
            found += await storage.tallies.runs(q, ids, stretch)
            if asked:
                pings += await storage.tallies.pings(
                    q, [job.id for job in asked], stretch, after=frame.first_ping
                )
        by_job: dict[int, list[Tally]] = {}
        for each in pings:
            by_job.setdefault(each[0], []).append(each)
        said = [t for job in asked for t in reported(job, by_job.get(job.id, []))]
        return timelines.with_lone_reports(found, said)

    async def _found(self, frame: _Frame, incidents: Affected) -> Found:
        """The rest, which no job has for itself."""
        period, former = self._period, self._former

        async def look(q: Queries) -> Found:
            times = await storage.blind_times.of_period(
                q, period.start, period.end, limit=MOST_BLIND
            )
            blind = [
                Blind(
                    time=each,
                    doubts=await storage.blind_times.doubts(
                        q, each.id, limit=MOST_DOUBTS
                    ),
                )
                for each in times
            ]
            saved = await storage.executions.saved(
                q, period.start, period.end, limit=MOST_FACTS
            )
            return Found(
                period=period,
                lateness=self._lateness,
                incidents=incidents,
                mutes=frame.mutes,
                windows=frame.windows,
                blind=blind,
                saved=[
                    SavedFact(
                        slug=each.slug,
                        label=each.label,
                        runs=each.runs,
                        attempts=each.attempts,
                        last_at=each.last_at,
                    )
                    for each in saved
                ],
                drifts=summary_folds.drifts(self._drifts),
                counted=replace(
                    await _counted(q, period, frame.first_ping), runs=self._runs
                ),
                before=frame.before or await self._counted_before(q, former),
            )

        return await self._db.read(look)

    async def _counted_before(self, q: Queries, former: Period) -> Totals | None:
        """The totals of the period before, of which no report is stored."""
        if not self._before:
            return None
        first = await storage.tallies.first_ping(q, former.start)
        counted = await _counted(q, former, first)
        return replace(counted, outcomes=dict(self._before))


def _has_failed(incident: Incident) -> bool:
    return incident.kind is IncidentKind.FAILED


async def _counted(q: Queries, period: Period, first_ping: int) -> Totals:
    after = await storage.tallies.first_ping(q, period.end)
    return Totals(
        pings=max(after - first_ping, 0),
        sounds=await storage.tallies.sounds(q, period.start, period.end),
        incidents=await storage.tallies.incidents_opened(q, period.start, period.end),
    )
