"""Moves what was committed from the -wal file into the database, between commits."""

import logging
import sqlite3
from pathlib import Path

import aiosqlite

logger = logging.getLogger(__name__)

#: a -wal file that has grown past this is due; what starts it anew cuts it to this
WAL_BYTES = 4 * 1024 * 1024

#: while a reader keeps old pages in use, trying after each commit would be in vain
_COMMITS_BETWEEN = 10


class Checkpoints:
    """Decides when the writer's connection checkpoints; no other connection does."""

    #: how long nothing must be written before a checkpoint of the rest
    IDLE_S = 2.0

    def __init__(self, connection: aiosqlite.Connection, wal: Path) -> None:
        self._connection = connection
        self._wal = wal
        self._commits = 0

    @property
    def is_due_when_idle(self) -> bool:
        """Whether something was committed since the last checkpoint."""
        return self._commits > 0

    async def after_commit(self) -> None:
        """Count a commit, and checkpoint if enough has come together."""
        self._commits += 1
        if self._commits >= _COMMITS_BETWEEN and self._is_large():
            await self.run("PASSIVE")

    async def when_idle(self) -> None:
        """Checkpoint what is left."""
        await self.run("PASSIVE")

    async def run(self, mode: str) -> None:
        """Checkpoint; a failure costs disk space only, and the next one retries."""
        self._commits = 0
        try:
            await self._connection.execute_fetchall(f"PRAGMA wal_checkpoint({mode})")
        except sqlite3.Error as exc:
            logger.warning(
                "checkpoint failed: %s", exc, extra={"action": "checkpoint_failed"}
            )

    def _is_large(self) -> bool:
        try:
            return self._wal.stat().st_size > WAL_BYTES
        except OSError:
            return False
