"""When Cronitor itself could not see, and what of it is still to be told."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from bot.core.blind_times import BATCH, BlindTime, Doubt
from bot.core.kinds import BlindId, BlindReason, Outcome
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import delta_us, from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = "b.id, b.began_at, b.ended_at, b.reason, b.told_at"


def _from_row(row: sqlite3.Row) -> BlindTime:
    return BlindTime(
        id=BlindId(row[0]),
        began_at=from_us(row[1]),
        ended_at=optional_from_us(row[2]),
        reason=BlindReason(row[3]),
        told_at=optional_from_us(row[4]),
    )


async def save_many(
    tx: Transaction, times: Iterable[tuple[BlindTime, datetime | None]]
) -> None:
    """Write these, each with when it is to be told (None: not for its own sake)."""
    await tx.executemany(
        """INSERT INTO blind_times (id, began_at, ended_at, reason, tell_at)
           VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET began_at = excluded.began_at,
               ended_at = excluded.ended_at, tell_at = coalesce(tell_at,
                   CASE WHEN told_at IS NULL THEN excluded.tell_at END)""",
        [
            (
                each.id,
                to_us(each.began_at),
                optional_to_us(each.ended_at),
                each.reason,
                optional_to_us(tell_at),
            )
            for each, tell_at in times
        ],
    )


async def newest(q: Queries, limit: int) -> list[BlindTime]:
    """The newest blind times, those that still are one first, then by their end."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM blind_times b
            ORDER BY b.ended_at IS NULL DESC, b.ended_at DESC, b.id DESC
            LIMIT :limit""",
        {"limit": limit},
    )
    return [_from_row(row) for row in rows]


async def of_period(
    q: Queries, start: datetime, end: datetime, *, limit: int
) -> list[BlindTime]:
    """Those with a moment in [start, end), the newest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM blind_times b
            WHERE b.began_at < :end AND (b.ended_at IS NULL OR b.ended_at >= :start)
            ORDER BY b.began_at DESC, b.id DESC LIMIT :limit""",
        {"start": to_us(start), "end": to_us(end), "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def unseen(tx: Transaction, ids: Iterable[BlindId], now: datetime) -> None:
    """Something has turned unknown because of these: tell it, and what follows soon."""
    await tx.executemany(
        """UPDATE blind_times SET tell_at = CASE WHEN told_at IS NULL THEN ?
               ELSE max(?, told_at + ?) END
           WHERE id = ? AND tell_at IS NULL""",
        [(to_us(now), to_us(now), delta_us(BATCH), each) for each in ids],
    )


async def to_tell(q: Queries, now: datetime, limit: int) -> list[BlindTime]:
    """What is to be told now, the oldest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM blind_times b WHERE b.tell_at <= :now
            ORDER BY b.id LIMIT :limit""",
        {"now": to_us(now), "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def next_telling(q: Queries) -> datetime | None:
    """When there is something to tell next."""
    row = await q.fetch_one("SELECT min(tell_at) FROM blind_times")
    return None if row is None else optional_from_us(row[0])


async def told(tx: Transaction, blind_id: BlindId, now: datetime) -> None:
    """It was told just now."""
    await tx.execute(
        "UPDATE blind_times SET tell_at = NULL, told_at = :now WHERE id = :id",
        {"id": blind_id, "now": to_us(now)},
    )


async def doubts(
    q: Queries, blind_id: BlindId, *, since: datetime | None = None, limit: int
) -> list[Doubt]:
    """What was in doubt because of it, by job and outcome, the most recent first.

    `since`: only what turned unknown after that.
    """
    rows = await q.fetch_all(
        """SELECT j.slug, o.outcome, sum(o.dues), min(o.first_at), max(o.last_at)
           FROM (
               SELECT job_id, outcome, 1 AS dues, due_at AS first_at,
                   due_at AS last_at, decided_at FROM slots
               WHERE blind_id = :id
               UNION ALL
               SELECT job_id, outcome, 1, started_at, started_at, deadline_at FROM runs
               WHERE blind_id = :id AND due_at IS NULL
               UNION ALL
               SELECT job_id, :skipped, dues, first_at, last_at, decided_at
               FROM passed_dues WHERE blind_id = :id AND dues > 0
           ) o JOIN jobs j ON j.id = o.job_id
           WHERE :since IS NULL OR o.decided_at >= :since
           GROUP BY j.id, o.outcome ORDER BY max(o.last_at) DESC, j.slug
           LIMIT :limit""",
        {
            "id": blind_id,
            "since": optional_to_us(since),
            "skipped": Outcome.SKIPPED,
            "limit": limit,
        },
    )
    return [
        Doubt(
            slug=row[0],
            outcome=Outcome(row[1]),
            count=row[2],
            first_at=from_us(row[3]),
            last_at=from_us(row[4]),
        )
        for row in rows
    ]


async def by_ids(q: Queries, ids: Iterable[BlindId]) -> dict[BlindId, BlindTime]:
    """These blind times, by their id."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM blind_times b
            WHERE b.id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {BlindId(row[0]): _from_row(row) for row in rows}
