"""When the receiver seemed cut off, and what it is judged by."""

from collections.abc import Iterable
from datetime import datetime

from bot.core.isolation import Due, Isolation, is_remote
from bot.core.kinds import JobId
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, to_us


async def newest(q: Queries) -> Isolation | None:
    """The newest one, over or not."""
    row = await q.fetch_one(
        "SELECT began_at, ended_at FROM isolations ORDER BY id DESC LIMIT 1"
    )
    if row is None:
        return None
    return Isolation(began_at=from_us(row[0]), ended_at=optional_from_us(row[1]))


async def begin(tx: Transaction, began_at: datetime) -> None:
    """It seems cut off from now on."""
    await tx.execute(
        "INSERT INTO isolations (began_at) VALUES (:at)", {"at": to_us(began_at)}
    )


async def end(tx: Transaction, ended_at: datetime) -> None:
    """It is not any more."""
    await tx.execute(
        "UPDATE isolations SET ended_at = :at WHERE ended_at IS NULL",
        {"at": to_us(ended_at)},
    )


async def due_within(q: Queries, since: datetime, until: datetime) -> list[Due]:
    """Jobs in use that were due then, with the address of their newest ping."""
    rows = await q.fetch_all(
        """SELECT s.job_id, coalesce((SELECT p.address FROM pings p
               WHERE p.job_id = s.job_id ORDER BY p.id DESC LIMIT 1), ''),
               coalesce(s.missed_due_at BETWEEN :since AND :until, 0), j.slug
           FROM job_states s JOIN jobs j ON j.id = s.job_id
           WHERE j.archived_at IS NULL AND s.status <> 'paused'
             AND (s.due_at BETWEEN :since AND :until
                  OR s.held_due_at BETWEEN :since AND :until
                  OR s.missed_due_at BETWEEN :since AND :until)""",
        {"since": to_us(since), "until": to_us(until)},
    )
    return [
        Due(job_id=JobId(row[0]), address=row[1], missed=bool(row[2]), slug=row[3])
        for row in rows
    ]


async def remote_ping_since(q: Queries, since: datetime) -> bool:
    """Whether a ping came from another machine; among the newest thousands."""
    rows = await q.fetch_all(
        """SELECT DISTINCT address FROM
               (SELECT address, at FROM pings ORDER BY id DESC LIMIT 5000)
           WHERE at >= :since AND address IS NOT NULL""",
        {"since": to_us(since)},
    )
    return any(is_remote(row[0]) for row in rows)


async def remote_among(q: Queries, ids: Iterable[JobId]) -> set[JobId]:
    """Those of these jobs whose newest ping came from another machine."""
    rows = await q.fetch_all(
        """SELECT i.value, coalesce((SELECT p.address FROM pings p
               WHERE p.job_id = i.value ORDER BY p.id DESC LIMIT 1), '')
           FROM json_each(:ids) i""",
        {"ids": as_list(ids)},
    )
    return {JobId(row[0]) for row in rows if is_remote(row[1])}
