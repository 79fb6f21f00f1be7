"""Loads what the habits of some jobs are learnt from, one sample a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import storage.histories
from bot.core import drift_facts
from bot.core.drift import Measure
from bot.core.drift_facts import Daily
from bot.core.kinds import JobKind, Outcome, ScheduleKind
from bot.core.models import Job
from bot.core.periods import Period
from bot.core.timelines import Tally
from storage.queries import Queries

#: of each measure the days of each job
Samples = Mapping[Measure, Mapping[int, Sequence[Daily]]]


def is_free(job: Job) -> bool:
    """Whether it may report without any slot or run."""
    definition = job.definition
    is_without = definition.schedule.kind is ScheduleKind.NONE
    return is_without and definition.kind is JobKind.HEARTBEAT


def may_be_lone(job: Job) -> bool:
    """Whether it may go on reporting well without any slot or run.

    A job with an interval that reports more often never lets a slot come due.
    """
    definition = job.definition
    is_paced = definition.schedule.kind is ScheduleKind.INTERVAL
    return is_free(job) or (is_paced and definition.kind is JobKind.HEARTBEAT)


def reported(job: Job, pings: Sequence[Tally]) -> list[Tally]:
    """What its pings say of it: of a job with dues only that it failed beside them."""
    if job.definition.kind is not JobKind.HEARTBEAT:
        return []
    return [each for each in pings if may_be_lone(job) or each[2] == Outcome.FAILED]


async def load(
    q: Queries, jobs: Sequence[Job], period: Period, now: datetime, *, first_ping: int
) -> Samples:
    """What these jobs did in the period and the 30 days before it."""
    ids = [job.id for job in jobs]
    since, end = drift_facts.since(period), period.end
    durations = await storage.histories.durations(q, ids, since, end)
    latenesses = await storage.histories.starts(q, ids, since, end)
    begun = {each.job_id for each in latenesses}
    others = [each for each in ids if each not in begun]
    if others:
        latenesses += await storage.histories.reports(q, others, since, end)
    found = {
        Measure.DURATION: drift_facts.by_job(durations),
        Measure.LATENESS: drift_facts.by_job(latenesses),
    }
    free = [job.id for job in jobs if is_free(job)]
    # of a day that is not over nobody knows how much will come
    if free and end <= now:
        counts = await storage.histories.counts(q, free, since, end, after=first_ping)
        found[Measure.COUNT] = drift_facts.by_job(counts)
    return found


def of_job(samples: Samples, job: Job) -> dict[Measure, Sequence[Daily]]:
    """Those of one job."""
    return {
        measure: by_job[job.id]
        for measure, by_job in samples.items()
        if job.id in by_job
    }
