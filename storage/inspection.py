"""What is in a database file: whether it may be used, and how much it holds."""

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import StorageError
from storage import migrate
from storage.times import from_us

_COUNTED = ("jobs", "pings", "incidents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A sound database in numbers."""

    version: int
    #: rows by table; a table that an old schema had not has none
    counts: Mapping[str, int]
    newest_ping_at: datetime | None


def inspect(path: Path, newest_version: int) -> Contents:
    """Look through all of a file; raises StorageError if it must not be used.

    Only for a file that nobody has open: see storage/connections.py.
    """
    try:
        with contextlib.closing(_open(path)) as db:
            _refuse_damaged(db)
            version = _refuse_strange(db, newest_version)
            return _contents(db, version)
    except sqlite3.Error as exc:
        raise StorageError(f"it cannot be read: {exc}") from exc


def count(path: Path) -> Contents | None:
    """What a file that may be damaged or absent says of itself, without a check."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(_open(path)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            return _contents(db, version)
    except sqlite3.Error:
        return None


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _refuse_damaged(db: sqlite3.Connection) -> None:
    (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise StorageError(f"it is damaged: {verdict}")


def _refuse_strange(db: sqlite3.Connection, newest_version: int) -> int:
    (mark,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if mark != migrate.APPLICATION_ID:
        raise StorageError("it is no database of Cronitor")
    if version > newest_version:
        raise StorageError(
            f"it has schema version {version}, and this cronitor knows versions up "
            f"to {newest_version}: install the newer cronitor again"
        )
    return int(version)


def _contents(db: sqlite3.Connection, version: int) -> Contents:
    there = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
    counts = {
        table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if table in there
        else 0
        for table in _COUNTED
    }
    newest = None
    if "pings" in there:
        row = db.execute("SELECT at FROM pings ORDER BY id DESC LIMIT 1").fetchone()
        newest = None if row is None else from_us(row[0])
    return Contents(version=version, counts=counts, newest_ping_at=newest)
