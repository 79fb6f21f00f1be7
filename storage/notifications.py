"""What must be said, and where it has been taken: a row for each place."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.core.kinds import IncidentId, NotificationId, NotificationKind
from bot.core.models import Notification, Outgoing
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, optional_to_us, to_us

#: job and incident as they were when it had to be said
Snapshot = Mapping[str, object]


#: of one incident the oldest goes first, so that no end is told before its beginning
_FIRST = """NOT EXISTS (
    SELECT 1 FROM notifications earlier
    JOIN deliveries w ON w.notification_id = earlier.id
    WHERE earlier.incident_id = n.incident_id AND earlier.id < n.id
      AND w.channel = d.channel AND w.try_at IS NOT NULL)"""


async def insert_many(
    tx: Transaction, told: Sequence[tuple[Notification, Snapshot, Sequence[str]]]
) -> None:
    """Store notifications with their snapshots, and a delivery for each channel."""
    await tx.executemany(
        """INSERT INTO notifications (id, job_id, incident_id, kind, at, sounds,
               snapshot)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        [_values(notification, snapshot) for notification, snapshot, _ in told],
    )
    await tx.executemany(
        """INSERT INTO deliveries (notification_id, channel, try_at)
           VALUES (?, ?, ?)""",
        [
            (notification.id, channel, to_us(notification.at))
            for notification, _, channels in told
            for channel in channels
        ],
    )


def _values(notification: Notification, snapshot: Snapshot) -> tuple[object, ...]:
    return (
        notification.id,
        notification.job_id,
        notification.incident_id,
        notification.kind,
        to_us(notification.at),
        notification.sounds,
        json.dumps(snapshot),
    )


async def waiting(
    q: Queries, channel: str, now: datetime, limit: int
) -> list[Outgoing]:
    """What a channel has to take now, in the order in which it happened."""
    rows = await q.fetch_all(
        f"""SELECT d.notification_id, d.channel, n.kind, n.at, n.sounds, n.snapshot,
               d.attempts, d.begun_at, d.begun_in
           FROM deliveries d JOIN notifications n ON n.id = d.notification_id
           WHERE d.channel = :channel AND d.try_at <= :now
             AND {_FIRST}
           ORDER BY d.notification_id LIMIT :limit""",
        {"channel": channel, "now": to_us(now), "limit": limit},
    )
    return [_outgoing(row) for row in rows]


def _outgoing(row: sqlite3.Row) -> Outgoing:
    return Outgoing(
        notification_id=NotificationId(row[0]),
        channel=row[1],
        kind=NotificationKind(row[2]),
        at=from_us(row[3]),
        sounds=bool(row[4]),
        snapshot=json.loads(row[5]),
        attempts=row[6],
        begun_at=optional_from_us(row[7]),
        begun_in=row[8],
    )


async def next_try(q: Queries, channel: str) -> datetime | None:
    """When a channel has to try next."""
    row = await q.fetch_one(
        f"""SELECT d.try_at FROM deliveries d
            JOIN notifications n ON n.id = d.notification_id
            WHERE d.channel = :channel AND d.try_at IS NOT NULL AND {_FIRST}
            ORDER BY d.try_at LIMIT 1""",
        {"channel": channel},
    )
    return None if row is None else from_us(row[0])


async def notices(
    q: Queries,
    channel: str,
    now: datetime,
    *,
    busy: Sequence[int],
    limit: int,
    reports: bool = False,
) -> list[Outgoing]:
    """What a place with cards has to take now that is about no incident.

    Reports come last: nobody is waiting for them. `reports`: these alone.
    """
    rows = await q.fetch_all(
        """SELECT d.notification_id, d.channel, n.kind, n.at, n.sounds, n.snapshot,
               d.attempts, d.begun_at, d.begun_in
           FROM deliveries d JOIN notifications n ON n.id = d.notification_id
           WHERE d.channel = :channel AND d.try_at <= :now AND n.incident_id IS NULL
             AND n.id NOT IN (SELECT value FROM json_each(:busy))
             AND (NOT :reports OR n.kind = 'summary')
           ORDER BY n.kind = 'summary', d.notification_id LIMIT :limit""",
        {
            "channel": channel,
            "now": to_us(now),
            "busy": as_list(busy),
            "limit": limit,
            "reports": reports,
        },
    )
    return [_outgoing(row) for row in rows]


async def next_notice(
    q: Queries, channel: str, *, reports: bool = False
) -> datetime | None:
    """When a place with cards has to try next what is about no incident."""
    row = await q.fetch_one(
        """SELECT min(d.try_at) FROM deliveries d
           JOIN notifications n ON n.id = d.notification_id
           WHERE d.channel = :channel AND d.try_at IS NOT NULL
             AND n.incident_id IS NULL AND (NOT :reports OR n.kind = 'summary')""",
        {"channel": channel, "reports": reports},
    )
    return None if row is None or row[0] is None else from_us(row[0])


