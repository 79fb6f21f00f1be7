"""The thread that keeps an incident's story in a place, and what is left to tell."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from bot.core.kinds import IncidentId
from bot.core.models import IncidentEvent
from bot.core.threads import Line, Thread
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = """incident_id, touched, thread_id, told, begun_at, begun_to, closed, gone,
    attempts"""
_ONE = "WHERE incident_id = :id AND place = :place"
#: lines of a story that are read at once
_LINES = 200


def _from_row(row: sqlite3.Row) -> Thread:
    return Thread(
        incident_id=IncidentId(row[0]),
        touched=row[1],
        thread_id=row[2],
        told=row[3],
        begun_at=optional_from_us(row[4]),
        begun_to=row[5],
        is_closed=bool(row[6]),
        is_gone=bool(row[7]),
        attempts=row[8],
    )


async def touch(
    tx: Transaction, place: str, incident_id: IncidentId, now: datetime
) -> None:
    """The card of this incident is there and has changed: so may its story."""
    await tx.execute(
        """INSERT INTO threads (incident_id, place, try_at) VALUES (:id, :place, :now)
           ON CONFLICT (incident_id, place) DO UPDATE SET touched = touched + 1,
               try_at = :now""",
        {"id": incident_id, "place": place, "now": to_us(now)},
    )


async def reconcile(tx: Transaction, place: str, now: datetime) -> None:
    """What may have changed while there were no threads: the open incidents."""
    await tx.execute(
        """INSERT INTO threads (incident_id, place, try_at)
           SELECT c.incident_id, c.place, :now FROM cards c
           JOIN incidents i ON i.id = c.incident_id
           WHERE c.place = :place AND c.message_id IS NOT NULL
             AND i.resolved_at IS NULL
           ON CONFLICT (incident_id, place) DO UPDATE SET try_at = :now""",
        {"place": place, "now": to_us(now)},
    )


async def due(
    q: Queries, place: str, now: datetime, *, busy: Iterable[int], limit: int
) -> list[Thread]:
    """Those that must be looked at now, the longest waiting first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM threads
            WHERE place = :place AND try_at <= :now
              AND incident_id NOT IN (SELECT value FROM json_each(:busy))
            ORDER BY try_at LIMIT :limit""",
        {"place": place, "now": to_us(now), "busy": as_list(busy), "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def next_try(q: Queries, place: str) -> datetime | None:
    """When the first must be looked at."""
    row = await q.fetch_one(
        "SELECT min(try_at) FROM threads WHERE place = ? AND try_at IS NOT NULL",
        (place,),
    )
    return None if row is None or row[0] is None else from_us(row[0])


async def lines(q: Queries, thread: Thread) -> list[Line]:
    """The story after what is told, oldest first; all of it for a new thread."""
    rows = await q.fetch_all(
        """SELECT id, incident_id, at, kind, text, actor FROM incident_events
           WHERE incident_id = :id AND id > :told ORDER BY id LIMIT :limit""",
        {"id": thread.incident_id, "told": thread.told, "limit": _LINES},
    )
    return [
        Line(
            row[0],
            IncidentEvent(
                incident_id=IncidentId(row[1]),
                at=from_us(row[2]),
                kind=row[3],
                text=row[4],
                actor=row[5],
            ),
        )
        for row in rows
    ]


async def made(
    tx: Transaction, place: str, incident_id: IncidentId, thread_id: int
) -> None:
    """There is a thread, with nothing in it that we know of."""
    await tx.execute(
        f"""UPDATE threads SET thread_id = :thread, told = 0, begun_at = NULL,
                begun_to = 0, closed = 0, gone = 0, attempts = 0, error = '' {_ONE}""",
        {"id": incident_id, "place": place, "thread": thread_id},
    )


async def begin(
    tx: Transaction, place: str, incident_id: IncidentId, at: datetime, upto: int
) -> None:
    """A message up to that line begins."""
    await tx.execute(
        f"UPDATE threads SET begun_at = :at, begun_to = :upto {_ONE}",
        {"id": incident_id, "place": place, "at": to_us(at), "upto": upto},
    )


async def unbegin(tx: Transaction, place: str, incident_id: IncidentId) -> None:
    """What was begun has certainly failed."""
    await tx.execute(
        f"UPDATE threads SET begun_at = NULL, begun_to = 0 {_ONE}",
        {"id": incident_id, "place": place},
    )


async def told(tx: Transaction, place: str, incident_id: IncidentId, upto: int) -> None:
    """It tells all up to that line; a closed thread is open again by that."""
    await tx.execute(
        f"""UPDATE threads SET told = :upto, begun_at = NULL, begun_to = 0, closed = 0,
                attempts = 0, error = '' {_ONE}""",
        {"id": incident_id, "place": place, "upto": upto},
    )


async def closed(tx: Transaction, place: str, incident_id: IncidentId) -> None:
    """Nothing more is expected in it."""
    await tx.execute(
        f"UPDATE threads SET closed = 1, attempts = 0, error = '' {_ONE}",
        {"id": incident_id, "place": place},
    )


async def gone(tx: Transaction, place: str, incident_id: IncidentId) -> None:
    """Somebody has deleted it: nothing more is told there."""
    await tx.execute(
        f"""UPDATE threads SET gone = 1, begun_at = NULL, begun_to = 0, try_at = NULL
            {_ONE}""",
        {"id": incident_id, "place": place},
    )


async def wait(
    tx: Transaction, place: str, thread: Thread, until: datetime | None
) -> None:
    """Look again then, unless something has changed meanwhile."""
    await tx.execute(
        f"UPDATE threads SET try_at = :until {_ONE} AND touched = :touched",
        {
            "id": thread.incident_id,
            "place": place,
            "touched": thread.touched,
            "until": optional_to_us(until),
        },
    )


async def refused(
    tx: Transaction,
    place: str,
    incident_id: IncidentId,
    *,
    error: str,
    try_at: datetime,
) -> None:
    """A try failed."""
    await tx.execute(
        f"""UPDATE threads SET attempts = attempts + 1, error = :error,
                try_at = :try_at {_ONE}""",
        {"id": incident_id, "place": place, "error": error, "try_at": to_us(try_at)},
    )


async def hurry(tx: Transaction, place: str, now: datetime) -> None:
    """The place is back: whatever waits for a later try is tried now."""
    await tx.execute(
        "UPDATE threads SET try_at = :now WHERE place = :place AND try_at > :now",
        {"place": place, "now": to_us(now)},
    )
