"""Maintenance windows: for the rules, and for the record."""

import sqlite3
from datetime import datetime

from bot.core.kinds import ScheduleKind, WindowId, WindowScope
from bot.core.models import Schedule
from bot.core.silencers import Window
from storage.queries import Queries, Question, Rows, Transaction
from storage.times import (
    delta_from_us,
    delta_us,
    from_us,
    optional_from_us,
    optional_to_us,
    to_us,
)

_COLUMNS = """id, name, scope, target, reason, created_by, created_at, starts_at,
    duration, kind, expression, timezone, ended_at"""


def _from_row(row: sqlite3.Row) -> Window:
    return Window(
        id=WindowId(row[0]),
        name=row[1],
        scope=WindowScope(row[2]),
        target=row[3],
        reason=row[4],
        created_by=row[5],
        created_at=from_us(row[6]),
        starts_at=from_us(row[7]),
        duration=delta_from_us(row[8]),
        schedule=Schedule(
            kind=ScheduleKind(row[9]), expression=row[10], timezone=row[11]
        ),
        ended_at=optional_from_us(row[12]),
    )


async def insert(tx: Transaction, window: Window) -> WindowId:
    """Store a window; its own id is ignored and the new one returned."""
    rows = await tx.fetch_all(
        """INSERT INTO maintenance_windows (name, scope, target, reason, created_by,
               created_at, starts_at, duration, kind, expression, timezone, ends_at)
           VALUES (:name, :scope, :target, :reason, :created_by, :created_at,
               :starts_at, :duration, :kind, :expression, :timezone, :ends_at)
           RETURNING id""",
        {
            "name": window.name,
            "scope": window.scope,
            "target": window.target,
            "reason": window.reason,
            "created_by": window.created_by,
            "created_at": to_us(window.created_at),
            "starts_at": to_us(window.starts_at),
            "duration": delta_us(window.duration),
            "kind": window.schedule.kind,
            "expression": window.schedule.expression,
            "timezone": window.schedule.timezone,
            "ends_at": optional_to_us(window.ends_at),
        },
    )
    return WindowId(rows[0][0])


def since(at: datetime) -> Question[tuple[Window, ...]]:
    """Every window that may hold a moment from `at` on, the oldest first."""
    return Question(
        f"""SELECT {_COLUMNS} FROM maintenance_windows
            WHERE ends_at IS NULL OR ends_at > :at ORDER BY id""",
        {"at": to_us(at)},
        _all,
    )


def _all(rows: Rows) -> tuple[Window, ...]:
    return tuple(_from_row(row) for row in rows)


async def newest(q: Queries, limit: int) -> list[Window]:
    """Windows of all states, the newest first."""
    rows = await q.fetch_all(
        f"SELECT {_COLUMNS} FROM maintenance_windows ORDER BY id DESC LIMIT :limit",
        {"limit": limit},
    )
    return [_from_row(row) for row in rows]


async def declared(q: Queries) -> dict[str, Window]:
    """The windows that files declare, also those that are over, by name."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM maintenance_windows
            WHERE name <> '' AND ended_at IS NULL ORDER BY id"""
    )
    return {row[1]: _from_row(row) for row in rows}


async def retire(tx: Transaction, window_id: WindowId, now: datetime) -> None:
    """It is declared no more: what is left of it does not come."""
    await tx.execute(
        """UPDATE maintenance_windows
           SET ended_at = :now, ends_at = min(coalesce(ends_at, :now), :now)
           WHERE id = :id AND ended_at IS NULL""",
        {"id": window_id, "now": to_us(now)},
    )


async def end(tx: Transaction, window_id: WindowId, now: datetime) -> Window | None:
    """End a window that is not over yet; None when there is none of that id."""
    rows = await tx.fetch_all(
        f"""UPDATE maintenance_windows SET ended_at = :now, ends_at = :now
            WHERE id = :id AND (ends_at IS NULL OR ends_at > :now)
            RETURNING {_COLUMNS}""",
        {"id": window_id, "now": to_us(now)},
    )
    return _from_row(rows[0]) if rows else None


async def rename_target(tx: Transaction, old: str, new: str) -> None:
    """A job has another slug now: its windows follow it."""
    await tx.execute(
        """UPDATE maintenance_windows SET target = :new
           WHERE scope = 'job' AND target = :old AND ended_at IS NULL""",
        {"old": old, "new": new},
    )
