"""One server for one database: a lock file that the system lets go of when we die."""

import contextlib
import fcntl
import json
import os
from datetime import datetime
from pathlib import Path

from bot.errors import StorageError


class Lock:
    """Held from `acquire` to `release`, or until this process is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, database: Path, *, command: str, now: datetime) -> "Lock":
        """Take the lock `<database>.lock`; StorageError says who has it.

        The file stays: removing it would let two processes lock two files of one name.
        """
        path = database.with_name(database.name + ".lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise StorageError(
                f"the lock file {path} cannot be opened: {exc.strerror}; "
                "choose another --data-dir"
            ) from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write(descriptor, command, now)
        except BlockingIOError as exc:
            holder = _describe(descriptor)
            os.close(descriptor)
            raise StorageError(
                f"{database} is already in use by {holder}; "
                "stop it or choose another --data-dir"
            ) from exc
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Let the next one in; a second call does nothing."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        os.ftruncate(descriptor, 0)
        os.close(descriptor)


def _write(descriptor: int, command: str, now: datetime) -> None:
    os.fchmod(descriptor, 0o600)
    started = now.isoformat(timespec="seconds")
    text = json.dumps({"pid": os.getpid(), "command": command, "started_at": started})
    os.ftruncate(descriptor, 0)
    # on a full disk the lock holds all the same
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, text.encode(), 0)


def _describe(descriptor: int) -> str:
    """Who holds it, as far as it has said so yet."""
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return (
            f"process {holder['pid']} ({holder['command']}), "
            f"started {holder['started_at']}"
        )
    except (ValueError, KeyError, TypeError):
        return "another process"
