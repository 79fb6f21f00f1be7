"""What the supervisor knows, on disk: one line for each thing that happened to a run.

One file instead of some for each run, so that a thousand starts at the same instant
cost one write, and the exit codes of a thousand runs one fsync. A line that was cut off
is as if it had not been written. Lines, by `k`:

- seen: the id is taken, before the process is made
- unseen: nothing was done for these ids, and they may come again
- started: the process that it became
- ended: the report, the last word
- gone: ids that are forgotten, and refused for some days from `at` on
"""

import errno
import json
import os
from collections.abc import Iterable
from threading import Event, Thread
from typing import Any

Record = dict[str, Any]

#: how many lines there are before it is written anew with fewer
WORTH_IT = 2000


def _line(record: Record) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def read(path: str) -> list[Record]:
    """All whole lines; none if the file is not there."""
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [record for record in map(_parsed, lines) if record]


def _parsed(line: bytes) -> Record:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


class Journal:
    """The file that one supervisor appends to."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines = 0
        self._file = -1

    def open(self, records: Iterable[Record]) -> None:
        """Begin anew with these, in one step; a full disk leaves the old one."""
        kept = list(map(_line, records))
        fresh = f"{self.path}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        file = os.open(fresh, flags, 0o600)
        try:
            _write(file, b"".join(kept))
            os.fsync(file)
            os.replace(fresh, self.path)
        except OSError:
            os.close(file)
            self._go_on()
            return
        if self._file >= 0:
            os.close(self._file)
        self._file, self.lines = file, len(kept)

    def _go_on(self) -> None:
        """Append to what is there."""
        if self._file < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._file = os.open(self.path, flags, 0o600)
            # a line that was cut off must not swallow the next one
            _write(self._file, b"\n")

    def write(self, records: list[Record]) -> None:
        """Append all or, with OSError, nothing."""
        _write(self._file, b"".join(map(_line, records)))
        self.lines += len(records)


def _write(file: int, data: bytes) -> None:
    before = os.fstat(file).st_size
    try:
        written = os.write(file, data)
        if written < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        os.ftruncate(file, before)
        raise


class Syncer:
    """Brings the journal through a power cut, in a thread: a card may take seconds."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._wanted = Event()
        Thread(target=self._run, name="sync", daemon=True).start()

    def soon(self) -> None:
        """What is written by now is to last."""
        self._wanted.set()

    def _run(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            sync(self._path)


def sync(path: str) -> None:
    """Wait until the file is on the disk, if that can be had."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.fsync(file)
    except OSError:
        return
    finally:
        os.close(file)
