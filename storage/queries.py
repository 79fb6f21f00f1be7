"""What storage functions are handed: a look at the database, or a transaction."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import aiosqlite

Parameters = Sequence[object] | Mapping[str, object]
Rows = list[sqlite3.Row]
A = TypeVar("A")
T = TypeVar("T")
T1 = TypeVar("T1")
T2 = TypeVar("T2")


class Question(NamedTuple, Generic[T]):
    """A statement that reads, and what its rows mean; several go in one trip."""

    sql: str
    params: Parameters
    answer: Callable[[Rows], T]


class Change(NamedTuple):
    """A statement that writes, to be run once for each of the rows."""

    sql: str
    rows: Sequence[Parameters]


async def _in_one_trip(
    connection: aiosqlite.Connection, work: Callable[[A], T], about: A
) -> T:
    """Do more than one thing on the connection's thread; there is no public way."""
    done: T = await connection._execute(work, about)  # type: ignore[no-untyped-call]
    return done


class Queries(Protocol):
    """What a function that only reads takes: a Reader or a Transaction."""

    async def fetch_all(self, sql: str, params: Parameters = ()) -> list[sqlite3.Row]:
        """Every row of the answer."""
        ...

    async def fetch_one(self, sql: str, params: Parameters = ()) -> sqlite3.Row | None:
        """The first row of the answer; give the statement a LIMIT."""
        ...

    async def ask(self, one: Question[T]) -> T:
        """What a single question is answered."""
        ...

    async def ask_three(
        self, one: Question[T], two: Question[T1], three: Question[T2]
    ) -> tuple[T, T1, T2]:
        """What three questions are answered, in one trip."""
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

    async def ask(self, one: Question[T]) -> T:
        """What a single question is answered."""
        return one.answer(await self.fetch_all(one.sql, one.params))

    async def ask_three(
        self, one: Question[T], two: Question[T1], three: Question[T2]
    ) -> tuple[T, T1, T2]:
        """What three questions are answered, in one trip."""
        asked = [(each.sql, each.params) for each in (one, two, three)]
        self._start()
        try:
            found = await _in_one_trip(self._connection, self._answer, asked)
        except Exception:
            self.busy = False
            raise
        self.busy = False
        return one.answer(found[0]), two.answer(found[1]), three.answer(found[2])

    def _answer(self, asked: Sequence[tuple[str, Parameters]]) -> list[Rows]:
        """Runs on the thread of the connection."""
        execute = self._connection._conn.execute
        return [execute(sql, params).fetchall() for sql, params in asked]

    def _start(self) -> None:
        if self._over:
            raise RuntimeError("this transaction is over")
        if self.busy:
            raise RuntimeError("one statement at a time in a transaction")
        self.busy = True


class Transaction(Reader):
    """One unit's part of the writer's transaction: it is kept or undone as a whole.

    `number` counts the units: between two that follow each other nothing was written.
    """

    def __init__(self, connection: aiosqlite.Connection, number: int) -> None:
        super().__init__(connection)
        self.number = number

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

    async def change(self, changes: Sequence[Change]) -> None:
        """Make all these changes, in order and in one trip."""
        self._start()
        try:
            await _in_one_trip(self._connection, self._change, changes)
        except Exception:
            self.busy = False
            raise
        self.busy = False

    def _change(self, changes: Sequence[Change]) -> None:
        """Runs on the thread of the connection."""
        executemany = self._connection._conn.executemany
        for sql, rows in changes:
            executemany(sql, rows)
