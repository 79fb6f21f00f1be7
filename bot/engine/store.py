"""The state of the store and of the engine itself."""

import json
import logging
from datetime import datetime
from pathlib import Path

import storage.meta
import storage.restoration
from bot.core.kinds import NotificationKind
from bot.engine.context import Context
from bot.engine.readiness import Readiness
from storage.database import Database
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)


class Store:
    """Backup, and whether Cronitor can do its work."""

    def __init__(self, context: Context, readiness: Readiness) -> None:
        self._context = context
        self._readiness = readiness

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
        """Return when pings are taken; raises Unavailable with the reason otherwise."""
        await self._readiness.check()


async def tell_restored(context: Context) -> None:
    """If a backup took the place of the database, tell every place once."""

    async def is_untold(q: Queries) -> bool:
        return await storage.meta.get(q, storage.restoration.TOLD_KEY) is not None

    if not await context.db.read(is_untold):
        return

    async def unit(tx: Transaction) -> None:
        kept = await storage.meta.get(tx, storage.restoration.TOLD_KEY)
        if kept is None:
            return
        await storage.meta.remove(tx, storage.restoration.TOLD_KEY)
        kind, now = NotificationKind.DATABASE_RESTORED, context.clock.now()
        text = str(json.loads(kept)["text"])
        await context.ledger.announce(tx, kind, text, now)

    await context.db.write(unit)


async def restored_at(q: Queries) -> datetime | None:
    """When a backup took the place of the database last; None: never."""
    kept = await storage.meta.get(q, storage.restoration.AT_KEY)
    return None if kept is None else datetime.fromisoformat(kept)


async def generated(db: Database, key: str, make: str) -> str:
    """The value kept under `key`; `make` is kept and returned if there is none."""

    async def unit(tx: Transaction) -> str:
        kept = await storage.meta.get(tx, key)
        if kept is None:
            await storage.meta.put(tx, key, make)
        return kept or make

    return await db.write(unit)
