"""Dues for which nothing was run, and which are too many for a slot each."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from bot.core.kinds import BlindId, JobId
from storage.queries import Transaction
from storage.times import to_us


class Passed(NamedTuple):
    """Dues of a job, one after the other, that one blind time made pass."""

    job_id: JobId
    blind_id: BlindId
    dues: int
    first_at: datetime
    last_at: datetime


async def count(tx: Transaction, passed: Iterable[Passed], now: datetime) -> None:
    """Count these with their blind time; those that have a slot are counted there.

    The slots of the same decisions must be stored before.
    """
    await tx.executemany(
        """INSERT INTO passed_dues
               (job_id, blind_id, dues, first_at, last_at, decided_at)
           SELECT :job_id, :blind_id, :dues - count(*), :first_at, :last_at, :now
           FROM slots WHERE job_id = :job_id AND due_at BETWEEN :first_at AND :last_at
           ON CONFLICT (blind_id, job_id) DO UPDATE SET
               dues = dues + excluded.dues,
               first_at = min(first_at, excluded.first_at),
               last_at = max(last_at, excluded.last_at),
               decided_at = excluded.decided_at""",
        [
            {
                "job_id": each.job_id,
                "blind_id": each.blind_id,
                "dues": each.dues,
                "first_at": to_us(each.first_at),
                "last_at": to_us(each.last_at),
                "now": to_us(now),
            }
            for each in passed
        ],
    )
