"""Real databases for tests: small schemas, opened and running."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.clock import Clock, SystemClock
from storage.database import MIGRATIONS, Database, Durability, Limits

#: one table, for tests of the machinery
ROWS = "CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE) STRICT;"

_WAL_HEADER = struct.Struct(">8xI4x8s8x")
_FRAME_HEADER = struct.Struct(">4xI8s8x")


def schema(folder: Path, *scripts: str) -> Path:
    """A folder of migrations: 0001, 0002 ... with these texts."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, script in enumerate(scripts, 1):
        (folder / f"{number:04}_step.sql").write_text(script)
    return folder


@asynccontextmanager
async def opened(
    path: Path,
    *,
    clock: Clock | None = None,
    durability: Durability = "full",
    migrations: Traversable = MIGRATIONS,
    limits: Limits | None = None,
) -> AsyncIterator[Database]:
    """An open database whose writer runs until the end of the block."""
    database = await Database.open(
        path,
        clock=clock or SystemClock(),
        durability=durability,
        migrations=migrations,
        limits=limits or Limits(),
    )
    running = asyncio.create_task(database.run(), name="writer")
    try:
        yield database
    finally:
        await database.close()
        await asyncio.wait([running])


def commits(database: Path) -> int:
    """How many commits the -wal file of a database holds."""
    wal = database.with_name(database.name + "-wal")
    content = wal.read_bytes() if wal.exists() else b""
    if not content:
        return 0
    page_size, salt = _WAL_HEADER.unpack_from(content)
    count = 0
    for at in range(_WAL_HEADER.size, len(content), _FRAME_HEADER.size + page_size):
        pages_after_commit, frame_salt = _FRAME_HEADER.unpack_from(content, at)
        count += pages_after_commit > 0 and frame_salt == salt
    return count
