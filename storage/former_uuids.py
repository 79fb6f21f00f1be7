"""Former ping URLs of jobs, which are taken until their end."""

from collections.abc import Iterable
from datetime import datetime

from bot.core.kinds import JobId
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, to_us
from storage.watched import IS_FOLLOWED, Found, found


async def add(tx: Transaction, uuid: str, job_id: JobId, until: datetime) -> None:
    """Take this one until a moment."""
    await tx.execute(
        """INSERT INTO former_uuids (uuid, job_id, until_at)
           VALUES (:uuid, :job_id, :until)""",
        {"uuid": uuid, "job_id": job_id, "until": to_us(until)},
    )


async def end(tx: Transaction, job_id: JobId) -> None:
    """Take no former one of the job any more."""
    await tx.execute(
        "DELETE FROM former_uuids WHERE job_id = :job_id", {"job_id": job_id}
    )


async def forget_ended(tx: Transaction, now: datetime) -> None:
    """Remove those whose end has come."""
    await tx.execute(
        "DELETE FROM former_uuids WHERE until_at <= :now", {"now": to_us(now)}
    )


async def ends(q: Queries, job_id: JobId, now: datetime) -> list[datetime]:
    """Until when each former one of a job is taken."""
    rows = await q.fetch_all(
        """SELECT until_at FROM former_uuids
           WHERE job_id = :job_id AND until_at > :now ORDER BY until_at""",
        {"job_id": job_id, "now": to_us(now)},
    )
    return [from_us(row[0]) for row in rows]


async def watched(q: Queries, uuids: Iterable[str], now: datetime) -> dict[str, Found]:
    """The jobs in use that these former UUIDs still stand for, by UUID."""
    rows = await q.fetch_all(
        f"""SELECT f.uuid, j.id, j.revision, s.stamp, {IS_FOLLOWED}
           FROM former_uuids f JOIN jobs j ON j.id = f.job_id
           JOIN job_states s ON s.job_id = j.id
           WHERE f.uuid IN (SELECT value FROM json_each(:keys))
             AND f.until_at > :now AND j.archived_at IS NULL""",
        {"keys": as_list(uuids), "now": to_us(now)},
    )
    return found(rows)
