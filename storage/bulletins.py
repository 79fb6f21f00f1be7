"""The message that shows a blind time in a place, and what is left to do there."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.cards import Posted
from bot.core.kinds import BlindId
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = """blind_id, touched, channel_id, message_id, generation, shown, attempts,
    begun_at, begun_in"""
_ONE = "WHERE blind_id = :id AND place = :place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What a place knows of its message about one blind time."""

    blind_id: BlindId
    touched: int = 1
    posted: Posted | None = None
    #: counts messages that were deleted and posted anew
    generation: int = 0
    #: of what the message shows; empty before it is posted
    digest: str = ""
    attempts: int = 0
    #: a send was begun whose answer is not known: when, and in which channel
    begun_at: datetime | None = None
    begun_in: int | None = None


def _from_row(row: sqlite3.Row) -> Bulletin:
    return Bulletin(
        blind_id=BlindId(row[0]),
        touched=row[1],
        posted=None if row[3] is None else Posted(row[2], row[3]),
        generation=row[4],
        digest=row[5],
        attempts=row[6],
        begun_at=optional_from_us(row[7]),
        begun_in=row[8],
    )


async def add(tx: Transaction, place: str, blind_id: BlindId, now: datetime) -> None:
    """The blind time is to be shown there."""
    await tx.execute(
        """INSERT INTO bulletins (blind_id, place, try_at) VALUES (:id, :place, :now)
           ON CONFLICT (blind_id, place) DO NOTHING""",
        {"id": blind_id, "place": place, "now": to_us(now)},
    )


async def touch(tx: Transaction, ids: Iterable[BlindId], now: datetime) -> None:
    """Something is new about these: wherever they are shown, look at that now."""
    await tx.execute(
        """UPDATE bulletins SET touched = touched + 1,
               try_at = min(coalesce(try_at, :now), :now)
           WHERE blind_id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids), "now": to_us(now)},
    )


async def due(
    q: Queries, place: str, now: datetime, *, busy: Iterable[int], limit: int
) -> list[Bulletin]:
    """Those that must be looked at, the oldest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM bulletins
            WHERE place = :place AND try_at <= :now
              AND blind_id NOT IN (SELECT value FROM json_each(:busy))
            ORDER BY blind_id LIMIT :limit""",
        {"place": place, "now": to_us(now), "busy": as_list(busy), "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def next_try(q: Queries, place: str) -> datetime | None:
    """When the first must be looked at."""
    row = await q.fetch_one(
        """SELECT min(try_at) FROM bulletins
           WHERE place = :place AND try_at IS NOT NULL""",
        {"place": place},
    )
    return None if row is None or row[0] is None else from_us(row[0])


async def begin(
    tx: Transaction,
    place: str,
    blind_id: BlindId,
    *,
    at: datetime | None,
    channel_id: int | None,
) -> None:
    """A send begins whose answer is not known yet; None: it is."""
    await tx.execute(
        f"UPDATE bulletins SET begun_at = :at, begun_in = :channel {_ONE}",
        {
            "id": blind_id,
            "place": place,
            "at": optional_to_us(at),
            "channel": channel_id,
        },
    )


async def settle(
    tx: Transaction, place: str, shown: Bulletin, *, rests: bool, now: datetime
) -> None:
    """The message is there and shows that; look again if something is new."""
    posted = shown.posted
    await tx.execute(
        f"""UPDATE bulletins SET channel_id = :channel, message_id = :message,
                shown = :digest, generation = :generation, attempts = 0, error = '',
                begun_at = NULL, begun_in = NULL,
                try_at = CASE WHEN :rests AND touched = :touched THEN NULL
                    ELSE :now END {_ONE}""",
        {
            "id": shown.blind_id,
            "place": place,
            "channel": None if posted is None else posted.channel_id,
            "message": None if posted is None else posted.message_id,
            "digest": shown.digest,
            "generation": shown.generation,
            "touched": shown.touched,
            "rests": rests,
            "now": to_us(now),
        },
    )


async def refused(
    tx: Transaction, place: str, blind_id: BlindId, *, error: str, try_at: datetime
) -> None:
    """A try failed."""
    await tx.execute(
        f"""UPDATE bulletins SET attempts = attempts + 1, error = :error,
                try_at = :try_at {_ONE}""",
        {"id": blind_id, "place": place, "error": error, "try_at": to_us(try_at)},
    )


async def hurry(tx: Transaction, place: str, now: datetime) -> None:
    """The place is back: whatever waits for a later try is tried now."""
    await tx.execute(
        "UPDATE bulletins SET try_at = :now WHERE place = :place AND try_at > :now",
        {"place": place, "now": to_us(now)},
    )
