"""Reports of days and weeks that were written, one of each."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.periods import PeriodKind
from storage.queries import Queries, Transaction
from storage.times import from_us, optional_from_us, to_us

_COLUMNS = "kind, label, due_at, made_at, late, headline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One report that was written, without its facts."""

    kind: PeriodKind
    label: date
    due_at: datetime
    made_at: datetime
    #: why it came late; empty: in time
    late: str
    headline: str


def _from_row(row: sqlite3.Row) -> Written:
    return Written(
        kind=PeriodKind(row[0]),
        label=date.fromisoformat(row[1]),
        due_at=from_us(row[2]),
        made_at=from_us(row[3]),
        late=row[4],
        headline=row[5],
    )


async def insert(
    tx: Transaction, written: Written, facts: Mapping[str, object]
) -> bool:
    """Store it; False: there is one of this day or week."""
    added = await tx.execute(
        """INSERT INTO summaries (kind, label, due_at, made_at, late, headline, facts)
           VALUES (:kind, :label, :due_at, :made_at, :late, :headline, :facts)
           ON CONFLICT (kind, label) DO NOTHING""",
        {
            "kind": written.kind,
            "label": written.label.isoformat(),
            "due_at": to_us(written.due_at),
            "made_at": to_us(written.made_at),
            "late": written.late,
            "headline": written.headline,
            "facts": json.dumps(facts, separators=(",", ":")),
        },
    )
    return added == 1


async def facts(q: Queries, kind: PeriodKind, label: date) -> dict[str, object] | None:
    """Everything that the report of this day or week knows."""
    row = await q.fetch_one(
        "SELECT facts FROM summaries WHERE kind = :kind AND label = :label",
        {"kind": kind, "label": label.isoformat()},
    )
    if row is None:
        return None
    found: dict[str, object] = json.loads(row[0])
    return found


async def is_there(q: Queries, kind: PeriodKind, label: date) -> bool:
    """Whether this day or week has its report."""
    row = await q.fetch_one(
        "SELECT 1 FROM summaries WHERE kind = :kind AND label = :label",
        {"kind": kind, "label": label.isoformat()},
    )
    return row is not None


async def newest_due(q: Queries, kind: PeriodKind, now: datetime) -> datetime | None:
    """When the newest report was due, of those that were due up to now."""
    row = await q.fetch_one(
        "SELECT max(due_at) FROM summaries WHERE kind = :kind AND due_at <= :now",
        {"kind": kind, "now": to_us(now)},
    )
    return None if row is None else optional_from_us(row[0])


async def newest(
    q: Queries, *, kind: PeriodKind | None = None, limit: int, offset: int = 0
) -> list[Written]:
    """Reports without their facts, the newest day or week first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM summaries
            WHERE :kind IS NULL OR kind = :kind
            ORDER BY label DESC, kind LIMIT :limit OFFSET :offset""",
        {"kind": kind, "limit": limit, "offset": offset},
    )
    return [_from_row(row) for row in rows]
