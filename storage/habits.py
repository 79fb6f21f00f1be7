"""What a job's runs were like: samples of its history, and habits made of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import storage.incidents
from bot.core.drift import Habit, Measure, Sample
from bot.core.kinds import JobId, Outcome, RunId
from bot.core.models import Incident, Run
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, to_us

_SECOND = 1_000_000
#: of a run that somebody has seen begin and end, and that ended well
_RAN = f"'{Outcome.OK}', '{Outcome.LATE}', '{Outcome.OVERRAN}'"
#: of a slot that something was heard of
_HEARD = f"'{Outcome.OK}', '{Outcome.LATE}', '{Outcome.FAILED}'"
#: those that are asked whether they drift: `jobs_drift` is their index
_WATCHED = """j.archived_at IS NULL
    AND instr(j.definition, '"alert_on_drift"') > 0"""


class Learnt(NamedTuple):
    """A habit, and when it was worked out."""

    habit: Habit
    at: datetime


class Heard(NamedTuple):
    """A job that is asked whether it drifts, as of the beginning of a pass."""

    job_id: JobId
    #: that it has had
    pings: int
    #: its newest one, however long it is over
    incident: Incident | None


async def samples(q: Queries, job_id: JobId, limit: int) -> dict[Measure, list[Sample]]:
    """The newest samples of each measure but the count, at most so many, oldest first.

    Moments at which Cronitor could not see tell nothing.
    """
    return {
        Measure.DURATION: await _durations(q, job_id, limit),
        Measure.LATENESS: await _latenesses(q, job_id, limit),
    }


async def _durations(q: Queries, job_id: JobId, limit: int) -> list[Sample]:
    rows = await q.fetch_all(
        # an end without a start is a run that has no deadline
        f"""SELECT started_at, ended_at - started_at FROM runs
            WHERE job_id = :job_id AND ended_at IS NOT NULL AND superseded = 0
              AND blind_id IS NULL AND deadline_at IS NOT NULL AND outcome IN ({_RAN})
            ORDER BY started_at DESC LIMIT :limit""",
        {"job_id": job_id, "limit": limit},
    )
    return _samples([(row[0], row[1]) for row in rows])


async def _latenesses(q: Queries, job_id: JobId, limit: int) -> list[Sample]:
    """Where a run has begun for a due its start counts, else when the due was met."""
    values = {"job_id": job_id, "limit": limit}
    starts = await q.fetch_all(
        """SELECT due_at, started_at - due_at FROM runs
           WHERE job_id = :job_id AND due_at IS NOT NULL AND blind_id IS NULL
           ORDER BY started_at DESC LIMIT :limit""",
        values,
    )
    met = await q.fetch_all(
        f"""SELECT due_at, decided_at - due_at FROM slots
            WHERE job_id = :job_id AND blind_id IS NULL AND outcome IN ({_HEARD})
            ORDER BY due_at DESC LIMIT :limit""",
        values,
    )
    # of several starts for one due the first stays, which comes last here
    by_due = {row[0]: row[1] for row in (*met, *starts)}
    return _samples(sorted(by_due.items(), reverse=True)[:limit])


def _samples(rows: Sequence[Sequence[int]]) -> list[Sample]:
    """From rows of a moment and a length, newest first."""
    return [
        Sample(at=from_us(row[0]), value=row[1] / _SECOND) for row in reversed(rows)
    ]


async def durations(q: Queries, ids: Iterable[JobId]) -> dict[JobId, Habit]:
    """How long runs of these jobs usually take, where that is kept."""
    rows = await q.fetch_all(
        """SELECT measure, count, median, low, high, since, job_id FROM habits
           WHERE measure = :measure
             AND job_id IN (SELECT value FROM json_each(:ids))""",
        {"measure": Measure.DURATION, "ids": as_list(ids)},
    )
    return {JobId(row[6]): _from_row(row) for row in rows}


async def good_before(
    q: Queries, runs: Iterable[Run], limit: int
) -> dict[RunId, list[Sample]]:
    """How long the good ones took among the `limit` runs of its job before each."""
    spans = [(each.id, each.job_id, to_us(each.started_at)) for each in runs]
    rows = await q.fetch_all(
        # as those of which a habit is made
        f"""SELECT i.value ->> 0, r.started_at, r.ended_at - r.started_at
            FROM json_each(:spans) i JOIN runs r ON r.id IN (
                SELECT id FROM runs
                WHERE job_id = i.value ->> 1 AND started_at < i.value ->> 2
                ORDER BY started_at DESC LIMIT :limit)
            WHERE r.ended_at IS NOT NULL AND r.superseded = 0 AND r.blind_id IS NULL
              AND r.deadline_at IS NOT NULL
              AND r.outcome IN ('{Outcome.OK}', '{Outcome.LATE}')""",
        {"spans": as_list(spans), "limit": limit},
    )
    found: dict[RunId, list[Sample]] = {}
    for run_id, at, length in rows:
        sample = Sample(at=from_us(at), value=length / _SECOND)
        found.setdefault(RunId(run_id), []).append(sample)
    return found


async def watched(q: Queries) -> list[Heard]:
    """The jobs that are asked whether they drift."""
    rows = await q.fetch_all(
        f"""SELECT j.id, s.ping_count, s.incident_id
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE {_WATCHED} ORDER BY j.id"""
    )
    known = await storage.incidents.many(q, [row[2] for row in rows if row[2]])
    return [Heard(JobId(row[0]), row[1], known.get(row[2])) for row in rows]


async def learnt(q: Queries, job_id: JobId) -> dict[Measure, Learnt]:
    """What is known of a job."""
    rows = await q.fetch_all(
        """SELECT measure, count, median, low, high, since, learnt_at FROM habits
           WHERE job_id = :job_id""",
        {"job_id": job_id},
    )
    return {Measure(row[0]): Learnt(_from_row(row), from_us(row[6])) for row in rows}


def _from_row(row: Sequence[Any]) -> Habit:
    return Habit(
        measure=Measure(row[0]),
        count=row[1],
        median=row[2],
        low=row[3],
        high=row[4],
        since=from_us(row[5]),
    )


async def save(
    tx: Transaction, job_id: JobId, habits: Sequence[Habit], at: datetime
) -> None:
    """Put these in the place of what was known of a job."""
    await tx.execute("DELETE FROM habits WHERE job_id = :id", {"id": job_id})
    await tx.executemany(
        """INSERT INTO habits (job_id, measure, count, median, low, high, since,
               learnt_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                job_id,
                str(each.measure),
                each.count,
                each.median,
                each.low,
                each.high,
                to_us(each.since),
                to_us(at),
            )
            for each in habits
        ],
    )
