"""Runs one unit of work in a savepoint of the writer's transaction."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiosqlite

from storage import faults
from storage.connections import WriteConnection
from storage.queries import Transaction

T = TypeVar("T")

Unit = Callable[[Transaction], Awaitable[T]]


class Lost(Exception):
    """The whole transaction is lost, not only the unit that found out."""


class Units:
    """Runs units, one after another, on the one connection that writes."""

    def __init__(self, connection: aiosqlite.Connection, raw: WriteConnection) -> None:
        self._connection = connection
        self._raw = raw
        self._kept = False
        self._count = 0
        #: called as soon as anything is undone; it must be quick and not raise
        self.undone: Callable[[], None] = lambda: None

    async def run(self, unit: Unit[T]) -> T:
        """What the unit returns; if it raises, what it did is undone, and no more.

        Raises Lost when the fault is not the unit's own (disk full, locked, I/O).
        """
        self._raw.enter_unit()
        self._count += 1
        tx = Transaction(self._connection, self._count)
        try:
            result = await unit(tx)
        except asyncio.CancelledError as exc:
            if _is_being_cancelled():
                raise
            await self._leave(tx, exc)
            raise RuntimeError("a unit was cancelled from inside") from exc
        except BaseException as exc:
            await self._leave(tx, exc)
            raise
        await self._leave(tx, None)
        self._kept = True
        return result

    async def commit(self) -> None:
        """Make what the units did durable; if all failed, there is nothing to sync."""
        kept, self._kept = self._kept, False
        try:
            if not self._raw.in_transaction:
                return
            await (self._connection.commit() if kept else self._connection.rollback())
        except Exception as exc:
            raise Lost(faults.reason_of(exc) or str(exc)) from exc

    async def rollback(self) -> None:
        """Undo what the units did; an error counts only if something is left open."""
        self._kept = False
        self.undone()
        try:
            await self._connection.rollback()
        except sqlite3.Error:
            if self._raw.in_transaction:
                raise

    async def _leave(self, tx: Transaction, exc: BaseException | None) -> None:
        tx.end()
        if exc is not None:
            self.undone()
        if tx.busy:  # it went away in the middle of a statement: wait for that
            await self._connection.set_progress_handler(None, 0)  # type: ignore[arg-type]
        reason = exc and faults.reason_of(exc)
        if reason or self._raw.is_lost:
            raise Lost(reason or "the transaction was rolled back") from exc
        self._raw.leave_unit(undo=exc is not None)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
