"""Bounds what the outputs of all runs take together: the oldest go first."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import storage.outputs
from bot.engine.context import Context
from storage.outputs import Kept
from storage.queries import Queries

logger = logging.getLogger(__name__)

#: how often it is looked whether there is too much, if there is anything new
EVERY = timedelta(minutes=1)
#: outputs, and bytes of them, that go in one transaction: a ping waits no longer
AT_ONCE = 200
BYTES_AT_ONCE = 2_000_000


class Outputs:
    """One look at how much there is, and the removal of what is too much."""

    def __init__(self, context: Context, most: int) -> None:
        self._context = context
        self._most = most
        self._looked_at: datetime | None = None
        #: bytes that are still to go
        self._excess = 0
        self.alarm = context.wakes.outputs

    async def step(self) -> bool:
        """Remove one chunk; True when there may be more."""
        if self._excess <= 0 and not await self._look():
            return False
        kept = await self._context.db.read(self._oldest)
        chosen = _chunk(kept, self._excess)
        if not chosen:
            self._excess = 0
            return False
        ids = [each.id for each in chosen]
        await self._context.db.write(lambda tx: storage.outputs.remove(tx, ids))
        self._excess -= sum(each.size for each in chosen)
        logger.info(
            "%s outputs of runs were removed: there is room for %s bytes",
            len(chosen),
            self._most,
            extra={"action": "outputs_removed"},
        )
        return self._excess > 0

    async def next_at(self) -> datetime | None:
        """When to look again; None: nothing is new."""
        is_new = self._context.wakes.outputs_grew and self._looked_at is not None
        return self._looked_at + EVERY if is_new and self._looked_at else None

    async def _look(self) -> bool:
        """Whether there is too much."""
        now, wakes = self._context.clock.now(), self._context.wakes
        last = self._looked_at
        is_soon = last is not None and last <= now < last + EVERY
        if is_soon or not wakes.outputs_grew:
            return False
        self._looked_at, wakes.outputs_grew = now, False
        total = await self._context.db.read(storage.outputs.total)
        self._excess = total - self._most
        return self._excess > 0

    @staticmethod
    async def _oldest(q: Queries) -> list[Kept]:
        return await storage.outputs.oldest(q, AT_ONCE)


def _chunk(kept: Sequence[Kept], excess: int) -> list[Kept]:
    """The first of them, until there is room or the transaction is large enough."""
    chosen: list[Kept] = []
    size = 0
    for each in kept:
        if size >= min(excess, BYTES_AT_ONCE):
            break
        chosen.append(each)
        size += each.size
    return chosen
