"""Reports that could not be sent, one file each, in the order of their times.

A report is there whole or not at all: it is written under another name, synced and
renamed, and the directory is synced. The oldest ones go when there are too many.
"""

import os
import stat

from bot.node import reports
from bot.node.reports import Report

#: reports, and bytes, that are kept
MOST = 10_000
MOST_BYTES = 50_000_000
_SUFFIX = ".report"
#: a file that holds no report, set aside
_BAD = ".bad"
_HALF = ".half"
#: how many had to go since the last flush
_LOST = "lost"
_LOCK = "lock"


class Unusable(Exception):
    """The spool cannot be used; says why."""


class Spool:
    """A directory of reports."""

    def __init__(
        self, folder: str, *, most: int = MOST, most_bytes: int = MOST_BYTES
    ) -> None:
        self.folder = folder
        self._most = most
        self._most_bytes = most_bytes

    def put(self, report: Report) -> str:
        """Keep a report until it is sent; its name. Raises Unusable."""
        try:
            self._prepare()
            name = f"{report.at * 1e6:018.0f}-{report.event}{_SUFFIX}"
            self._write(name, reports.encode(report))
            self._bound()
        except OSError as exc:
            raise Unusable(f"cannot write {self.folder}: {exc.strerror}") from exc
        return name

    def names(self) -> list[str]:
        """The reports that are kept, oldest first; none if there is no spool."""
        return self._names(_SUFFIX)

    def load(self, name: str) -> Report | None:
        """One of them; None if it is gone. Raises reports.Corrupt, OSError."""
        try:
            with open(self._path(name), "rb") as file:
                return reports.decode(file.read())
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """It is done with."""
        try:
            os.unlink(self._path(name))
        except FileNotFoundError:
            return

    def set_aside(self, name: str) -> str:
        """Keep a file that holds no report out of the way; where it is now."""
        path = self._path(name) + _BAD
        os.replace(self._path(name), path)
        return path

    def take_lost(self) -> int:
        """How many reports had to make room since this was asked last."""
        count = self._lost()
        if count:
            os.unlink(self._path(_LOST))
        return count

    def lock(self) -> int | None:
        """Be the only one who sends from here: a file to close afterwards, or None."""
        import fcntl

        self._prepare()
        opened = os.open(self._path(_LOCK), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(opened)
            return None
        return opened

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _prepare(self) -> None:
        """Make the directory; one that others may write is not used."""
        os.makedirs(os.path.dirname(self.folder) or ".", exist_ok=True)
        try:
            os.mkdir(self.folder, 0o700)
        except FileExistsError:
            found = os.lstat(self.folder)
            ours = found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)
            if not ours or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise Unusable(
                    f"{self.folder} is not a directory of our own, or others may write "
                    "it: set CRONITOR_SPOOL"
                ) from None

    def _write(self, name: str, content: bytes) -> None:
        half = self._path(name) + _HALF
        opened = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(opened, view) :]
            os.fsync(opened)
            os.rename(half, self._path(name))
        except BaseException:
            os.unlink(half)
            raise
        finally:
            os.close(opened)
        self._sync()

    def _sync(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _names(self, *suffixes: str) -> list[str]:
        try:
            with os.scandir(self.folder) as entries:
                return sorted(x.name for x in entries if x.name.endswith(suffixes))
        except OSError:
            return []

    def _size(self, name: str) -> int:
        try:
            return os.lstat(self._path(name)).st_size
        except OSError:
            # gone while we looked: it is not in the way
            return 0

    def _bound(self) -> None:
        """The oldest ones go; what was left half written counts as well."""
        names = self._names(_SUFFIX, _BAD, _HALF)
        files = [(name, self._size(name)) for name in names]
        count, size, gone = len(files), sum(size for _, size in files), 0
        for name, each in files:
            if count <= self._most and size <= self._most_bytes:
                break
            self.remove(name)
            gone += name.endswith(_SUFFIX)
            count, size = count - 1, size - each
        if gone:
            self._write(_LOST, str(self._lost() + gone).encode())

    def _lost(self) -> int:
        try:
            with open(self._path(_LOST), "rb") as file:
                return int(file.read(20))
        except (OSError, ValueError):
            return 0
