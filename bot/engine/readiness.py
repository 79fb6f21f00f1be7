"""Whether Cronitor can do its work now; cheap to ask, since anybody may."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import storage.meta
from bot.core.views import moment
from bot.engine.context import Context
from bot.engine.faults import Faults
from bot.engine.health import Health
from bot.engine.loop import Loop
from bot.errors import Unavailable
from storage.queries import Transaction

#: a loop that has not ticked for this long is stuck
STUCK_S = 30.0
#: a store that has not answered by then takes no pings either
WITHIN_S = 5.0
#: a commit that takes longer is a fault
LONG_COMMIT_S = 10.0
#: what a write has shown is told again for so long, without another one
REUSED_S = 1.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of one write."""

    #: monotonic
    at: float
    #: why nothing was stored; None: it was
    reason: str | None = None
    #: the writer has not answered at all
    hangs: bool = False


class Readiness:
    """Answers from a real write; all who ask at the same time share one."""

    def __init__(self, context: Context, faults: Faults, health: Health) -> None:
        self._context = context
        self._faults = faults
        self._loops: tuple[Loop, ...] = ()
        self._stopping = False
        self._looked: _Look | None = None
        self._looking: asyncio.Task[_Look] | None = None
        health.ask("loops", self._stuck)
        health.ask("writer", self._held_up)
        health.ask("stopping", lambda: "the server stops" if self._stopping else None)

    def watching(self, loops: Sequence[Loop]) -> "Readiness":
        """The same, which from now on wants these to tick."""
        self._loops = tuple(loops)
        return self

    def stop(self) -> None:
        """From now on nobody should send anything here."""
        self._stopping = True

    async def check(self) -> None:
        """Return when pings are taken: a write reaches the disk, every loop ticks.

        Raises Unavailable with the reason otherwise.
        """
        if self._stopping:
            raise Unavailable("stopping")
        if self._faults.reason is not None:
            raise Unavailable(f"nothing can be stored: {self._faults.reason}")
        await self._check(lambda look: look.reason is not None)

    async def check_alive(self) -> None:
        """Return unless something hangs, which only another start could mend.

        A disk that is full or broken does not hang: it would be so after a start, too.
        """
        await self._check(lambda look: look.hangs)

    async def _check(self, is_bad: Callable[[_Look], bool]) -> None:
        stuck = self._stuck()
        if stuck is not None:
            raise Unavailable(stuck)
        look = await self._look()
        if is_bad(look):
            raise Unavailable(look.reason)

    def _stuck(self) -> str | None:
        since = self._context.clock.monotonic() - STUCK_S
        stuck = [
            loop.name
            for loop in self._loops
            if loop.ticked_at is not None
            and loop.ticked_at < since
            and not loop.may_take_long
        ]
        return f"stuck: {', '.join(stuck)}" if stuck else None

    def _held_up(self) -> str | None:
        busy_s = self._context.db.busy_s
        if busy_s <= LONG_COMMIT_S:
            return None
        return f"a commit has been under way for {busy_s:.0f} s"

    async def _look(self) -> _Look:
        now = self._context.clock.monotonic()
        if self._looked is not None and now - self._looked.at < REUSED_S:
            return self._looked
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._write(), name="readiness")
        return await asyncio.shield(self._looking)

    async def _write(self) -> _Look:
        reason, hangs = None, False
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._context.db.write(self._note)
        except TimeoutError:
            reason, hangs = f"no write was done within {WITHIN_S:g} s", True
        except Unavailable as exc:
            reason = str(exc)
        at = self._context.clock.monotonic()
        self._looked = _Look(at, reason, hangs)
        return self._looked

    async def _note(self, tx: Transaction) -> None:
        at = moment(self._context.clock.now()) or ""
        await storage.meta.put(tx, "ready_at", at)
