"""A file that holds disk space, to be let go of when there is none left."""

import contextlib
import os
from pathlib import Path

from storage import files
from storage.checkpoints import WAL_BYTES

#: less is no help
_LEAST_BYTES = 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
#: what is needed to open a database at all: its -shm and the first pages of its -wal
_LEAST_TO_OPEN = 512 * 1024


class Ballast:
    """`<database>.ballast`; every method blocks for as long as the disk takes."""

    def __init__(self, database: Path, size: int) -> None:
        self.path = database.with_name(database.name + ".ballast")
        self.size = size
        #: it was let go of since the start, or before the database was opened
        self.was_freed = False

    @property
    def needed(self) -> int:
        """Free bytes at which there is room for it and for work beside it."""
        return self.size + WAL_BYTES

    def room(self) -> int:
        """Bytes that are free on the disk, as the system tells us."""
        found = os.statvfs(self.path.parent)
        return found.f_bavail * found.f_frsize

    def held(self) -> int:
        """Bytes that it holds now."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def make(self) -> bool:
        """Make it, smaller where there is little room; False: it holds nothing.

        What is written cannot be compressed: some file systems would keep no space.
        """
        have = self.held()
        if have >= self.size:
            return True
        size = min(self.size, have + self.room() - WAL_BYTES)
        if size - have < _LEAST_BYTES:
            return have > 0
        try:
            self._grow(have, size)
        except OSError:
            self.path.unlink(missing_ok=True)
            return False
        return True

    def _grow(self, have: int, size: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, files.FILE_MODE)
        try:
            os.fchmod(descriptor, files.FILE_MODE)
            while have < size:
                chunk = os.urandom(min(_CHUNK_BYTES, size - have))
                have += os.write(descriptor, chunk)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free(self) -> None:
        """Let go of it; a disk that cannot be written at all keeps it."""
        if not self.held():
            return
        self.was_freed = True
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
            # some file systems give the space back with their next commit only
            files.sync_directory(self.path.parent)

    def free_to_open(self) -> None:
        """Let go of it if the database could not even be opened otherwise."""
        with contextlib.suppress(OSError):
            if self.room() < _LEAST_TO_OPEN:
                self.free()
