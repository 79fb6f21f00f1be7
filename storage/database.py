"""The store: one door for writes, a few windows to read through."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from importlib import resources as packaged
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from bot.clock import Clock
from storage import backups, files, preparation
from storage.ballast import Ballast
from storage.checkpoints import Checkpoints
from storage.connections import Durability, open_writer
from storage.lanes import Handler, Settled
from storage.queries import Parameters, Queries, Reader, Transaction
from storage.readers import Readers
from storage.units import Unit, Units
from storage.writer import DEFAULTS, Limits, Watcher, Writer

__all__ = [
    "Database",
    "Durability",
    "Limits",
    "Parameters",
    "Queries",
    "Reader",
    "Transaction",
]

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

MIGRATIONS = packaged.files("storage").joinpath("migrations")


class Database:
    """One SQLite file, open; `run` must be running for writes to be answered."""

    def __init__(
        self,
        path: Path,
        writer: Writer,
        readers: Readers,
        *,
        ballast: Ballast,
        resources: AsyncExitStack,
    ) -> None:
        self.path = path
        self.ballast = ballast
        self._writer = writer
        self._readers = readers
        self._resources = resources
        self._closing = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        durability: Durability = "full",
        migrations: Traversable = MIGRATIONS,
        command: str = "cronitor up",
        limits: Limits = DEFAULTS,
        ballast_bytes: int = 0,
        backup_dir: Path | None = None,
    ) -> "Database":
        """Lock, check, upgrade and open the database at `path`, made if not there.

        In the place of a damaged one the newest good backup of `backup_dir` is put.
        Raises StorageError with the reason and the way out. `command` is what the lock
        says about us to the next one.
        """
        path, now = preparation.resolve(path), clock.now()
        ballast = Ballast(path, ballast_bytes)
        async with AsyncExitStack() as resources:
            lock = preparation.lock(path, command=command, now=now)
            resources.callback(lock.release)
            ballast.free_to_open()
            await _in_thread(
                partial(
                    preparation.prepare,
                    path,
                    migrations=migrations,
                    backup_dir=backup_dir or path.with_name("backups"),
                    now=now,
                )
            )
            connection, raw = await open_writer(
                path, durability=durability, busy_timeout_ms=limits.busy_timeout_ms
            )
            resources.push_async_callback(connection.close)
            checkpoints = Checkpoints(connection, files.companions(path)[0])
            resources.push_async_callback(checkpoints.run, "TRUNCATE")
            readers = Readers()
            resources.push_async_callback(readers.close)
            await readers.open(
                path, count=limits.readers, busy_timeout_ms=limits.busy_timeout_ms
            )
            writer = Writer(Units(connection, raw), checkpoints, clock, limits)
            return cls(
                path, writer, readers, ballast=ballast, resources=resources.pop_all()
            )

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of every fault that keeps everybody from storing, at once."""
        self._writer.watch(watcher)
        self._readers.watch(watcher)

    def when_undone(self, forget: Callable[[], None]) -> None:
        """Call this whenever a unit or a transaction is undone, before what follows."""
        self._writer.when_undone(forget)

    def hold(self, reason: str) -> None:
        """Refuse items of batches until `release`; units still go through."""
        self._writer.hold(reason)

    def release(self) -> None:
        """Take items of batches again."""
        self._writer.release()

    async def run(self) -> None:
        """Commit what is handed in, until `close`; the app's task group owns this."""
        await self._writer.run()

    async def write(self, unit: Unit[T]) -> T:
        """Run `unit` in the next group commit; returns what it did, after the commit.

        A unit that raises is undone alone, and its exception comes out here. Raises
        Unavailable when nothing can be stored; then nothing was. A caller that goes
        away does not stop a unit that has begun. No network within, and no `write`.
        """
        return await self._writer.write(unit)

    def batch(
        self, handler: Handler[Item, Result], settled: Settled[Item] | None = None
    ) -> Callable[[Item], asyncio.Future[Result]]:
        """A function that hands one item to `handler`, together with all that wait.

        `handler` answers one result for each item, in order. If it raises, what it did
        is undone and it is called again with each half, down to the item that fails
        alone: it may see an item more than once. The function raises Unavailable at
        once when too much is waiting. `settled` is told what became of all items of a
        commit, before their callers are.
        """
        return self._writer.batch(handler, settled)

    async def read(self, query: Callable[[Reader], Awaitable[T]]) -> T:
        """What `query` returns of the database as it is now; it must be short."""
        return await self._readers.read(query)

    @property
    def busy_s(self) -> float:
        """How many seconds the commit that is under way has taken; 0: none is."""
        return self._writer.busy_s

    async def backup(self, target: Path) -> None:
        """Copy the database to a file while it is in use, checked, mode 0600.

        An older database at `target` is replaced at the very end. Raises Invalid if
        `target` cannot be written, StorageError if the copy is not sound.
        """
        gone = threading.Event()
        await _in_thread(
            partial(backups.copy, self.path, target, stopped=gone.is_set, gentle=True),
            gone.set,
        )

    async def close(self) -> None:
        """Finish what waits, checkpoint, close, unlock; a second call does nothing."""
        async with self._closing:
            await self._writer.stop()
            await self._resources.aclose()


async def _in_thread(
    function: Callable[[], T], stop: Callable[[], None] = lambda: None
) -> T:
    """Run what blocks in a thread, and leave it to no one: a cancelled caller waits."""
    work = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop()
        await asyncio.gather(work, return_exceptions=True)
        raise
