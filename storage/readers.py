"""A few connections that can only read, lent for one short look each."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import aiosqlite

from bot.errors import Unavailable
from storage import faults
from storage.connections import ReadConnection, open_reader
from storage.faults import Fault
from storage.queries import Reader
from storage.writer import Watcher

T = TypeVar("T")

_Lent = tuple[aiosqlite.Connection, ReadConnection]


class Readers:
    """Lends connections; each look sees the database as it was at one moment."""

    def __init__(self) -> None:
        self._free: asyncio.LifoQueue[_Lent] = asyncio.LifoQueue()
        self._count = 0
        self._closing = False
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` when a look finds that the database is damaged."""
        self._watchers.append(watcher)

    async def open(self, path: Path, *, count: int, busy_timeout_ms: int) -> None:
        """Open `count` connections."""
        for _ in range(count):
            self._free.put_nowait(
                await open_reader(path, busy_timeout_ms=busy_timeout_ms)
            )
            self._count += 1

    async def read(self, query: Callable[[Reader], Awaitable[T]]) -> T:
        """What `query` returned; it must be short."""
        if self._closing:
            raise Unavailable("shutting down")
        lent = await self._free.get()
        connection, raw = lent
        raw.lead_in = ["BEGIN"]
        reader = Reader(connection)
        try:
            return await query(reader)
        except sqlite3.Error as exc:
            reason = faults.reason_of(exc)
            if reason is None or faults.is_readonly(exc):
                raise
            self._report(faults.fault_of(exc), reason)
            raise Unavailable(f"cannot be read now: {reason}; try again") from exc
        finally:
            reader.end()
            await self._take_back(lent, busy=reader.busy)

    def _report(self, fault: Fault, reason: str) -> None:
        if fault is Fault.DAMAGED:
            for watcher in self._watchers:
                watcher(fault, reason)

    async def _take_back(self, lent: _Lent, *, busy: bool) -> None:
        """End the look; whoever comes next waits until the thread has done so."""
        connection, raw = lent
        raw.is_called_off = busy
        try:
            await connection.rollback()
        finally:
            self._free.put_nowait(lent)

    async def close(self) -> None:
        """Wait for those that are lent, and close all."""
        self._closing = True
        while self._count:
            connection, _ = await self._free.get()
            self._count -= 1
            await connection.close()
