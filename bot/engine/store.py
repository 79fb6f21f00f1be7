"""The state of the store and of the engine itself."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import storage.meta
import storage.restoration
from bot.core.kinds import NotificationKind
from bot.core.views import moment
from bot.engine.context import Context
from bot.engine.faults import Faults
from bot.engine.loop import Loop
from bot.errors import Unavailable
from storage.database import Database
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: a loop that has not ticked for this long is stuck
STUCK_S = 30.0


class Store:
    """Backup, and whether Cronitor can do its work."""

    def __init__(self, context: Context, faults: Faults, loops: Sequence[Loop]) -> None:
        self._context = context
        self._faults = faults
        self._loops = tuple(loops)

    async def backup(self, target: Path) -> None:
        """Write a checked copy of the database to `target`; raises StorageError."""
        await self._context.db.backup(target)
        logger.info("backup written to %s", target, extra={"action": "backup_written"})

    async def recall(self, key: str) -> str | None:
        """What was kept under a key."""

        async def query(q: Queries) -> str | None:
            return await storage.meta.get(q, key)

        return await self._context.db.read(query)

    async def keep(self, key: str, value: str) -> None:
        """Keep a small value over restarts."""
        if await self.recall(key) == value:
            return

        async def unit(tx: Transaction) -> None:
            await storage.meta.put(tx, key, value)

        await self._context.db.write(unit)

    async def ready(self) -> None:
        """Return when a write reaches the disk and every loop ticks.

        Raises Unavailable with the reason otherwise.
        """
        if self._faults.reason is not None:
            raise Unavailable(f"nothing can be stored: {self._faults.reason}")
        now = self._context.clock.monotonic()
        stuck = [
            loop.name
            for loop in self._loops
            if now - loop.ticked_at > STUCK_S and not loop.may_take_long
        ]
        if stuck:
            raise Unavailable(f"stuck: {', '.join(stuck)}")

        async def unit(tx: Transaction) -> None:
            at = moment(self._context.clock.now()) or ""
            await storage.meta.put(tx, "ready_at", at)

        await self._context.db.write(unit)


async def tell_restored(context: Context) -> None:
    """If a backup took the place of the database, tell every place once."""

    async def unit(tx: Transaction) -> None:
        kept = await storage.meta.get(tx, storage.restoration.TOLD_KEY)
        if kept is None:
            return
        await storage.meta.remove(tx, storage.restoration.TOLD_KEY)
        kind, now = NotificationKind.DATABASE_RESTORED, context.clock.now()
        text = str(json.loads(kept)["text"])
        await context.ledger.announce(tx, kind, text, now)

    await context.db.write(unit)


async def generated(db: Database, key: str, make: str) -> str:
    """The value kept under `key`; `make` is kept and returned if there is none."""

    async def unit(tx: Transaction) -> str:
        kept = await storage.meta.get(tx, key)
        if kept is None:
            await storage.meta.put(tx, key, make)
        return kept or make

    return await db.write(unit)
