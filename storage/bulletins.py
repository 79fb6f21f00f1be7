"""The message that shows a blind time or a storm in a place, and what is left to do."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.core.cards import Posted
from bot.core.kinds import BulletinKind, IncidentId
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = """kind, subject_id, touched, channel_id, message_id, generation, shown,
    attempts, begun_at, begun_in"""
_ONE = "WHERE kind = :kind AND subject_id = :id AND place = :place"
#: its first message, which makes a sound, is not there yet
_IS_LOUD = "message_id IS NULL AND generation = 0"


class Subject(NamedTuple):
    """What a message is about."""

    kind: BulletinKind
    #: of the blind time or the storm
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What a place knows of its message about one subject."""

    subject: Subject
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
        subject=Subject(BulletinKind(row[0]), row[1]),
        touched=row[2],
        posted=None if row[4] is None else Posted(row[3], row[4]),
        generation=row[5],
        digest=row[6],
        attempts=row[7],
        begun_at=optional_from_us(row[8]),
        begun_in=row[9],
    )


def _key(place: str, subject: Subject) -> dict[str, object]:
    return {"kind": subject.kind, "id": subject.id, "place": place}


async def add(tx: Transaction, place: str, subject: Subject, now: datetime) -> None:
    """The subject is to be shown there."""
    await tx.execute(
        """INSERT INTO bulletins (kind, subject_id, place, try_at)
           VALUES (:kind, :id, :place, :now)
           ON CONFLICT (kind, subject_id, place) DO NOTHING""",
        _key(place, subject) | {"now": to_us(now)},
    )


async def reconcile(tx: Transaction, place: str, now: datetime) -> None:
    """What changed while the place was not in use: new storms, and stale messages.

    Storms that were over before the place knew of them are left alone.
    """
    await tx.execute(
        """INSERT INTO bulletins (kind, subject_id, place, try_at)
           SELECT DISTINCT 'storm', storm_id, :place, :now FROM incidents
           WHERE resolved_at IS NULL AND storm_id IS NOT NULL
           ON CONFLICT (kind, subject_id, place) DO NOTHING""",
        {"place": place, "now": to_us(now)},
    )
    await tx.execute(
        """UPDATE bulletins SET try_at = :now, attempts = 0
           WHERE place = :place AND (try_at > :now OR kind = 'storm' AND EXISTS (
               SELECT 1 FROM storm_members m JOIN incidents i ON i.id = m.incident_id
               WHERE m.storm_id = subject_id AND rests_until < max(i.updated_at,
                   coalesce(i.acknowledged_at, 0), coalesce(i.resolved_at, 0))))""",
        {"place": place, "now": to_us(now)},
    )


async def touch(
    tx: Transaction, kind: BulletinKind, ids: Iterable[int], now: datetime
) -> None:
    """Something is new about these: wherever they are shown, look at that now."""
    await tx.execute(
        """UPDATE bulletins SET touched = touched + 1,
               try_at = min(coalesce(try_at, :now), :now)
           WHERE kind = :kind
             AND subject_id IN (SELECT value FROM json_each(:ids))""",
        {"kind": kind, "ids": as_list(ids), "now": to_us(now)},
    )


async def touch_storms_of(
    tx: Transaction, ids: Iterable[IncidentId], now: datetime
) -> None:
    """These incidents have changed: look at the storms that they were ever in."""
    await tx.execute(
        """UPDATE bulletins SET touched = touched + 1,
               try_at = min(coalesce(try_at, :now), :now)
           WHERE kind = 'storm' AND subject_id IN (
               SELECT m.storm_id FROM json_each(:ids) i
               CROSS JOIN storm_members m ON m.incident_id = i.value)""",
        {"ids": as_list(ids), "now": to_us(now)},
    )


