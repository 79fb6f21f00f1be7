"""Mutes: running ones for the rules, ended ones for the record."""

import sqlite3
from datetime import datetime

from bot.core.kinds import MuteId, MuteScope
from bot.core.silencers import Mute
from storage.queries import Queries, Question, Rows, Transaction
from storage.times import from_us, optional_from_us, to_us

_COLUMNS = """id, scope, target, reason, created_by, created_at, until_at,
    until_recovery, ended_at"""


def _from_row(row: sqlite3.Row) -> Mute:
    return Mute(
        id=MuteId(row[0]),
        scope=MuteScope(row[1]),
        target=row[2],
        reason=row[3],
        created_by=row[4],
        created_at=from_us(row[5]),
        until_at=from_us(row[6]),
        until_recovery=bool(row[7]),
        ended_at=optional_from_us(row[8]),
    )


async def insert(tx: Transaction, mute: Mute) -> MuteId:
    """Store a mute; its own id is ignored and the new one returned."""
    rows = await tx.fetch_all(
        """INSERT INTO mutes (scope, target, reason, created_by, created_at, until_at,
               until_recovery)
           VALUES (:scope, :target, :reason, :created_by, :created_at, :until_at,
               :until_recovery)
           RETURNING id""",
        {
            "scope": mute.scope,
            "target": mute.target,
            "reason": mute.reason,
            "created_by": mute.created_by,
            "created_at": to_us(mute.created_at),
            "until_at": to_us(mute.until_at),
            "until_recovery": mute.until_recovery,
        },
    )
    return MuteId(rows[0][0])


def running(now: datetime) -> Question[tuple[Mute, ...]]:
    """Every mute that has not ended, the one that ends first at the head."""
    return Question(
        f"""SELECT {_COLUMNS} FROM mutes
            WHERE ended_at IS NULL AND until_at > :now ORDER BY until_at, id""",
        {"now": to_us(now)},
        _all,
    )


def _all(rows: Rows) -> tuple[Mute, ...]:
    return tuple(_from_row(row) for row in rows)


async def newest(q: Queries, limit: int) -> list[Mute]:
    """Mutes of all states, the newest first."""
    rows = await q.fetch_all(
        f"SELECT {_COLUMNS} FROM mutes ORDER BY id DESC LIMIT :limit",
        {"limit": limit},
    )
    return [_from_row(row) for row in rows]


async def end(tx: Transaction, mute_id: MuteId, now: datetime) -> Mute | None:
    """End a running mute; None when there is none of that id."""
    rows = await tx.fetch_all(
        f"""UPDATE mutes SET ended_at = :now
            WHERE id = :id AND ended_at IS NULL AND until_at > :now
            RETURNING {_COLUMNS}""",
        {"id": mute_id, "now": to_us(now)},
    )
    return _from_row(rows[0]) if rows else None


async def end_of_job(tx: Transaction, slug: str, now: datetime) -> list[Mute]:
    """End every running mute of this job alone; those that it ended, oldest first."""
    return await end_of(tx, MuteScope.JOB, slug, now)


async def end_of(
    tx: Transaction, scope: MuteScope, target: str, now: datetime
) -> list[Mute]:
    """End every running mute of just that; those that it ended, oldest first."""
    rows = await tx.fetch_all(
        f"""UPDATE mutes SET ended_at = :now
            WHERE scope = :scope AND target = :target
              AND ended_at IS NULL AND until_at > :now
            RETURNING {_COLUMNS}""",
        {"scope": scope, "target": target, "now": to_us(now)},
    )
    return sorted(map(_from_row, rows), key=lambda mute: mute.id)


async def rename_target(tx: Transaction, old: str, new: str) -> None:
    """A job has another slug now: its running mutes follow it."""
    await tx.execute(
        """UPDATE mutes SET target = :new
           WHERE scope = 'job' AND target = :old AND ended_at IS NULL""",
        {"old": old, "new": new},
    )
