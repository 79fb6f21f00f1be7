"""Moves what was committed from the -wal file into the database, between commits."""

import logging
import os
import sqlite3
from pathlib import Path

import aiosqlite

logger = logging.getLogger(__name__)

#: a -wal file that has grown past this is due, as with SQLite's own 1,000 pages; the
#: commit that starts it anew cuts it to this (journal_size_limit)
WAL_BYTES = 4 * 1024 * 1024


class Checkpoints:
    """Decides when the writer's connection checkpoints; no other connection does."""

    #: how long nothing must be written before a checkpoint of the rest
    IDLE_S = 2.0

    def __init__(self, connection: aiosqlite.Connection, wal: Path) -> None:
        self._connection = connection
        self._path = str(wal)
        #: something was committed since the last checkpoint
        self.is_due_when_idle = False
        self._failing = False

    async def after_commit(self) -> None:
        """Checkpoint if enough has come together."""
        self.is_due_when_idle = True
        if self._is_large():
            await self.run("PASSIVE")

    async def when_idle(self) -> None:
        """Checkpoint what is left."""
        await self.run("PASSIVE")

    async def run(self, mode: str) -> None:
        """Checkpoint; a failure costs disk space only, and the next one retries."""
        self.is_due_when_idle = False
        try:
            await self._connection.execute_fetchall(f"PRAGMA wal_checkpoint({mode})")
        except sqlite3.Error as exc:
            if not self._failing:
                logger.warning(
                    "checkpoint failed: %s", exc, extra={"action": "checkpoint_failed"}
                )
            self._failing = True
            return
        self._failing = False

    def _is_large(self) -> bool:
        try:
            return os.stat(self._path).st_size > WAL_BYTES  # thrice as fast
        except OSError:
            return False
