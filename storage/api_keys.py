"""Keys of the HTTP API; only their hashes are stored."""

import sqlite3
from datetime import datetime

from bot.core.api_keys import ApiKey
from storage.queries import Queries, Transaction
from storage.times import from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = """id, name, hash, reads_only, created_at, created_by, expires_at,
    last_used_at"""


def _from_row(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        id=row[0],
        name=row[1],
        hash=row[2],
        reads_only=bool(row[3]),
        created_at=from_us(row[4]),
        created_by=row[5],
        expires_at=optional_from_us(row[6]),
        last_used_at=optional_from_us(row[7]),
    )


async def load(q: Queries) -> list[ApiKey]:
    """Every key that was not removed, also those that have expired, by name."""
    rows = await q.fetch_all(
        f"SELECT {_COLUMNS} FROM api_keys WHERE removed_at IS NULL ORDER BY name"
    )
    return [_from_row(row) for row in rows]


async def insert(tx: Transaction, key: ApiKey) -> ApiKey:
    """Store a key; its own id is ignored and it is returned with the new one."""
    rows = await tx.fetch_all(
        f"""INSERT INTO api_keys (name, hash, reads_only, created_at, created_by,
                expires_at)
            VALUES (:name, :hash, :reads_only, :created_at, :created_by, :expires_at)
            RETURNING {_COLUMNS}""",
        {
            "name": key.name,
            "hash": key.hash,
            "reads_only": key.reads_only,
            "created_at": to_us(key.created_at),
            "created_by": key.created_by,
            "expires_at": optional_to_us(key.expires_at),
        },
    )
    return _from_row(rows[0])


async def remove(tx: Transaction, name: str, now: datetime) -> ApiKey | None:
    """Take a key out of use; None when there is none of that name."""
    rows = await tx.fetch_all(
        f"""UPDATE api_keys SET removed_at = :now
            WHERE name = :name AND removed_at IS NULL RETURNING {_COLUMNS}""",
        {"name": name, "now": to_us(now)},
    )
    return _from_row(rows[0]) if rows else None


async def used(tx: Transaction, key_id: int, now: datetime) -> None:
    """Somebody has used it."""
    await tx.execute(
        "UPDATE api_keys SET last_used_at = :now WHERE id = :id",
        {"id": key_id, "now": to_us(now)},
    )
