"""Modes of the files on disk: what is stored is nobody's business but the owner's."""

import contextlib
import os
from pathlib import Path

FILE_MODE = 0o600
_DIRECTORY_MODE = 0o700


def make_directory(path: Path) -> None:
    """Make a directory for us alone; one that is there stays as it is.

    It survives a power cut: else all that is stored in it would go with it.
    """
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    for each in missing:
        sync_directory(each.parent)


def make_file(path: Path) -> bool:
    """Make an empty file for us alone; False: it was there.

    SQLite gives -wal and -shm the same mode. Only before SQLite opens it: see
    storage/connections.py.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, FILE_MODE))
    except FileExistsError:
        return False
    return True


def make_private(database: Path) -> None:
    """Take the files of a database away from everybody else, as far as we may."""
    for path in (database, *companions(database)):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            path.chmod(FILE_MODE)


def companions(database: Path) -> tuple[Path, Path]:
    """What SQLite keeps beside a database: -wal and -shm."""
    return (
        database.with_name(database.name + "-wal"),
        database.with_name(database.name + "-shm"),
    )


def sync_directory(path: Path) -> None:
    """Make names in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
