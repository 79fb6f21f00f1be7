"""Moves what was committed from the -wal file into the database, between commits."""

import logging
import sqlite3

import aiosqlite

logger = logging.getLogger(__name__)

#: about as much -wal as SQLite itself lets grow (1,000 pages)
_COMMITS = 200
_CHANGES = 2_000


class Checkpoints:
    """Decides when the writer's connection checkpoints; no other connection does."""

    #: how long nothing must be written before a checkpoint of the rest
    IDLE_S = 2.0

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._commits = 0
        self._changes_then = connection.total_changes

    @property
    def is_due_when_idle(self) -> bool:
        """Whether something was committed since the last checkpoint."""
        return self._commits > 0

    async def after_commit(self) -> None:
        """Count a commit, and checkpoint if enough has come together."""
        self._commits += 1
        changes = self._connection.total_changes - self._changes_then
        if self._commits >= _COMMITS or changes >= _CHANGES:
            await self.run("PASSIVE")

    async def when_idle(self) -> None:
        """Checkpoint what is left."""
        await self.run("PASSIVE")

    async def run(self, mode: str) -> None:
        """Checkpoint; a failure costs disk space only, and the next one retries."""
        self._commits = 0
        self._changes_then = self._connection.total_changes
        try:
            await self._connection.execute_fetchall(f"PRAGMA wal_checkpoint({mode})")
        except sqlite3.Error as exc:
            logger.warning(
                "checkpoint failed: %s", exc, extra={"action": "checkpoint_failed"}
            )
