"""Channels and roles of Discord that somebody has chosen."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from bot.core.choices import Choice, Chosen
from storage.queries import Queries, Transaction
from storage.times import from_us, to_us

_ALL = "SELECT choice, ids, chosen_at, chosen_by FROM choices"


async def load(q: Queries) -> dict[Choice, Chosen]:
    """All of them."""
    return _from_rows(await q.fetch_all(_ALL))


def read(path: Path) -> dict[Choice, Chosen]:
    """All of them in a file, as far as it can be read; for a process of its own.

    It leaves nothing behind: a -wal that belonged to root would stop the server.
    """
    if not path.exists():
        return {}
    in_use = path.with_name(f"{path.name}-wal").exists()
    url = f"{path.absolute().as_uri()}?mode=ro{'' if in_use else '&immutable=1'}"
    try:
        with contextlib.closing(sqlite3.connect(url, uri=True)) as db:
            return _from_rows(db.execute(_ALL).fetchall())
    except sqlite3.Error:
        # of an older version, or damaged: the server says so
        return {}


async def put(tx: Transaction, choice: Choice, chosen: Chosen) -> None:
    """Take the place of what was chosen before."""
    await tx.execute(
        """INSERT INTO choices (choice, ids, chosen_at, chosen_by)
           VALUES (:choice, :ids, :at, :by)
           ON CONFLICT (choice) DO UPDATE SET ids = excluded.ids,
               chosen_at = excluded.chosen_at, chosen_by = excluded.chosen_by""",
        {
            "choice": choice,
            "ids": json.dumps(chosen.ids),
            "at": to_us(chosen.at),
            "by": chosen.by,
        },
    )


async def remove(tx: Transaction, choice: Choice) -> None:
    """Nothing is chosen any more."""
    await tx.execute("DELETE FROM choices WHERE choice = :choice", {"choice": choice})


def _from_rows(rows: Iterable[sqlite3.Row]) -> dict[Choice, Chosen]:
    return {
        Choice(row[0]): Chosen(
            ids=tuple(json.loads(row[1])), at=from_us(row[2]), by=row[3]
        )
        for row in rows
    }
