"""Which errors of SQLite mean that nothing can be stored now, and how to say so."""

import sqlite3
from enum import Enum

from bot.errors import Unavailable


class Fault(Enum):
    """What kind of fault keeps everybody from storing anything."""

    #: no room; what is let go of helps
    FULL = "full"
    #: nothing that is stored in this file can be relied on
    DAMAGED = "damaged"
    #: read-only, locked, an error of the disk: it may pass by itself
    PASSING = "passing"


_FAULTS = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_CORRUPT: Fault.DAMAGED,
    sqlite3.SQLITE_NOTADB: Fault.DAMAGED,
}

_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_BUSY: "another program keeps the database locked",
    sqlite3.SQLITE_LOCKED: "the database is locked",
    sqlite3.SQLITE_READONLY: "the database is read-only",
    sqlite3.SQLITE_CANTOPEN: "a file of the database cannot be opened",
    sqlite3.SQLITE_PERM: "the system refuses access to the database",
    sqlite3.SQLITE_PROTOCOL: "the database is locked",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
    sqlite3.SQLITE_INTERRUPT: "it was interrupted",
    sqlite3.SQLITE_CORRUPT: "the database is damaged",
    sqlite3.SQLITE_NOTADB: "the database is damaged",
}


def reason_of(exc: BaseException) -> str | None:
    """Why nobody can store anything now; None: the fault is the statement's own."""
    if isinstance(exc, MemoryError):
        return _REASONS[sqlite3.SQLITE_NOMEM]
    code = getattr(exc, "sqlite_errorcode", None)
    return None if code is None else _REASONS.get(code & 0xFF)


def fault_of(exc: BaseException | None) -> Fault:
    """The kind of fault that an error of SQLite shows."""
    code = getattr(exc, "sqlite_errorcode", None)
    return Fault.PASSING if code is None else _FAULTS.get(code & 0xFF, Fault.PASSING)


def is_readonly(exc: sqlite3.Error) -> bool:
    """Whether it was an attempt to write where nobody may."""
    return exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY


def unavailable(reason: str, cause: BaseException | None = None) -> Unavailable:
    """A fresh exception for one caller."""
    error = Unavailable(f"cannot be stored now: {reason}; try again")
    error.__cause__ = cause
    return error
