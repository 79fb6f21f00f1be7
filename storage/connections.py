"""Connections set up for their part: one that writes, and some that can only read.

Never open a database file (or its -wal and -shm) with open() while SQLite has it open
in this process: closing it drops SQLite's locks (https://sqlite.org/howtocorrupt.html,
2.2). Look at it with stat, change it with chmod.
"""

import sqlite3
from pathlib import Path
from typing import Any, Literal

import aiosqlite

from bot.errors import StorageError
from storage.checkpoints import WAL_BYTES

Durability = Literal["full", "normal"]

#: of SQLite's virtual machine: about a millisecond
_STEPS_BETWEEN_LOOKS = 20_000

_BEGIN = "BEGIN IMMEDIATE"
_SAVEPOINT = "SAVEPOINT unit"
_RELEASE = "RELEASE unit"
_UNDO = "ROLLBACK TO unit"


class LeadInConnection(sqlite3.Connection):
    """Runs what must come before a statement in the same trip as the statement.

    aiosqlite hands each call to a thread and back, which costs as much as the statement
    itself; what opens or ends a transaction needs no trip of its own. `lead_in` is
    touched by the event loop only while no statement is under way.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead_in: list[str] = []

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run the lead-in, then the statement."""
        self._lead()
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        """Run the lead-in, then the statement for each of the parameters."""
        self._lead()
        return super().executemany(sql, parameters)

    def rollback(self) -> None:
        """Forget the lead-in, and undo what there is."""
        self.lead_in.clear()
        super().rollback()

    def _lead(self) -> None:
        for sql in self.lead_in:
            super().execute(sql)
        self.lead_in.clear()


class ReadConnection(LeadInConnection):
    """A connection that reads, and whose statement can be called off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: nobody waits for the statement any more; true also before it has begun,
        #: where `interrupt` would come too early
        self.is_called_off = False
        self.set_progress_handler(lambda: self.is_called_off, _STEPS_BETWEEN_LOOKS)

    def rollback(self) -> None:
        """End the look."""
        self.is_called_off = False
        super().rollback()


class WriteConnection(LeadInConnection):
    """The connection that writes: units in savepoints, many units in a transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_unit = False
        #: what ends the unit before; it goes along with whatever comes next
        self._ending: list[str] = []

    @property
    def is_lost(self) -> bool:
        """Whether a unit has begun its transaction and SQLite has ended it."""
        return self._in_unit and not self.lead_in and not self.in_transaction

    def enter_unit(self) -> None:
        """Open a transaction (if none is) and a savepoint before the next statement."""
        begin = [] if self.in_transaction else [_BEGIN]
        self.lead_in = [*self._ending, *begin, _SAVEPOINT]
        self._in_unit = True

    def leave_unit(self, *, undo: bool) -> None:
        """End the unit, together with the next statement or the commit."""
        self._in_unit = False
        if self.lead_in:  # it ran no statement: there is nothing to end
            self.lead_in.clear()
            return
        self._ending = [_UNDO, _RELEASE] if undo else [_RELEASE]

    def commit(self) -> None:
        """End the last unit, and commit."""
        self.lead_in = [*self._ending]
        self._lead()
        super().commit()

    def rollback(self) -> None:
        """Undo the transaction, unless SQLite has done so by itself."""
        self._in_unit = False
        self._ending.clear()
        super().rollback()

    def _lead(self) -> None:
        if self.lead_in:
            super()._lead()
            self._ending.clear()
        if self._in_unit and not self.in_transaction:
            # SQLite rolled back by itself; from here on each statement would commit
            raise sqlite3.OperationalError("the transaction was rolled back")


async def open_writer(
    path: Path, *, durability: Durability, busy_timeout_ms: int
) -> tuple[aiosqlite.Connection, WriteConnection]:
    """The connection that writes, and what it drives."""
    made: list[WriteConnection] = []

    def factory(*args: Any, **kwargs: Any) -> WriteConnection:
        made.append(WriteConnection(*args, **kwargs))
        return made[-1]

    connection = await aiosqlite.connect(
        path, isolation_level=None, factory=factory, cached_statements=256
    )
    try:
        connection.row_factory = sqlite3.Row
        await _set(connection, "busy_timeout", busy_timeout_ms)
        if await _set(connection, "journal_mode", "WAL") != "wal":
            raise StorageError(
                f"the file system of {path} cannot keep a -wal file (a network share?);"
                " choose another --data-dir"
            )
        await _set(connection, "synchronous", durability.upper())
        await _set(connection, "foreign_keys", "ON")
        await _set(connection, "trusted_schema", "OFF")
        await _set(connection, "wal_autocheckpoint", 0)
        await _set(connection, "journal_size_limit", WAL_BYTES)
        await _set(connection, "temp_store", "MEMORY")
    except BaseException:
        await connection.close()
        raise
    return connection, made[0]


async def open_reader(
    path: Path, *, busy_timeout_ms: int
) -> tuple[aiosqlite.Connection, ReadConnection]:
    """A connection that SQLite itself keeps from writing, and what it drives."""
    made: list[ReadConnection] = []

    def factory(*args: Any, **kwargs: Any) -> ReadConnection:
        made.append(ReadConnection(*args, **kwargs))
        return made[-1]

    uri = f"{path.absolute().as_uri()}?mode=ro"  # noqa: ASYNC240  # asks for cwd only
    connection = await aiosqlite.connect(
        uri,
        uri=True,
        isolation_level=None,
        factory=factory,
        cached_statements=256,
    )
    try:
        connection.row_factory = sqlite3.Row
        await _set(connection, "busy_timeout", busy_timeout_ms)
        await _set(connection, "query_only", "ON")
        await _set(connection, "trusted_schema", "OFF")
        await _set(connection, "temp_store", "MEMORY")
    except BaseException:
        await connection.close()
        raise
    return connection, made[0]


async def _set(connection: aiosqlite.Connection, pragma: str, value: object) -> object:
    """Set a pragma; what SQLite answers, if it does."""
    rows = list(await connection.execute_fetchall(f"PRAGMA {pragma}={value}"))
    return rows[0][0] if rows else None
