"""What is done to a database file before anybody works with it."""

import contextlib
import sqlite3
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.errors import StorageError
from storage import backups, files, migrate
from storage.lock import Lock

#: STRICT tables
_OLDEST_SQLITE = (3, 37)

#: quick_check reads all of a file; a larger one is checked after an unclean stop only
_ALWAYS_CHECKED_BYTES = 64 * 1024 * 1024

_CHUNK_BYTES = 1024 * 1024


def resolve(path: Path) -> Path:
    """The one name of a database file: SQLite and the lock must agree on it."""
    return path.expanduser().resolve()


def lock(database: Path, *, command: str, now: datetime) -> Lock:
    """Make the directory if need be, and take the lock of the database."""
    try:
        files.make_directory(database.parent)
    except OSError as exc:
        raise StorageError(
            f"the directory {database.parent} cannot be made: {exc.strerror}; "
            "choose another --data-dir"
        ) from exc
    return Lock.acquire(database, command=command, now=now)


def prepare(database: Path, *, migrations: Traversable, now: datetime) -> None:
    """Check and upgrade a database, or make it; StorageError if that cannot be."""
    try:
        files.make_file(database)
        files.make_private(database)
        _refuse_old_sqlite()
        _refuse_other_format(database)
        if _wants_check(database):
            _check(database)
        migrate.migrate(database, migrate.load(migrations), now)
    except OSError as exc:
        raise StorageError(f"{database} cannot be opened: {exc.strerror}") from exc
    except sqlite3.Error as exc:
        raise StorageError(f"{database} cannot be used: {exc}") from exc


def _refuse_old_sqlite() -> None:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StorageError(
            f"this Python has SQLite {sqlite3.sqlite_version}, and 3.37 or newer is "
            "needed; use a newer Python"
        )


def _refuse_other_format(database: Path) -> None:
    with database.open("rb") as file:
        start = file.read(len(backups.HEADER))
    # a cut of power while it was made: SQLite undoes that with the journal
    if start not in {b"", backups.HEADER} and not _has_journal(database):
        raise StorageError(
            f"{database} is not an SQLite database; "
            "move it away or choose another --data-dir"
        )


def _has_journal(database: Path) -> bool:
    journal = database.with_name(database.name + "-journal")
    return journal.exists() and journal.stat().st_size > 0


def _wants_check(database: Path) -> bool:
    """A clean stop leaves no -wal; what is small is checked each time."""
    wal, _ = files.companions(database)
    unclean = wal.exists() and wal.stat().st_size > 0
    return unclean or database.stat().st_size <= _ALWAYS_CHECKED_BYTES


def _check(database: Path) -> None:
    # the check reads here and there: on a cold cache (100 MB: 2.5 s) it takes an eighth
    # of the time after one reading from front to end
    _read_through(database)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StorageError(f"{database} is damaged: {verdict}")


def _read_through(database: Path) -> None:
    with database.open("rb", buffering=0) as file:
        while file.read(_CHUNK_BYTES):
            pass
