"""What must be said, and where it has been taken: a row for each place."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.models import NotificationId, NotificationKind
from storage.queries import Queries, Transaction
from storage.times import from_us, optional_to_us, to_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A notification on its way to one place."""

    notification_id: NotificationId
    channel: str
    kind: NotificationKind
    at: datetime
    sounds: bool
    #: job and incident as they were when it had to be said
    snapshot: Mapping[str, object]
    attempts: int


async def insert(
    tx: Transaction,
    *,
    job_id: int,
    incident_id: int | None,
    kind: NotificationKind,
    at: datetime,
    sounds: bool,
    snapshot: Mapping[str, object],
    channels: Sequence[str],
) -> NotificationId:
    """Store a notification with a delivery for each of the channels."""
    rows = await tx.fetch_all(
        """INSERT INTO notifications (job_id, incident_id, kind, at, sounds, snapshot)
           VALUES (:job_id, :incident_id, :kind, :at, :sounds, :snapshot)
           RETURNING id""",
        {
            "job_id": job_id,
            "incident_id": incident_id,
            "kind": kind,
            "at": to_us(at),
            "sounds": sounds,
            "snapshot": json.dumps(snapshot),
        },
    )
    notification_id = NotificationId(rows[0][0])
    await tx.executemany(
        """INSERT INTO deliveries (notification_id, channel, try_at)
           VALUES (?, ?, ?)""",
        [(notification_id, channel, to_us(at)) for channel in channels],
    )
    return notification_id


async def waiting(
    q: Queries, channel: str, now: datetime, limit: int
) -> list[Outgoing]:
    """What a channel has to take now, in the order in which it happened."""
    rows = await q.fetch_all(
        """SELECT d.notification_id, d.channel, n.kind, n.at, n.sounds, n.snapshot,
               d.attempts
           FROM deliveries d JOIN notifications n ON n.id = d.notification_id
           WHERE d.channel = :channel AND d.try_at <= :now
           ORDER BY d.notification_id LIMIT :limit""",
        {"channel": channel, "now": to_us(now), "limit": limit},
    )
    return [
        Outgoing(
            notification_id=NotificationId(row[0]),
            channel=row[1],
            kind=NotificationKind(row[2]),
            at=from_us(row[3]),
            sounds=bool(row[4]),
            snapshot=json.loads(row[5]),
            attempts=row[6],
        )
        for row in rows
    ]


async def next_try(q: Queries, channel: str) -> datetime | None:
    """When a channel has to try next."""
    row = await q.fetch_one(
        """SELECT min(try_at) FROM deliveries
           WHERE channel = :channel AND try_at IS NOT NULL""",
        {"channel": channel},
    )
    return None if row is None or row[0] is None else from_us(row[0])


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


async def backlog(q: Queries) -> dict[str, int]:
    """How many notifications wait for each channel."""
    rows = await q.fetch_all(
        """SELECT channel, count(*) FROM deliveries WHERE try_at IS NOT NULL
           GROUP BY channel ORDER BY channel"""
    )
    return {row[0]: row[1] for row in rows}
