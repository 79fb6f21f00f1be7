"""The append-only record of who changed what."""

import json
import sqlite3

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


_COLUMNS = "at, actor_kind, actor, action, subject, before, after"


async def newest(
    q: Queries, limit: int, *, offset: int = 0, subject: str | None = None
) -> list[AuditEntry]:
    """The newest entries, newest first; of one subject (a job's slug) alone, or all."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM audit
            WHERE :subject IS NULL OR subject = :subject
            ORDER BY id DESC LIMIT :limit OFFSET :offset""",
        {"limit": limit, "offset": offset, "subject": subject},
    )
    return [_from_row(row) for row in rows]


async def count(q: Queries, subject: str | None = None) -> int:
    """How many entries there are."""
    row = await q.fetch_one(
        "SELECT count(*) FROM audit WHERE :subject IS NULL OR subject = :subject",
        {"subject": subject},
    )
    return 0 if row is None else int(row[0])


async def newest_change(q: Queries, slug: str) -> AuditEntry | None:
    """The newest change of a job's definition."""
    row = await q.fetch_one(
        f"""SELECT {_COLUMNS} FROM audit
            WHERE subject = :slug AND action = 'job_changed'
            ORDER BY id DESC LIMIT 1""",
        {"slug": slug},
    )
    return None if row is None else _from_row(row)


def _from_row(row: sqlite3.Row) -> AuditEntry:
    return AuditEntry(
        at=from_us(row[0]),
        actor=Actor(kind=ActorKind(row[1]), name=row[2]),
        action=row[3],
        subject=row[4],
        before=json.loads(row[5]),
        after=json.loads(row[6]),
    )
