"""The message that shows an incident in a place, and what is left to do there."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.core.cards import Begun, Owed, Posted, Shown
from bot.core.kinds import IncidentId, NotificationId, NotificationKind
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_to_us, to_us

_COLUMNS = """c.incident_id, c.touched, c.channel_id, c.message_id, c.begun_at,
    c.begun_in, c.begun_covers, c.begun_sound, c.generation, c.shown, c.attempts"""

_TOUCH = """INSERT INTO cards (incident_id, place, try_at, loud) VALUES (?, ?, ?, ?)
    ON CONFLICT (incident_id, place) DO UPDATE SET touched = touched + 1,
        loud = max(loud, excluded.loud),
        try_at = min(coalesce(try_at, excluded.try_at), excluded.try_at)"""

_NONE: Mapping[IncidentId | None, int] = {}
#: nothing was begun any more
_SETTLED = "begun_at = NULL, begun_in = NULL, begun_covers = 0, begun_sound = 0"

#: how loud a card is that has a sound to make, and one that is critical as well
LOUD, CRITICAL = 1, 2
#: how loud it is by the sounds that still wait
_LOUD = """(EXISTS (
    SELECT 1 FROM notifications n JOIN deliveries d ON d.notification_id = n.id
    WHERE n.incident_id = cards.incident_id AND d.channel = cards.place
      AND d.try_at IS NOT NULL)
    * (1 + EXISTS (SELECT 1 FROM incidents i
        WHERE i.id = cards.incident_id AND i.severity = 'critical')))"""


def _from_row(row: sqlite3.Row) -> Shown:
    return Shown(
        incident_id=IncidentId(row[0]),
        touched=row[1],
        posted=None if row[3] is None else Posted(row[2], row[3]),
        begun=None if row[4] is None else _begun(row),
        generation=row[8],
        digest=row[9],
        attempts=row[10],
    )


def _begun(row: sqlite3.Row) -> Begun:
    return Begun(
        at=from_us(row[4]),
        channel_id=row[5],
        covers=NotificationId(row[6]) if row[6] else None,
        is_sound=bool(row[7]),
    )


async def touch_many(
    tx: Transaction,
    place: str,
    ids: Iterable[IncidentId],
    *,
    loud: Mapping[IncidentId | None, int] = _NONE,
    now: datetime,
) -> None:
    """These incidents have changed: what shows them is to be looked at now.

    `loud`: LOUD or CRITICAL, for those that have a sound to make.
    """
    at = to_us(now)
    await tx.executemany(_TOUCH, [(i, place, at, loud.get(i, 0)) for i in ids])


async def touch_open_in(
    tx: Transaction, place: str, channel_id: int, now: datetime
) -> None:
    """The channel is gone: the cards of open incidents must be shown elsewhere."""
    await tx.execute(
        """UPDATE cards SET touched = touched + 1, shown = '', try_at = :now
           WHERE place = :place AND channel_id = :channel AND incident_id IN (
               SELECT id FROM incidents WHERE resolved_at IS NULL)""",
        {"place": place, "channel": channel_id, "now": to_us(now)},
    )


async def reconcile(tx: Transaction, place: str, now: datetime) -> None:
    """What changed while the place was not in use: open incidents, and stale cards.

    Incidents that ended before the place knew of them are left alone.
    """
    await tx.execute(
        """INSERT INTO cards (incident_id, place, try_at)
           SELECT id, :place, :now FROM incidents WHERE resolved_at IS NULL
           ON CONFLICT (incident_id, place) DO NOTHING""",
        {"place": place, "now": to_us(now)},
    )
    await tx.execute(
        """UPDATE cards SET try_at = :now, attempts = 0 WHERE place = :place
             AND (try_at > :now OR shown_revision < (
                 SELECT revision FROM incidents i WHERE i.id = cards.incident_id))""",
        {"place": place, "now": to_us(now)},
    )


async def due(
    q: Queries,
    place: str,
    now: datetime,
    *,
    busy: Iterable[IncidentId] = (),
    loud: int = 0,
    limit: int,
) -> list[IncidentId]:
    """Incidents whose card must be looked at and is so loud, the loudest first."""
    rows = await q.fetch_all(
        """SELECT incident_id FROM cards
           WHERE place = :place AND try_at <= :now AND loud >= :loud
             AND incident_id NOT IN (SELECT value FROM json_each(:busy))
           ORDER BY loud DESC, try_at LIMIT :limit""",
        {
            "place": place,
            "now": to_us(now),
            "busy": as_list(busy),
            "loud": loud,
            "limit": limit,
        },
    )
    return [IncidentId(row[0]) for row in rows]


async def next_try(q: Queries, place: str) -> datetime | None:
    """When the first card must be looked at."""
    row = await q.fetch_one(
        """SELECT min(try_at) FROM cards
           WHERE place = :place AND try_at IS NOT NULL""",
        {"place": place},
    )
    return None if row is None or row[0] is None else from_us(row[0])


async def load(
    q: Queries, place: str, ids: Iterable[IncidentId]
) -> dict[IncidentId, Shown]:
    """What the place knows of these."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM cards c
            WHERE c.place = :place
              AND c.incident_id IN (SELECT value FROM json_each(:ids))""",
        {"place": place, "ids": as_list(ids)},
    )
    return {IncidentId(row[0]): _from_row(row) for row in rows}


async def owed(
    q: Queries, place: str, ids: Iterable[IncidentId]
) -> dict[IncidentId, list[Owed]]:
    """What the place has not taken yet, the oldest first."""
    rows = await q.fetch_all(
        """SELECT n.incident_id, n.id, n.kind FROM json_each(:ids) i
           CROSS JOIN notifications n ON n.incident_id = i.value
           CROSS JOIN deliveries d ON d.notification_id = n.id AND d.channel = :place
           WHERE d.try_at IS NOT NULL ORDER BY n.id""",
        {"place": place, "ids": as_list(ids)},
    )
    found: dict[IncidentId, list[Owed]] = {}
    for row in rows:
        one = Owed(NotificationId(row[1]), NotificationKind(row[2]))
        found.setdefault(IncidentId(row[0]), []).append(one)
    return found


async def begin(
    tx: Transaction, place: str, sends: Sequence[tuple[IncidentId, Begun]]
) -> None:
    """These sends begin now; the moment of an earlier one with no answer stays."""
    await tx.executemany(
        """UPDATE cards SET begun_at = ?, begun_in = ?, begun_covers = ?,
               begun_sound = ? WHERE incident_id = ? AND place = ?""",
        [
            (
                to_us(begun.at),
                begun.channel_id,
                begun.covers or 0,
                begun.is_sound,
                incident_id,
                place,
            )
            for incident_id, begun in sends
        ],
    )


async def posted(
    tx: Transaction, place: str, shown: Shown, revision: int, now: datetime
) -> None:
    """The message of `shown.posted` is there and shows `shown.digest`."""
    assert shown.posted is not None
    await tx.execute(
        f"""UPDATE cards SET channel_id = :channel, message_id = :message,
                posted_at = coalesce(posted_at, :now), shown = :digest,
                shown_revision = :revision, {_SETTLED}
            WHERE incident_id = :id AND place = :place""",
        {
            "id": shown.incident_id,
            "place": place,
            "channel": shown.posted.channel_id,
            "message": shown.posted.message_id,
            "digest": shown.digest,
            "revision": revision,
            "now": to_us(now),
        },
    )


async def unbegin(tx: Transaction, place: str, incident_id: IncidentId) -> None:
    """The answer to what was begun is known now."""
    await tx.execute(
        f"UPDATE cards SET {_SETTLED} WHERE incident_id = :id AND place = :place",
        {"id": incident_id, "place": place},
    )


async def lose(tx: Transaction, place: str, incident_id: IncidentId) -> None:
    """The message is not there any more: the next one is another."""
    await tx.execute(
        f"""UPDATE cards SET channel_id = NULL, message_id = NULL, shown = '',
                generation = generation + 1, {_SETTLED}
            WHERE incident_id = :id AND place = :place""",
        {"id": incident_id, "place": place},
    )


async def settle(
    tx: Transaction, place: str, shown: Shown, *, rests: bool, now: datetime
) -> None:
    """A try went well: look again if there is more to do, or it changed meanwhile."""
    await tx.execute(
        f"""UPDATE cards SET attempts = 0, error = '', loud = {_LOUD},
                try_at = CASE WHEN :rests AND touched = :touched AND {_LOUD} = 0
                    THEN NULL ELSE :now END
            WHERE incident_id = :id AND place = :place""",
        {
            "id": shown.incident_id,
            "place": place,
            "touched": shown.touched,
            "rests": rests,
            "now": to_us(now),
        },
    )


async def refused(
    tx: Transaction,
    place: str,
    incident_id: IncidentId,
    *,
    error: str,
    try_at: datetime | None,
) -> None:
    """A try failed; None as the next time gives up until the incident changes."""
    await tx.execute(
        """UPDATE cards SET attempts = attempts + 1, error = :error, try_at = :try_at
           WHERE incident_id = :id AND place = :place""",
        {
            "id": incident_id,
            "place": place,
            "error": error,
            "try_at": optional_to_us(try_at),
        },
    )


async def hurry(tx: Transaction, place: str, now: datetime) -> None:
    """The place is back: whatever waits for a later try is tried now."""
    await tx.execute(
        "UPDATE cards SET try_at = :now WHERE place = :place AND try_at > :now",
        {"place": place, "now": to_us(now)},
    )


async def find(q: Queries, place: str, incident_id: IncidentId) -> Posted | None:
    """Where the card of an incident is."""
    shown = await load(q, place, [incident_id])
    return shown[incident_id].posted if incident_id in shown else None


async def backlog(q: Queries, place: str) -> int:
    """How many cards are not up to date."""
    row = await q.fetch_one(
        "SELECT count(*) FROM cards WHERE place = :place AND try_at IS NOT NULL",
        {"place": place},
    )
    return 0 if row is None else int(row[0])
