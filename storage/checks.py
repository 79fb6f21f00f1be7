"""Whether a database file is sound, found out in bounded time."""

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path

from storage import backups, files

logger = logging.getLogger(__name__)

#: quick_check reads all of a file; a larger one is checked after an unclean stop only
_ALWAYS_CHECKED_BYTES = 64 * 1024 * 1024
#: how long a start may look through a file; what is not done by then is not done
_LONGEST_S = 30.0
_CHUNK_BYTES = 1024 * 1024
#: without these nothing can be judged; they are small however long the history is
_SMALL_TABLES = ("meta", "jobs", "job_states", "incidents", "mutes")
#: where page 1 has the size of a page, and the number of pages
_PAGE_SIZE_AT, _PAGES_AT = 16, 28


def problem_of(database: Path, *, just_made: bool) -> str | None:
    """What is wrong with it; None: nothing, as far as was looked."""
    wal, _ = files.companions(database)
    unclean = wal.exists() and wal.stat().st_size > 0
    size = database.stat().st_size
    if size == 0:
        return None if just_made or not unclean else "it is empty, its -wal is not"
    with database.open("rb") as file:
        start = file.read(_PAGES_AT + 4)
    if not start.startswith(backups.HEADER):
        return "it is not an SQLite database"
    if not unclean and _pages(start) > size:
        return f"it ends after {size} bytes, in the middle"
    try:
        return _checked(database, in_full=unclean or size <= _ALWAYS_CHECKED_BYTES)
    except sqlite3.DatabaseError as exc:
        if getattr(exc, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
            return str(exc)
        raise


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _pages(start: bytes) -> int:
    """The bytes of all pages, as page 1 has them."""
    size = int.from_bytes(start[_PAGE_SIZE_AT : _PAGE_SIZE_AT + 2], "big")
    count = int.from_bytes(start[_PAGES_AT : _PAGES_AT + 4], "big")
    return count * (65_536 if size == 1 else size)


def _checked(database: Path, *, in_full: bool) -> str | None:
    if in_full:
        with contextlib.suppress(TimeoutError):
            return _check_all(database)
    logger.info(
        "only the small tables of %s were checked, since it is large (%d MB); "
        "`cronitor backup` looks through all of it",
        database,
        database.stat().st_size // 1_000_000,
        extra={"action": "database_checked"},
    )
    return _check_small(database)


def _check_all(database: Path) -> str | None:
    """Look through all of it; raises TimeoutError if that takes too long."""
    over = threading.Event()
    with contextlib.closing(_opened(database)) as db:

        def end() -> None:
            over.set()
            db.interrupt()

        timer = threading.Timer(_LONGEST_S, end)
        timer.start()
        try:
            # the check reads here and there: on a cold cache (100 MB: 2.5 s) it takes
            # an eighth of the time after one reading from front to end
            _read_through(database, over)
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as exc:
            if over.is_set():
                raise TimeoutError from exc
            raise
        finally:
            timer.cancel()
            timer.join()
    if over.is_set():
        raise TimeoutError
    return None if verdict == "ok" else str(verdict)


def _opened(database: Path) -> sqlite3.Connection:
    """It changes nothing: a damaged file and its -wal are kept as they are."""
    uri = f"{database.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def _read_through(database: Path, over: threading.Event) -> None:
    with database.open("rb", buffering=0) as file:
        while not over.is_set() and file.read(_CHUNK_BYTES):
            pass


def _check_small(database: Path) -> str | None:
    with contextlib.closing(_opened(database)) as db:
        there = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
        for table in _SMALL_TABLES:
            if table not in there:
                continue
            (verdict,) = db.execute(f"PRAGMA quick_check({table})").fetchone()
            if verdict != "ok":
                return str(verdict)
    return None
