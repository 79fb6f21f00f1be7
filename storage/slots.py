"""What became of each due; the last word wins."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core.effects import CloseSlot
from bot.core.kinds import BlindId, JobId, Outcome
from bot.core.models import Slot
from storage.queries import Change, Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, to_us

_COLUMNS = "job_id, due_at, outcome, decided_at, blind_id"
_NEUTRAL = f"'{Outcome.SKIPPED}', '{Outcome.MERGED}'"


_CLOSE = f"""INSERT INTO slots (job_id, due_at, outcome, decided_at, blind_id)
    VALUES (?, ?, ?, ?, nullif(?, 0))
    ON CONFLICT (job_id, due_at) DO UPDATE SET
        outcome = excluded.outcome, decided_at = excluded.decided_at,
        blind_id = coalesce(excluded.blind_id, blind_id)
    WHERE excluded.outcome NOT IN ({_NEUTRAL})"""


def closings(closed: Sequence[CloseSlot]) -> Change:
    """What writes outcomes, in order: the last one of a slot stays.

    That nothing came of it (skipped, merged) never takes the place of an outcome.
    """
    return Change(
        _CLOSE,
        [
            (
                slot.job_id,
                to_us(slot.due_at),
                str(slot.outcome),
                to_us(slot.at),
                slot.blind_id or 0,
            )
            for slot in closed
        ],
    )


async def close_many(tx: Transaction, closed: Sequence[CloseSlot]) -> None:
    """Write outcomes, as `closings` says."""
    await tx.change([closings(closed)])


async def newest(q: Queries, job_id: JobId, limit: int) -> list[Slot]:
    """The newest slots of a job, newest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM slots
            WHERE job_id = :job_id ORDER BY due_at DESC LIMIT :limit""",
        {"job_id": job_id, "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def recent(
    q: Queries, ids: Iterable[JobId], limit: int
) -> dict[JobId, list[Outcome]]:
    """What became of the newest slots of each job, the newest last."""
    rows = await q.fetch_all(
        """SELECT s.job_id, s.outcome FROM json_each(:ids) i
           JOIN slots s ON s.job_id = i.value AND s.due_at IN (
               SELECT due_at FROM slots WHERE job_id = i.value
               ORDER BY due_at DESC LIMIT :limit)
           ORDER BY s.job_id, s.due_at""",
        {"ids": as_list(ids), "limit": limit},
    )
    found: dict[JobId, list[Outcome]] = {}
    for job_id, outcome in rows:
        found.setdefault(JobId(job_id), []).append(Outcome(outcome))
    return found


async def due_by(q: Queries, job_id: JobId, moment: datetime, limit: int) -> list[Slot]:
    """The slots of a job that were due by then, newest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM slots WHERE job_id = :job_id AND due_at <= :moment
            ORDER BY due_at DESC LIMIT :limit""",
        {"job_id": job_id, "moment": to_us(moment), "limit": limit},
    )
    return [_from_row(row) for row in rows]


def _from_row(row: sqlite3.Row) -> Slot:
    return Slot(
        job_id=JobId(row[0]),
        due_at=from_us(row[1]),
        outcome=Outcome(row[2]),
        decided_at=from_us(row[3]),
        blind_id=None if row[4] is None else BlindId(row[4]),
    )
