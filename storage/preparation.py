"""What is done to a database file before anybody works with it."""

import contextlib
import sqlite3
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.errors import StorageError
from storage import checks, files, migrate, replacement, restoration
from storage.lock import Lock

#: STRICT tables
_OLDEST_SQLITE = (3, 37)


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


def prepare(
    database: Path, *, migrations: Traversable, backup_dir: Path, now: datetime
) -> None:
    """Check and upgrade a database, or make it; StorageError if that cannot be.

    In the place of a damaged one the newest good backup is put.
    """
    try:
        replacement.finish(database)
        steps = migrate.load(migrations)
        made = files.make_file(database)
        files.make_private(database)
        _refuse_old_sqlite()
        last_write = restoration.last_write(database)
        _undo_what_was_cut(database)
        damage = checks.problem_of(database, just_made=made)
        if damage is not None:
            restoration.restore_newest(
                database,
                folder=backup_dir,
                newest_version=len(steps),
                damage=damage,
                last_write=last_write,
                now=now,
            )
        migrate.migrate(database, steps, now)
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


def _undo_what_was_cut(database: Path) -> None:
    """A power cut while the database was made: SQLite undoes that by its journal."""
    journal = database.with_name(f"{database.name}-journal")
    if not journal.exists() or journal.stat().st_size == 0:
        return
    with (
        contextlib.closing(sqlite3.connect(database)) as connection,
        contextlib.suppress(sqlite3.DatabaseError),
    ):
        connection.execute("SELECT count(*) FROM sqlite_schema")
