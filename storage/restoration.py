"""A backup takes the place of the database: asked for, or because that is damaged."""

import contextlib
import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.errors import StorageError
from storage import backups, files, inspection, replacement
from storage.inspection import Contents

#: where the restored database says what became of it, until that has been told
TOLD_KEY = "database_restored"
#: when a backup took the place of the database last: what was run by then stands in
#: no table
AT_KEY = "database_restored_at"

#: Numbers that were given out after the backup are not given out again: buttons of old
#: cards and the marks of sent messages would mean something else. So many are skipped
#: where people see them, and everywhere else
_SKIPPED = 1_000
_SKIPPED_UNSEEN = 100_000
_SEEN = {
    *("jobs", "incidents", "storms", "blind_times", "mutes"),
    *("maintenance_windows", "summaries", "api_keys"),
}
_STAMP = re.compile(r"(\d{8}T\d{6}Z)")


def made_at(backup: Path) -> datetime:
    """The moment that a backup shows: its name says so, else its file."""
    stamp = _STAMP.search(backup.name)
    if stamp is not None:
        with contextlib.suppress(ValueError):
            return datetime.strptime(f"{stamp[1]}+0000", "%Y%m%dT%H%M%SZ%z")
    return datetime.fromtimestamp(backup.stat().st_mtime, UTC)


def candidates(database: Path, folder: Path, now: datetime) -> list[Path]:
    """Every backup that Cronitor itself has made, the newest first.

    One that is dated in the future is of a clock that ran ahead: it comes last.
    """
    found = [*folder.glob(f"{database.stem}-*.db")] if folder.is_dir() else []
    found += database.parent.glob(f"{database.name}.before-*")
    whole = [path for path in found if path.is_file()]
    latest = now + timedelta(days=1)
    return sorted(
        whole,
        key=lambda path: (made_at(path) <= latest, made_at(path), path.name),
        reverse=True,
    )


def prepare(backup: Path, database: Path, newest_version: int) -> Contents:
    """Copy a backup beside the database and check the copy; raises StorageError."""
    part = replacement.part_of(database)
    for path in (part, *files.companions(part)):
        path.unlink(missing_ok=True)
    try:
        backups.copy(backup, part)
        return inspection.inspect(part, newest_version)
    except StorageError as exc:
        part.unlink(missing_ok=True)
        raise StorageError(f"{backup} is no sound backup: {exc}") from exc
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def complete(database: Path, aside: Path, told: str, now: datetime) -> None:
    """Put what was prepared in its place; `told` is what everybody must know of it."""
    part = replacement.part_of(database)
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("BEGIN IMMEDIATE")
        _skip_numbers(db)
        db.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
            (TOLD_KEY, json.dumps({"text": told})),
        )
        db.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
            (AT_KEY, now.isoformat()),
        )
        db.execute("COMMIT")
    replacement.replace(database, aside)


def restore_newest(
    database: Path,
    *,
    folder: Path,
    newest_version: int,
    damage: str,
    last_write: datetime,
    now: datetime,
) -> None:
    """Put the newest good backup in the place of a damaged database.

    Raises StorageError with the ways out if there is none.
    """
    for backup in candidates(database, folder, now):
        try:
            prepare(backup, database, newest_version)
        except StorageError:
            continue
        aside = replacement.aside_of(database, "damaged", now)
        told = (
            f"the database was damaged ({damage}) and the backup "
            f"{backup.name} was restored: pings and incidents from "
            f"{shown(made_at(backup))} to {shown(last_write)} are lost; "
            f"the damaged file is {aside}"
        )
        complete(database, aside, told, now)
        return
    raise StorageError(
        f"{database} is damaged: {damage}; there is no good backup in {folder}: "
        "put one in its place with `cronitor restore FILE`, or move the database away "
        "to begin with nothing"
    )


def last_write(database: Path) -> datetime:
    """When the files of a database were last changed."""
    wal, _ = files.companions(database)
    times = [path.stat().st_mtime for path in (database, wal) if path.exists()]
    return datetime.fromtimestamp(max(times), UTC)


def _skip_numbers(db: sqlite3.Connection) -> None:
    tables = db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE ?",
        ("%AUTOINCREMENT%",),
    ).fetchall()
    for (table,) in tables:
        count = _SKIPPED if table in _SEEN else _SKIPPED_UNSEEN
        changed = db.execute(
            "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?", (count, table)
        ).rowcount
        if not changed:
            db.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, count)
            )


def shown(moment: datetime) -> str:
    """RFC 3339, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