async def touch_open_in(
    tx: Transaction, place: str, channel_id: int, now: datetime
) -> None:
    """The channel is gone: storms that are not over must be shown elsewhere."""
    await tx.execute(
        """UPDATE bulletins SET touched = touched + 1, shown = '', try_at = :now
           WHERE place = :place AND channel_id = :channel AND kind = 'storm'
             AND subject_id IN (
                 SELECT storm_id FROM incidents
                 WHERE resolved_at IS NULL AND storm_id IS NOT NULL)""",
        {"place": place, "channel": channel_id, "now": to_us(now)},
    )


async def due(
    q: Queries,
    place: str,
    now: datetime,
    *,
    busy: Iterable[Subject],
    loud_only: bool = False,
    limit: int,
) -> list[Bulletin]:
    """Those that must be looked at, the oldest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM bulletins
            WHERE place = :place AND try_at <= :now AND rests_until <= :now
              AND ({_IS_LOUD}) >= :loud
              AND kind || subject_id NOT IN (SELECT value FROM json_each(:busy))
            ORDER BY kind, subject_id LIMIT :limit""",
        {
            "place": place,
            "now": to_us(now),
            "loud": loud_only,
            "busy": as_list(f"{each.kind}{each.id}" for each in busy),
            "limit": limit,
        },
    )
    return [_from_row(row) for row in rows]


async def next_try(q: Queries, place: str) -> datetime | None:
    """When the first must be looked at."""
    row = await q.fetch_one(
        """SELECT min(max(try_at, rests_until)) FROM bulletins
           WHERE place = :place AND try_at IS NOT NULL""",
        {"place": place},
    )
    return None if row is None or row[0] is None else from_us(row[0])


async def find(q: Queries, place: str, subject: Subject) -> Posted | None:
    """Where the message about it is."""
    row = await q.fetch_one(
        f"SELECT {_COLUMNS} FROM bulletins {_ONE}", _key(place, subject)
    )
    return None if row is None else _from_row(row).posted


async def begin(
    tx: Transaction,
    place: str,
    subject: Subject,
    *,
    at: datetime | None,
    channel_id: int | None,
) -> None:
    """A send begins whose answer is not known yet; None: it is."""
    await tx.execute(
        f"UPDATE bulletins SET begun_at = :at, begun_in = :channel {_ONE}",
        _key(place, subject) | {"at": optional_to_us(at), "channel": channel_id},
    )


async def settle(
    tx: Transaction,
    place: str,
    shown: Bulletin,
    *,
    rests: bool,
    now: datetime,
    rests_until: datetime | None = None,
) -> None:
    """The message is there and shows that; look again if something is new."""
    posted = shown.posted
    await tx.execute(
        f"""UPDATE bulletins SET channel_id = :channel, message_id = :message,
                shown = :digest, generation = :generation, attempts = 0, error = '',
                begun_at = NULL, begun_in = NULL,
                rests_until = coalesce(:rests_until, rests_until),
                try_at = CASE WHEN :rests AND touched = :touched THEN NULL
                    ELSE :now END {_ONE}""",
        _key(place, shown.subject)
        | {
            "channel": None if posted is None else posted.channel_id,
            "message": None if posted is None else posted.message_id,
            "digest": shown.digest,
            "generation": shown.generation,
            "touched": shown.touched,
            "rests": rests,
            "rests_until": optional_to_us(rests_until),
            "now": to_us(now),
        },
    )


async def refused(
    tx: Transaction, place: str, subject: Subject, *, error: str, try_at: datetime
) -> None:
    """A try failed."""
    await tx.execute(
        f"""UPDATE bulletins SET attempts = attempts + 1, error = :error,
                try_at = :try_at {_ONE}""",
        _key(place, subject) | {"error": error, "try_at": to_us(try_at)},
    )


async def hurry(tx: Transaction, place: str, now: datetime) -> None:
    """The place is back: whatever waits for a later try is tried now."""
    await tx.execute(
        "UPDATE bulletins SET try_at = :now WHERE place = :place AND try_at > :now",
        {"place": place, "now": to_us(now)},
    )
