"""The append-only record of who changed what."""

import json

from bot.core.audits import AuditEntry
from bot.core.kinds import ActorKind
from bot.core.models import Actor
from storage.queries import Queries, Transaction
from storage.times import from_us, to_us


async def append(tx: Transaction, entry: AuditEntry) -> None:
    """Add an entry; SQLite refuses to change or remove one."""
    await tx.execute(
        """INSERT INTO audit (at, actor_kind, actor, action, subject, before, after)
           VALUES (:at, :actor_kind, :actor, :action, :subject, :before, :after)""",
        {
            "at": to_us(entry.at),
            "actor_kind": entry.actor.kind,
            "actor": entry.actor.name,
            "action": entry.action,
            "subject": entry.subject,
            "before": json.dumps(entry.before),
            "after": json.dumps(entry.after),
        },
    )


async def newest(q: Queries, limit: int) -> list[AuditEntry]:
    """The newest entries, newest first."""
    rows = await q.fetch_all(
        """SELECT at, actor_kind, actor, action, subject, before, after FROM audit
           ORDER BY id DESC LIMIT :limit""",
        {"limit": limit},
    )
    return [
        AuditEntry(
            at=from_us(row[0]),
            actor=Actor(kind=ActorKind(row[1]), name=row[2]),
            action=row[3],
            subject=row[4],
            before=json.loads(row[5]),
            after=json.loads(row[6]),
        )
        for row in rows
    ]
