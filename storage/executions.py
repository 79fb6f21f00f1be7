"""Attempts to run something, and up to which due each job has been seen to."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.core.executions import End, Execution, ExecutionId, Stage, Trigger
from bot.core.kinds import JobId
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = """e.id, e.job_id, e.key, e.attempt, e.due_at, e.cause, e.wished_by,
    e.params, e.priority, e.stage, e.queued_at, e.ready_at, e.started_at, e.ended_at,
    e.ending, e.exit_status, e.signal, e.reason, e.rid, e.cancelled_by, e.output_size"""


#: what a trigger hands over stands among the parameters; no name begins like that
_HANDED = "!"


class Dispatch(NamedTuple):
    """Up to where the dues of a job have been seen to."""

    job_id: JobId
    next_due_at: datetime
    #: dues in a row for which nothing was run
    skips: int


class Saved(NamedTuple):
    """Runs of a job that failed at first and ended well by a retry."""

    slug: str
    label: str
    runs: int
    #: the most attempts that one of them took
    attempts: int
    last_at: datetime


def _from_row(row: sqlite3.Row) -> Execution:
    told: dict[str, str] = json.loads(row[7])
    return Execution(
        id=ExecutionId(row[0]),
        job_id=JobId(row[1]),
        key=row[2],
        attempt=row[3],
        due_at=optional_from_us(row[4]),
        trigger=Trigger(row[5]),
        by=row[6],
        params={k: v for k, v in told.items() if not k.startswith(_HANDED)},
        handed={
            k.removeprefix(_HANDED): v for k, v in told.items() if k.startswith(_HANDED)
        },
        priority=row[8],
        stage=Stage(row[9]),
        queued_at=from_us(row[10]),
        ready_at=from_us(row[11]),
        started_at=optional_from_us(row[12]),
        ended_at=optional_from_us(row[13]),
        end=None if row[14] is None else End(row[14]),
        exit_status=row[15],
        signal=row[16],
        reason=row[17],
        rid=row[18],
        cancelled_by=row[19],
        output_size=row[20],
    )


def _told(execution: Execution) -> str:
    handed = {f"{_HANDED}{name}": text for name, text in execution.handed.items()}
    return json.dumps({**execution.params, **handed})


async def insert_many(tx: Transaction, wished: Sequence[Execution]) -> None:
    """Add these; one whose key and attempt are there already is left out."""
    await tx.executemany(
        """INSERT INTO executions (job_id, key, attempt, due_at, cause, wished_by,
               params, priority, stage, queued_at, ready_at, started_at, ended_at,
               ending, reason, rid)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (job_id, key, attempt) DO NOTHING""",
        [
            (
                each.job_id,
                each.key,
                each.attempt,
                optional_to_us(each.due_at),
                each.trigger,
                each.by,
                _told(each),
                each.priority,
                each.stage,
                to_us(each.queued_at),
                to_us(each.ready_at),
                optional_to_us(each.started_at),
                optional_to_us(each.ended_at),
                each.end,
                each.reason,
                each.rid,
            )
            for each in wished
        ],
    )


async def save_many(tx: Transaction, changed: Sequence[Execution]) -> None:
    """Write what changes of an execution.

    What has ended stays as it is, and a wish to end it is never taken back.
    """
    await tx.executemany(
        """UPDATE executions SET stage = ?, started_at = ?, ended_at = ?, ending = ?,
               exit_status = ?, signal = ?, reason = ?,
               cancelled_by = coalesce(nullif(?, ''), cancelled_by)
           WHERE id = ? AND stage <> 'ended'""",
        [
            (
                each.stage,
                optional_to_us(each.started_at),
                optional_to_us(each.ended_at),
                each.end,
                each.exit_status,
                each.signal,
                each.reason,
                each.cancelled_by,
                each.id,
            )
            for each in changed
        ],
    )


async def by_key(q: Queries, job_id: JobId, key: str) -> Execution | None:
    """The newest attempt under a key."""
    row = await q.fetch_one(
        f"""SELECT {_COLUMNS} FROM executions e
            WHERE e.job_id = :job_id AND e.key = :key
            ORDER BY e.attempt DESC LIMIT 1""",
        {"job_id": job_id, "key": key},
    )
    return None if row is None else _from_row(row)


async def following(q: Queries, execution: Execution) -> Execution | None:
    """The attempt after this one, if there is one."""
    row = await q.fetch_one(
        f"""SELECT {_COLUMNS} FROM executions e
            WHERE e.job_id = :job_id AND e.key = :key AND e.attempt = :attempt""",
        {
            "job_id": execution.job_id,
            "key": execution.key,
            "attempt": execution.attempt + 1,
        },
    )
    return None if row is None else _from_row(row)


async def by_ids(
    q: Queries, ids: Iterable[ExecutionId]
) -> dict[ExecutionId, Execution]:
    """These executions."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM executions e
            WHERE e.id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {ExecutionId(row[0]): _from_row(row) for row in rows}


