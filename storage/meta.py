"""A few values that belong to this database: the generated ping key and the like."""

from storage.queries import Queries, Transaction


async def get(q: Queries, key: str) -> str | None:
    """The value of a key, or None."""
    row = await q.fetch_one("SELECT value FROM meta WHERE key = :key", {"key": key})
    return None if row is None else str(row[0])


async def put(tx: Transaction, key: str, value: str) -> None:
    """Set the value of a key."""
    await tx.execute(
        """INSERT INTO meta (key, value) VALUES (:key, :value)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value""",
        {"key": key, "value": value},
    )


async def last_id(q: Queries, table: str) -> int:
    """The highest number that a table has ever given out, 0 for none."""
    row = await q.fetch_one(
        "SELECT seq FROM sqlite_sequence WHERE name = :table", {"table": table}
    )
    return 0 if row is None else int(row[0])


async def remove(tx: Transaction, key: str) -> None:
    """Forget a key."""
    await tx.execute("DELETE FROM meta WHERE key = :key", {"key": key})
