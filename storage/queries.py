"""What storage functions are handed: a look at the database, or a transaction."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Protocol

import aiosqlite

Parameters = Sequence[object] | Mapping[str, object]


class Queries(Protocol):
    """What a function that only reads takes: a Reader or a Transaction."""

    async def fetch_all(self, sql: str, params: Parameters = ()) -> list[sqlite3.Row]:
        """Every row of the answer."""
        ...

    async def fetch_one(self, sql: str, params: Parameters = ()) -> sqlite3.Row | None:
        """The first row of the answer; give the statement a LIMIT."""
        ...


class Reader:
    """One look at the database, at one moment; SQLite refuses it every write.

    A statement costs one trip to the connection's thread, and so does each method.
    One statement at a time; once the unit it was made for has ended, none.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._over = False
        #: a statement is under way, or its caller went away in the middle of it
        self.busy = False

    def end(self) -> None:
        """Refuse every further statement."""
        self._over = True

    async def fetch_all(self, sql: str, params: Parameters = ()) -> list[sqlite3.Row]:
        """Every row of the answer."""
        self._start()
        try:
            rows = await self._connection.execute_fetchall(sql, params)
        except Exception:
            self.busy = False
            raise
        self.busy = False
        return rows  # type: ignore[return-value]  # what sqlite3 gives is a list

    async def fetch_one(self, sql: str, params: Parameters = ()) -> sqlite3.Row | None:
        """The first row of the answer; give the statement a LIMIT."""
        rows = await self.fetch_all(sql, params)
        return rows[0] if rows else None

    def _start(self) -> None:
        if self._over:
            raise RuntimeError("this transaction is over")
        if self.busy:
            raise RuntimeError("one statement at a time in a transaction")
        self.busy = True


class Transaction(Reader):
    """One unit's part of the writer's transaction: it is kept or undone as a whole."""

    async def execute(self, sql: str, params: Parameters = ()) -> int:
        """Run a statement that answers no rows; how many rows it changed."""
        self._start()
        try:
            cursor = await self._connection.execute(sql, params)
        except Exception:
            self.busy = False
            raise
        self.busy = False
        return cursor.rowcount

    async def executemany(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Run a statement once for each of `rows`, in one trip."""
        self._start()
        try:
            await self._connection.executemany(sql, rows)
        except Exception:
            self.busy = False
            raise
        self.busy = False
