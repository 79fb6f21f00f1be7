"""Brings a database to the newest schema: numbered SQL files, forward only."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.errors import CronitorError, StorageError
from storage import backups

#: "Cron": marks a database as ours, as `file` and other programs can see
APPLICATION_ID = 0x43726F6E

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step from schema version `number - 1` to `number`."""

    number: int
    name: str
    sql: str


def load(folder: Traversable) -> list[Migration]:
    """The migrations in a folder, in order; a gap or a double number is refused."""
    found = [
        Migration(number=int(match[1]), name=entry.name, sql=entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if (match := _NAME.fullmatch(entry.name))
    ]
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        names = ", ".join(migration.name for migration in found)
        raise StorageError(f"the migrations are not numbered 1, 2, 3 ...: {names}")
    return found


def migrate(database: Path, migrations: list[Migration], now: datetime) -> None:
    """Apply what is missing, each step in its own transaction; keep a copy before.

    Raises StorageError if the file is not ours, is newer than we are, or a step fails.
    """
    with contextlib.closing(_connect(database)) as connection:
        version = _version(connection, database)
        _refuse_newer(version, migrations, database)
        missing = migrations[version:]
        if missing and version > 0:
            _keep_copy(database, missing[0], now)
        for migration in missing:
            _apply(connection, migration)


def statements(script: str) -> Iterator[str]:
    """The statements of a script; a semicolon within a trigger or text ends none."""
    statement = ""
    for piece in re.split(r"(?<=;)", script):
        statement += piece
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if statement.strip():
        yield statement.strip()


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    # a step may rebuild tables; what it refers to is checked before its commit
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _version(connection: sqlite3.Connection, database: Path) -> int:
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (size,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as exc:
        raise StorageError(f"{database} cannot be read: {exc}") from exc
    if size and mark != APPLICATION_ID:
        raise StorageError(
            f"{database} belongs to another program; choose another --data-dir"
        )
    return int(version)


def _refuse_newer(version: int, migrations: list[Migration], database: Path) -> None:
    if version > len(migrations):
        raise StorageError(
            f"{database} has schema version {version}, and this cronitor knows "
            f"versions up to {len(migrations)}: install the newer cronitor again, "
            "or choose another --data-dir"
        )


def _keep_copy(database: Path, first: Migration, now: datetime) -> None:
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    name = f"{database.name}.before-{first.number:04}-{stamp}"
    try:
        backups.copy(database, database.with_name(name))
    except CronitorError as exc:
        raise StorageError(f"no copy could be kept before the upgrade: {exc}") from exc


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        _run(connection, migration.sql)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.IntegrityError("it leaves references to rows that are gone")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={migration.number}")
        connection.execute("COMMIT")
    except sqlite3.Error as exc:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise StorageError(
            f"the upgrade {migration.name} failed and was undone: {exc}"
        ) from exc


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Run a script, which must not end the transaction that it runs in."""
    connection.set_authorizer(_keep_transaction)
    try:
        for statement in statements(script):
            connection.execute(statement)
    finally:
        connection.set_authorizer(None)


def _keep_transaction(action: int, *_: object) -> int:
    ends = action == sqlite3.SQLITE_TRANSACTION
    return sqlite3.SQLITE_DENY if ends else sqlite3.SQLITE_OK