async def park_unreadable(tx: Transaction, channel: str, error: str) -> list[int]:
    """Give up what waits for a channel and cannot be read; their numbers."""
    rows = await tx.fetch_all(
        """UPDATE deliveries SET try_at = NULL, error = :error
           WHERE channel = :channel AND try_at IS NOT NULL AND notification_id IN (
               SELECT id FROM notifications
               WHERE NOT json_valid(snapshot)
                  OR kind NOT IN (SELECT value FROM json_each(:kinds)))
           RETURNING notification_id""",
        {"channel": channel, "error": error, "kinds": as_list(NotificationKind)},
    )
    return [row[0] for row in rows]


async def hurry(tx: Transaction, channel: str, now: datetime) -> None:
    """The place is back: whatever waits for a later try is tried now."""
    await tx.execute(
        """UPDATE deliveries SET try_at = :now
           WHERE channel = :channel AND try_at > :now""",
        {"channel": channel, "now": to_us(now)},
    )


async def begin(
    tx: Transaction,
    notification_id: NotificationId,
    channel: str,
    *,
    at: datetime | None,
    channel_id: int | None,
) -> None:
    """A send begins whose answer is not known yet; None: it is."""
    await tx.execute(
        """UPDATE deliveries SET begun_at = :at, begun_in = :channel_id
           WHERE notification_id = :id AND channel = :channel""",
        {
            "id": notification_id,
            "channel": channel,
            "at": optional_to_us(at),
            "channel_id": channel_id,
        },
    )


async def said(
    tx: Transaction,
    incident_id: IncidentId,
    channel: str,
    newest: NotificationId,
    now: datetime,
) -> None:
    """The place has told of an incident all that was owed up to `newest`."""
    await tx.execute(
        """UPDATE deliveries SET try_at = NULL, delivered_at = :now,
               attempts = attempts + 1, error = ''
           WHERE channel = :channel AND try_at IS NOT NULL AND notification_id IN (
               SELECT id FROM notifications
               WHERE incident_id = :incident AND id <= :newest)""",
        {
            "incident": incident_id,
            "channel": channel,
            "newest": newest,
            "now": to_us(now),
        },
    )


async def reached(
    tx: Transaction, ids: Iterable[NotificationId], whom: str, now: datetime
) -> None:
    """Somebody beside a place has heard of these: they are delivered to him as well."""
    await tx.executemany(
        """INSERT INTO deliveries (notification_id, channel, attempts, delivered_at)
           VALUES (?, ?, 1, ?) ON CONFLICT DO NOTHING""",
        [(each, whom, to_us(now)) for each in ids],
    )


async def who_was_reached(
    q: Queries, ids: Iterable[NotificationId]
) -> set[tuple[NotificationId, str]]:
    """Which of these was delivered where."""
    rows = await q.fetch_all(
        """SELECT notification_id, channel FROM deliveries
           WHERE notification_id IN (SELECT value FROM json_each(:ids))
             AND delivered_at IS NOT NULL""",
        {"ids": as_list(ids)},
    )
    return {(NotificationId(row[0]), row[1]) for row in rows}


async def delivered(
    tx: Transaction, ids: Sequence[NotificationId], channel: str, now: datetime
) -> None:
    """The place has said that it took these."""
    await tx.executemany(
        """UPDATE deliveries SET try_at = NULL, delivered_at = ?,
               attempts = attempts + 1, error = ''
           WHERE notification_id = ? AND channel = ? AND try_at IS NOT NULL""",
        [(to_us(now), notification_id, channel) for notification_id in ids],
    )


async def refused(
    tx: Transaction,
    notification_id: NotificationId,
    channel: str,
    *,
    error: str,
    try_at: datetime | None,
) -> None:
    """The place did not take it; None as the next time gives up."""
    await tx.execute(
        """UPDATE deliveries SET try_at = :try_at, attempts = attempts + 1,
               error = :error
           WHERE notification_id = :id AND channel = :channel
             AND try_at IS NOT NULL""",
        {
            "id": notification_id,
            "channel": channel,
            "error": error,
            "try_at": optional_to_us(try_at),
        },
    )


async def overdue(q: Queries, before: datetime) -> dict[str, tuple[int, datetime]]:
    """How many wait for each channel since before this moment, and the oldest."""
    rows = await q.fetch_all(
        """SELECT d.channel, count(*), min(n.at) FROM deliveries d
           JOIN notifications n ON n.id = d.notification_id
           WHERE d.try_at IS NOT NULL AND n.at < :before
           GROUP BY d.channel ORDER BY d.channel""",
        {"before": to_us(before)},
    )
    return {row[0]: (row[1], from_us(row[2])) for row in rows}


async def backlog(q: Queries) -> dict[str, int]:
    """How many notifications wait for each channel."""
    rows = await q.fetch_all(
        """SELECT channel, count(*) FROM deliveries WHERE try_at IS NOT NULL
           GROUP BY channel ORDER BY channel"""
    )
    return {row[0]: row[1] for row in rows}
