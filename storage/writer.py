"""Group commit: whatever waits goes into one transaction, and is answered after it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.clock import Clock
from storage import faults
from storage.checkpoints import Checkpoints
from storage.faults import Fault
from storage.lanes import Group, Handler, HandlerLane, Lane, Settled
from storage.queries import Transaction
from storage.units import Lost, Unit, Units

logger = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

#: told at once of every fault that kept a commit from being done, and why
Watcher = Callable[[Fault, str], None]

SHUTTING_DOWN = "shutting down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may wait, and for how long."""

    #: units and items; past it callers get Unavailable
    waiting: int = 10_000
    #: units and items in one commit
    per_commit: int = 1_000
    #: for a lock that another program holds
    busy_timeout_ms: int = 5_000
    readers: int = 2


DEFAULTS = Limits()


class Writer:
    """The queue before the connection that writes, and the task that empties it."""

    def __init__(
        self, units: Units, checkpoints: Checkpoints, clock: Clock, limits: Limits
    ) -> None:
        self._units = units
        self._checkpoints = checkpoints
        self._clock = clock
        self._limits = limits
        self._lanes: deque[Lane] = deque()
        self._waiting = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._ended = asyncio.Event()
        self._failing = False
        #: since when (monotonic) a commit has been under way; None: none is
        self._busy_since: float | None = None
        #: why items of batches are refused; None: they are taken
        self._held: str | None = None
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher`, in the middle of things: it must be quick and not raise."""
        self._watchers.append(watcher)

    def when_undone(self, forget: Callable[[], None]) -> None:
        """Call this whenever something is undone; it must be quick and not raise."""
        self._units.undone = forget

    @property
    def busy_s(self) -> float:
        """How many seconds the commit that is under way has taken; 0: none is."""
        since = self._busy_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def hold(self, reason: str) -> None:
        """Refuse items of batches from now on; units still go through."""
        self._held = reason

    def release(self) -> None:
        """Take items again."""
        self._held = None
        self._note_success()

    async def write(self, unit: Unit[T]) -> T:
        """Run `unit` in the next group commit; what it returned, after the commit."""

        if self._task is not None and asyncio.current_task() is self._task:
            raise RuntimeError("a unit must not wait for another unit")

        async def alone(tx: Transaction, _: list[None]) -> list[T]:
            return [await unit(tx)]

        return await self._add(HandlerLane(alone), None)

    def batch(
        self, handler: Handler[Item, Result], settled: Settled[Item] | None = None
    ) -> Callable[[Item], asyncio.Future[Result]]:
        """A function that queues one item for `handler`, and whose answer to await.

        `settled` is told of items before their callers are, once for all of a commit.
        """
        lane = HandlerLane(handler, settled)

        def submit(item: Item) -> asyncio.Future[Result]:
            if self._held is not None:
                raise faults.unavailable(self._held)
            return self._add(lane, item)

        return submit

    async def run(self) -> None:
        """Empty the queue until `stop` has been called and nothing waits."""
        self._task = asyncio.current_task()
        try:
            while self._lanes or not self._closing:
                if self._lanes:
                    self._busy_since = self._clock.monotonic()
                    await self._commit(self._take())
                    self._busy_since = None
                else:
                    await self._rest()
        finally:
            self._closing = True
            self._refuse_waiting()
            self._ended.set()

    async def stop(self) -> None:
        """Refuse what comes from now on, and return when nothing is under way."""
        self._closing = True
        self._wake.set()
        if self._task is None:
            self._refuse_waiting()
            return
        await self._ended.wait()

    def _add(
        self, lane: HandlerLane[Item, Result], item: Item
    ) -> asyncio.Future[Result]:
        if self._closing:
            raise faults.unavailable(SHUTTING_DOWN)
        if self._waiting >= self._limits.waiting:
            raise faults.unavailable("too much is waiting to be stored")
        if self._loop is None:
            # asking is a system call, to see that the process is the same
            self._loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = self._loop.create_future()
        if not lane:
            self._lanes.append(lane)
        lane.add(item, future)
        self._waiting += 1
        self._wake.set()
        return future

    def _take(self) -> list[Group]:
        """The oldest of what waits, as much as one commit may hold."""
        groups: list[Group] = []
        room = self._limits.per_commit
        while self._lanes and room > 0:
            lane = self._lanes[0]
            count = min(len(lane), room)
            groups.append(lane.take(count))
            room -= count
            if not lane:
                self._lanes.popleft()
        self._waiting -= self._limits.per_commit - room
        return groups

    async def _commit(self, groups: list[Group]) -> None:
        try:
            for group in groups:
                await group.run(self._units)
            await self._units.commit()
        except Lost as exc:
            self._note_failure(str(exc), exc.__cause__)
            await self._undo(groups, str(exc), exc.__cause__)
            return
        except BaseException:
            await self._undo(groups, SHUTTING_DOWN, None)
            raise
        for group in groups:
            group.answer()
        self._note_success()
        await self._checkpoints.after_commit()

    async def _undo(
        self, groups: list[Group], reason: str, cause: BaseException | None
    ) -> None:
        try:
            await self._units.rollback()
        finally:
            _refuse(groups, reason, cause)

    async def _rest(self) -> None:
        """Wait for work; if none comes for a while, tidy up."""
        self._wake.clear()
        if not self._checkpoints.is_due_when_idle:
            await self._wake.wait()
            return
        await self._clock.wait(self._wake, self._checkpoints.IDLE_S)
        if not self._lanes:
            await self._checkpoints.when_idle()

    def _refuse_waiting(self) -> None:
        while self._lanes:
            _refuse(self._take(), SHUTTING_DOWN, None)

    def _note_failure(self, reason: str, cause: BaseException | None) -> None:
        if not self._failing:
            logger.error(
                "nothing can be stored: %s (%s)",
                reason,
                cause,
                extra={"action": "storage_failed"},
            )
        self._failing = True
        for watcher in self._watchers:
            watcher(faults.fault_of(cause), reason)

    def _note_success(self) -> None:
        if self._held is not None:
            return
        if self._failing:
            logger.warning("storing works again", extra={"action": "storage_recovered"})
        self._failing = False


def _refuse(groups: list[Group], reason: str, cause: BaseException | None) -> None:
    for group in groups:
        group.refuse(reason, cause)
