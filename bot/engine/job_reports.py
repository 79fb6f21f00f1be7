"""Finds what the report of one job says."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import storage.histories
import storage.incidents
import storage.jobs
import storage.maintenance
import storage.mutes
import storage.states
import storage.tallies
from bot.core import job_reports, periods, timelines
from bot.core.job_reports import History, Took
from bot.core.models import Job
from bot.core.periods import Period
from bot.core.silencers import Silencers
from bot.core.summaries import JobReport
from bot.core.timelines import Tally
from bot.engine.report_samples import reported
from bot.errors import NotFound
from storage.database import Database
from storage.queries import Queries

#: runs, and slots, that are read at the most: the newest
MOST_RUNS = 5_000
MOST_INCIDENTS = 500


async def gather(
    db: Database, slug: str, *, days: int, zone: str, now: datetime
) -> JobReport:
    """One job over the last days; raises NotFound."""
    wanted = job_reports.days(periods.local_date(now, zone), zone, days)

    async def look(q: Queries) -> History:
        job = await storage.jobs.by_slug(q, slug)
        if job is None:
            raise NotFound(f"there is no job {slug!r}; see `cronitor job list`")
        start = wanted[0].start
        windows = await q.ask(storage.maintenance.since(now))
        return History(
            job=job,
            days=wanted,
            written_at=now,
            tallies=await _tallies(q, job, wanted),
            runs=await _runs(q, job, start),
            incidents=await storage.incidents.of_job(
                q, job.id, start, limit=MOST_INCIDENTS
            ),
            silencers=Silencers(
                mutes=await q.ask(storage.mutes.running(now)), windows=windows
            ),
            state=(await storage.states.load_many(q, [job.id]))[job.id],
        )

    history = await db.read(look)
    return await asyncio.to_thread(job_reports.fold, history)


async def _tallies(q: Queries, job: Job, days: Sequence[Period]) -> list[Tally]:
    found, pings = list[Tally](), list[Tally]()
    after = await storage.tallies.first_ping(q, days[0].start)
    for stretch in job_reports.stretches(days):
        found += await storage.tallies.slots(q, [job.id], stretch)
        found += await storage.tallies.runs(q, [job.id], stretch)
        pings += await storage.tallies.pings(q, [job.id], stretch, after=after)
    return timelines.with_lone_reports(found, reported(job, pings))


async def _runs(q: Queries, job: Job, start: datetime) -> list[Took]:
    """Its runs; if it has none, its lone reports."""
    ended = await storage.histories.ended_runs(q, job.id, start, limit=MOST_RUNS)
    if ended:
        return [
            Took(
                at=each.started_at,
                took=each.ended_at - each.started_at,
                lateness=None if each.due_at is None else each.started_at - each.due_at,
                outcome=each.outcome,
            )
            for each in reversed(ended)
        ]
    slots = await storage.histories.reported_slots(q, job.id, start, limit=MOST_RUNS)
    return [
        Took(at=decided_at, took=None, lateness=decided_at - due_at, outcome=outcome)
        for due_at, decided_at, outcome in reversed(slots)
    ]
