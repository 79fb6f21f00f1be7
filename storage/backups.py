"""Copies of a database while it is in use, checked before they get their name."""

import contextlib
import itertools
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from bot.errors import Invalid, Problem, StorageError
from storage import files

HEADER = b"SQLite format 3\x00"

#: pages in one step; between two the copy can be stopped
_PAGES_PER_STEP = 256
#: between two steps, so that commits of pings are not kept from the disk
_PAUSE_S = 0.01
#: what was copied is taken to the disk after so many steps: at once it would block the
#: commits meanwhile
_STEPS_PER_SYNC = 8


class Stopped(Exception):
    """Nobody waits for the copy any more."""


def copy(
    source: Path,
    target: Path,
    *,
    stopped: Callable[[], bool] = lambda: False,
    gentle: bool = False,
) -> None:
    """Copy `source`, check the copy, and put it in the place of `target`.

    Readers and the writer of `source` go on meanwhile. Nothing is left behind if it
    fails, and what was at `target` is then still there. `gentle`: slower, so that
    those who write meanwhile hardly notice.
    """
    _refuse_bad_target(source, target)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)
        files.make_file(part)
        _copy_pages(source, part, stopped, gentle=gentle)
        _finish(part)
        part.replace(target)
        files.sync_directory(target.parent)
    except sqlite3.Error as exc:
        raise StorageError(f"backup to {target} failed: {exc}") from exc
    except OSError as exc:
        raise _bad(f"{target} cannot be written: {exc.strerror}") from exc
    finally:
        for path in (part, *files.companions(part)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _copy_pages(
    source: Path, part: Path, stopped: Callable[[], bool], *, gentle: bool
) -> None:
    # of a file that nobody else has: closing it drops no locks that matter
    descriptor = os.open(part, os.O_RDWR | os.O_CLOEXEC)
    steps = itertools.count(1)
    pause = threading.Event()

    def check(status: int, remaining: int, total: int) -> None:
        if stopped():
            raise Stopped
        if gentle:
            if next(steps) % _STEPS_PER_SYNC == 0:
                os.fsync(descriptor)
            pause.wait(_PAUSE_S)

    try:
        _copy_snapshot(source, part, check)
    finally:
        os.close(descriptor)


def _copy_snapshot(
    source: Path, part: Path, check: Callable[[int, int, int], None]
) -> None:
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True)) as reader,
        contextlib.closing(sqlite3.connect(part)) as writer,
    ):
        # one snapshot from the first page to the last: commits do not start it anew
        reader.execute("BEGIN")
        reader.execute("SELECT 1 FROM sqlite_schema").fetchone()
        reader.backup(writer, pages=_PAGES_PER_STEP, progress=check)


def _finish(part: Path) -> None:
    """Make it one file that needs no -wal beside it, and look through all of it."""
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = copied.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise StorageError(
            f"the copy is damaged, and so is probably the database: {verdict}"
        )


def _refuse_bad_target(source: Path, target: Path) -> None:
    if target.is_dir():
        raise _bad(f"{target} is a directory", "name a file in it")
    if not target.parent.is_dir():
        raise _bad(f"the directory {target.parent} does not exist", "make it first")
    live = (source, *files.companions(source), source.with_name(source.name + ".lock"))
    if any(_is_same(target, path) for path in live):
        raise _bad(f"{target} is the live database itself", "choose another name")
    if target.exists() and not _is_database(target):
        raise _bad(f"{target} is there and is no database", "choose another name")


def _is_same(target: Path, path: Path) -> bool:
    if target.resolve() == path.resolve():
        return True
    return target.exists() and path.exists() and target.samefile(path)


def _is_database(target: Path) -> bool:
    with target.open("rb") as file:
        return file.read(len(HEADER)) in {HEADER, b""}


def _bad(reason: str, hint: str = "") -> Invalid:
    return Invalid(Problem("file", reason, hint))
