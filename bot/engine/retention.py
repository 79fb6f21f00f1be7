"""Removes what was kept long enough, in small steps between the pings."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import storage.retention
from bot.core.kinds import JobId
from bot.engine.context import Context
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: rows removed in one transaction: a ping waits no longer than that takes
AT_ONCE = 500
EVERY = timedelta(hours=1)
#: how soon it is tried again while the disk is full
HURRIED = timedelta(minutes=1)

#: does a part of a pass; True: there may be more
Part = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long things are kept."""

    pings: timedelta = timedelta(days=90)
    pings_per_job: int = 10_000
    #: runs, slots, incidents with all that belongs to them, notices, blind times
    runs: timedelta = timedelta(days=365)


class Retention:
    """One pass an hour over everything, chunk by chunk; idle between."""

    def __init__(self, context: Context, keep: Keep) -> None:
        self._context = context
        self._keep = keep
        self._began = context.clock.now() - EVERY
        self._parts: deque[Part] = deque()
        #: where the pass has come to among the pings
        self._after = 0
        #: jobs with too many pings that are still to be looked at in this pass
        self._busy: dict[JobId, int] = {}
        #: how many pings these had had when there was nothing more to remove
        self._done: dict[JobId, int] = {}
        self.alarm = context.wakes.retention

    async def step(self) -> bool:
        """Remove one chunk; True when there may be more."""
        now = self._context.clock.now()
        if not self._parts and not self._begin(now):
            return False
        if not await self._parts[0]():
            self._parts.popleft()
        return bool(self._parts)

    async def next_at(self) -> datetime | None:
        """When the next pass begins."""
        return self._began + EVERY

    def _begin(self, now: datetime) -> bool:
        every = HURRIED if self._context.wakes.room_is_wanted else EVERY
        if self._began <= now < self._began + every:
            return False
        self._context.wakes.room_is_wanted = False
        self._began, self._after = now, 0
        self._parts = deque([self._old_pings, self._find_busy, self._surplus_pings])
        for kind in storage.retention.KINDS:
            self._parts.append(self._part(kind))
        return True

    async def _old_pings(self) -> bool:
        before = self._context.clock.now() - self._keep.pings

        async def look(q: Queries) -> storage.retention.Window:
            return await storage.retention.old_pings(
                q, before, after=self._after, limit=AT_ONCE
            )

        found = await self._context.db.read(look)
        if found.ids:
            await self._context.db.write(
                lambda tx: storage.retention.remove_pings(tx, found.ids)
            )
        if found.after is None:
            return False
        self._after = found.after
        return True

    async def _find_busy(self) -> bool:
        most = self._keep.pings_per_job

        async def look(q: Queries) -> dict[JobId, int]:
            return dict(await storage.retention.busy_jobs(q, most))

        found = await self._context.db.read(look)
        self._done = {job: n for job, n in self._done.items() if job in found}
        self._busy = {
            job: n for job, n in found.items() if self._done.get(job, -1) != n
        }
        return False

    async def _surplus_pings(self) -> bool:
        if not self._busy:
            return False
        job_id, seen = next(iter(self._busy.items()))

        async def look(q: Queries) -> list[int]:
            return await storage.retention.surplus_pings(
                q, job_id, self._keep.pings_per_job, limit=AT_ONCE
            )

        ids = await self._context.db.read(look)
        if ids:
            await self._context.db.write(
                lambda tx: storage.retention.remove_surplus(tx, ids)
            )
        else:
            self._done[job_id] = seen
            del self._busy[job_id]
        return bool(self._busy)

    def _part(self, kind: str) -> Part:
        async def remove() -> bool:
            before = self._context.clock.now() - self._keep.runs

            async def look(q: Queries) -> bool:
                return await storage.retention.is_there(q, kind, before)

            async def unit(tx: Transaction) -> int:
                return await storage.retention.remove(tx, kind, before, limit=AT_ONCE)

            if not await self._context.db.read(look):
                return False
            return await self._context.db.write(unit) > 0

        return remove
