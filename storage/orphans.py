"""Messages that may stand in a channel that could not be used any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, to_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A send with no answer that was repeated in another channel."""

    channel_id: int
    mark: str
    begun_at: datetime


async def add(tx: Transaction, place: str, orphan: Orphan, now: datetime) -> None:
    """Look for it, and take it away, once its channel can be used."""
    await tx.execute(
        """INSERT INTO orphans (place, channel_id, mark, begun_at, try_at)
           VALUES (:place, :channel, :mark, :begun_at, :now)
           ON CONFLICT DO NOTHING""",
        {
            "place": place,
            "channel": orphan.channel_id,
            "mark": orphan.mark,
            "begun_at": to_us(orphan.begun_at),
            "now": to_us(now),
        },
    )


async def due(
    q: Queries, place: str, now: datetime, *, lost: Iterable[int], limit: int
) -> list[Orphan]:
    """Those that may be looked for now, in channels that are not lost."""
    rows = await q.fetch_all(
        """SELECT channel_id, mark, begun_at FROM orphans
           WHERE place = :place AND try_at <= :now
             AND channel_id NOT IN (SELECT value FROM json_each(:lost))
           ORDER BY begun_at LIMIT :limit""",
        {
            "place": place,
            "now": to_us(now),
            "lost": as_list(lost),
            "limit": limit,
        },
    )
    return [
        Orphan(channel_id=row[0], mark=row[1], begun_at=from_us(row[2])) for row in rows
    ]


async def begun_at(
    q: Queries, place: str, channel_id: int, mark: str
) -> datetime | None:
    """When the message with this mark was sent there; None: it is no orphan."""
    row = await q.fetch_one(
        """SELECT begun_at FROM orphans
           WHERE place = :place AND channel_id = :channel AND mark = :mark""",
        {"place": place, "channel": channel_id, "mark": mark},
    )
    return None if row is None else from_us(row[0])


async def retry(tx: Transaction, place: str, orphan: Orphan, try_at: datetime) -> None:
    """It could not be looked for: again later."""
    await tx.execute(
        """UPDATE orphans SET try_at = :try_at
           WHERE place = :place AND channel_id = :channel AND mark = :mark""",
        {
            "place": place,
            "channel": orphan.channel_id,
            "mark": orphan.mark,
            "try_at": to_us(try_at),
        },
    )


async def remove(tx: Transaction, place: str, orphan: Orphan) -> None:
    """It is gone, or it was never there."""
    await remove_mark(tx, place, orphan.channel_id, orphan.mark)


async def remove_mark(tx: Transaction, place: str, channel_id: int, mark: str) -> None:
    """It has been said in that channel after all, maybe in that very message."""
    await tx.execute(
        """DELETE FROM orphans
           WHERE place = :place AND channel_id = :channel AND mark = :mark""",
        {"place": place, "channel": channel_id, "mark": mark},
    )