async def unended(q: Queries, ids: Iterable[JobId] | None = None) -> list[Execution]:
    """Those that have not ended, of these jobs or of all, in order of the wishes."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM executions e
            WHERE e.stage <> 'ended' AND (:ids IS NULL
                OR e.job_id IN (SELECT value FROM json_each(:ids)))
            ORDER BY e.id""",
        {"ids": None if ids is None else as_list(ids)},
    )
    return [_from_row(row) for row in rows]


async def pending(q: Queries) -> list[Execution]:
    """Those that wait or are being started, and those that somebody wants to end."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM executions e
            WHERE e.stage <> 'ended' AND (e.stage <> 'running' OR e.cancelled_by <> '')
            ORDER BY e.id"""
    )
    return [_from_row(row) for row in rows]


async def active_by_job(q: Queries) -> dict[JobId, int]:
    """How many of each job may have a process."""
    rows = await q.fetch_all(
        """SELECT job_id, count(*) FROM executions
           WHERE stage <> 'ended' AND stage <> 'waiting' GROUP BY job_id"""
    )
    return {JobId(row[0]): row[1] for row in rows}


async def newest(
    q: Queries,
    job_id: JobId,
    limit: int,
    *,
    before: int | None = None,
    until: datetime | None = None,
) -> list[Execution]:
    """The newest attempts of a job, the newest first.

    `before`: with lower numbers; `until`: that began, or were over, by then.
    """
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM executions e
            WHERE e.job_id = :job_id AND (:before IS NULL OR e.id < :before)
              AND (:until IS NULL OR coalesce(e.started_at, e.ended_at) <= :until)
            ORDER BY e.id DESC LIMIT :limit""",
        {
            "job_id": job_id,
            "limit": limit,
            "before": before,
            "until": optional_to_us(until),
        },
    )
    return [_from_row(row) for row in rows]


async def saved(
    q: Queries, start: datetime, end: datetime, *, limit: int
) -> list[Saved]:
    """Jobs with runs that ended well by a retry in [start, end), the most first."""
    rows = await q.fetch_all(
        """SELECT j.slug, coalesce(j.definition ->> '$.name', ''), count(*),
               max(e.attempt), max(e.ended_at)
           FROM executions e JOIN jobs j ON j.id = e.job_id
           WHERE e.attempt > 1 AND e.ending = 'ok'
             AND e.ended_at >= :start AND e.ended_at < :end
           GROUP BY j.id ORDER BY count(*) DESC, j.slug LIMIT :limit""",
        {"start": to_us(start), "end": to_us(end), "limit": limit},
    )
    return [
        Saved(row[0], row[1] or row[0], row[2], row[3], from_us(row[4])) for row in rows
    ]


async def count_active(q: Queries) -> int:
    """How many may have a process."""
    row = await q.fetch_one(
        "SELECT count(*) FROM executions WHERE stage IN ('starting', 'running')"
    )
    return 0 if row is None else int(row[0])


async def newest_ended(
    q: Queries, job_id: JobId, ends: Iterable[End], until: datetime | None = None
) -> Execution | None:
    """The newest attempt of a job that ended in one of these ways, by that moment."""
    row = await q.fetch_one(
        f"""SELECT {_COLUMNS} FROM executions e
            WHERE e.job_id = :job_id
              AND e.ending IN (SELECT value FROM json_each(:ends))
              AND (:until IS NULL OR e.ended_at <= :until)
            ORDER BY e.id DESC LIMIT 1""",
        {"job_id": job_id, "ends": as_list(ends), "until": optional_to_us(until)},
    )
    return None if row is None else _from_row(row)


async def next_ready(q: Queries) -> datetime | None:
    """When the first of those that wait may start."""
    row = await q.fetch_one(
        """SELECT ready_at FROM executions WHERE stage = 'waiting'
           ORDER BY ready_at LIMIT 1"""
    )
    return None if row is None else from_us(row[0])


async def put_output(
    tx: Transaction, execution_id: ExecutionId, output: bytes, size: int
) -> None:
    """Keep what a run has printed; `size`: how much it was before it was cut."""
    await tx.execute(
        """INSERT INTO outputs (execution_id, body) VALUES (:id, :body)
           ON CONFLICT (execution_id) DO UPDATE SET body = excluded.body""",
        {"id": execution_id, "body": zlib.compress(output, 6)},
    )
    await tx.execute(
        "UPDATE executions SET output_size = :size WHERE id = :id",
        {"id": execution_id, "size": size},
    )


async def output(q: Queries, execution_id: ExecutionId) -> bytes | None:
    """What a run has printed, as far as it is kept."""
    row = await q.fetch_one(
        "SELECT body FROM outputs WHERE execution_id = :id", {"id": execution_id}
    )
    return None if row is None else zlib.decompress(row[0])


async def put_evidence(
    tx: Transaction, execution_id: ExecutionId, evidence: dict[str, object]
) -> None:
    """Keep what a run took and what its machine was like."""
    await tx.execute(
        "UPDATE executions SET evidence = :evidence WHERE id = :id",
        {"id": execution_id, "evidence": json.dumps(evidence)},
    )


async def evidence(q: Queries, execution_id: ExecutionId) -> dict[str, object]:
    """What a run took; empty where nothing is known."""
    row = await q.fetch_one(
        "SELECT evidence FROM executions WHERE id = :id", {"id": execution_id}
    )
    found: dict[str, object] = {} if row is None else json.loads(row[0])
    return found


# -- up to which due -------------------------------------------------------------------


async def see_to(
    tx: Transaction, job_id: JobId, next_due_at: datetime | None, skips: int = 0
) -> None:
    """Everything before that due has been decided about."""
    await tx.execute(
        """INSERT INTO dispatches (job_id, next_due_at, skips)
           VALUES (:job_id, :next_due_at, :skips)
           ON CONFLICT (job_id) DO UPDATE SET
               next_due_at = excluded.next_due_at, skips = excluded.skips""",
        {
            "job_id": job_id,
            "next_due_at": optional_to_us(next_due_at),
            "skips": skips,
        },
    )


async def due(q: Queries, now: datetime, limit: int) -> list[Dispatch]:
    """Jobs with dues that nothing was decided about, the longest overdue first."""
    rows = await q.fetch_all(
        """SELECT job_id, next_due_at, skips FROM dispatches
           WHERE next_due_at <= :now ORDER BY next_due_at LIMIT :limit""",
        {"now": to_us(now), "limit": limit},
    )
    return [Dispatch(JobId(row[0]), from_us(row[1]), row[2]) for row in rows]


async def next_due(q: Queries) -> datetime | None:
    """When the next due comes."""
    row = await q.fetch_one(
        """SELECT next_due_at FROM dispatches WHERE next_due_at IS NOT NULL
           ORDER BY next_due_at LIMIT 1"""
    )
    return None if row is None else from_us(row[0])


async def skips(q: Queries, ids: Iterable[JobId]) -> dict[JobId, int]:
    """For how many wishes in a row nothing was run, where there are any."""
    rows = await q.fetch_all(
        """SELECT job_id, skips FROM dispatches
           WHERE skips > 0 AND job_id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {JobId(row[0]): row[1] for row in rows}


async def count_skips(tx: Transaction, job_id: JobId, skips: int) -> None:
    """Write down for how many wishes in a row nothing was run."""
    await tx.execute(
        """UPDATE dispatches SET skips = :skips
           WHERE job_id = :job_id AND skips <> :skips""",
        {"job_id": job_id, "skips": skips},
    )
