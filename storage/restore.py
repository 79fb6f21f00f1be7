"""`cronitor restore`: a backup takes the place of a database that nobody uses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import Invalid, Problem
from storage import inspection, migrate, preparation, replacement, restoration
from storage.database import MIGRATIONS
from storage.inspection import Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a person has to agree to."""

    database: Path
    backup: Path
    made_at: datetime
    contents: Contents
    #: of the database as it is; None: there is none, or it cannot be read
    present: Contents | None


def restore(
    backup: Path,
    database: Path,
    *,
    now: datetime,
    by: str,
    agree: Callable[[Offer], None],
) -> Path | None:
    """Put the backup in its place; where the former database is kept now, if any was.

    `agree` raises to leave everything as it is. Raises StorageError if a server runs,
    or if the file must not be used.
    """
    database = preparation.resolve(database)
    backup = backup.expanduser().resolve()
    _refuse_odd(backup, database)
    lock = preparation.lock(database, command="cronitor restore", now=now)
    try:
        replacement.finish(database)
        return _replace(backup, database, now=now, by=by, agree=agree)
    finally:
        lock.release()


def _replace(
    backup: Path,
    database: Path,
    *,
    now: datetime,
    by: str,
    agree: Callable[[Offer], None],
) -> Path | None:
    version = len(migrate.load(MIGRATIONS))
    part = replacement.part_of(database)
    offer = Offer(
        database=database,
        backup=backup,
        made_at=restoration.made_at(backup),
        contents=restoration.prepare(backup, database, version),
        present=inspection.count(database),
    )
    try:
        agree(offer)
        aside = replacement.aside_of(database, "replaced", now)
        made = restoration.shown(offer.made_at)
        told = (
            f"{by} restored the backup {backup.name}: what came in after {made} "
            f"is not in it; the former database is {aside}"
        )
        restoration.complete(database, aside, told, now)
    finally:
        part.unlink(missing_ok=True)
    return aside if aside.exists() else None


def _refuse_odd(backup: Path, database: Path) -> None:
    if not backup.is_file():
        raise Invalid(Problem("file", f"{backup} is no file", "name a backup"))
    if database.exists() and backup.samefile(database):
        raise Invalid(
            Problem("file", f"{backup} is the database itself", "name a backup")
        )
