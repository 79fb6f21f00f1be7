"""What a power cut leaves of a directory: rebuilt from a record of all writes.

`power_shim.c` writes the record down. What was synced is there after the cut. Of what
was not, each write may be there, be missing, or be there in pieces of 512 bytes; of
names that were made, changed and removed, only the first so many, in their order.
"""

import random
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath

SHIM = Path(__file__).with_name("power_shim.c")
SECTOR = 512
_HEAD = struct.Struct("=cHqI")


def compiler() -> str | None:
    """The C compiler of this machine."""
    return shutil.which("cc")


def build(folder: Path) -> Path:
    """The shim as a library to preload."""
    library = folder / "power_shim.so"
    command = [compiler() or "cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
    subprocess.run([*command, "-o", library, SHIM, "-ldl", "-lpthread"], check=True)
    return library


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened: A an answer over TCP; on files W write, T truncation,
    F sync, C creation, M new directory, U removal, R renaming."""

    operation: str
    #: relative to the root; empty for the root itself
    path: str
    #: of a write; the size of a truncation; process and port of an answer (`answer_of`)
    offset: int
    data: bytes


def answer_of(record: Record) -> tuple[int, int]:
    """Process and the client's port."""
    return record.offset >> 16, record.offset & 0xFFFF


def read(log: Path) -> list[Record]:
    """The record, without what a killed process began to write down."""
    return list(_read(memoryview(log.read_bytes())))


def _read(view: memoryview) -> Iterator[Record]:
    at = 0
    while at + _HEAD.size <= len(view):
        operation, path_length, offset, length = _HEAD.unpack_from(view, at)
        path_at = at + _HEAD.size
        data_at = path_at + path_length
        at = data_at + length
        if at > len(view):
            return
        path = bytes(view[path_at:data_at]).decode()
        yield Record(operation.decode(), path, offset, bytes(view[data_at:at]))


class Mood(Enum):
    """What the disk does with what was not synced."""

    KEEPS = "keeps"
    DROPS = "drops"
    TEARS = "tears"


#: most cuts are torn ones
MOODS = (Mood.KEEPS, Mood.DROPS, Mood.TEARS, Mood.TEARS, Mood.TEARS)


@dataclass(eq=False, slots=True)
class _File:
    """One file whatever its name, or one directory."""

    is_directory: bool = False
    synced: bytearray = field(default_factory=bytearray)
    pending: list[Record] = field(default_factory=list)

    def sync(self) -> None:
        for record in self.pending:
            _apply(self.synced, record)
        self.pending.clear()

    def after_cut(self, mood: Mood, rng: random.Random) -> bytes:
        content = bytearray(self.synced)
        for record in self.pending:
            _survive(content, record, mood, rng)
        return bytes(content)


@dataclass(frozen=True, slots=True)
class _Naming:
    """A name that was given, or taken away (None), and is not synced."""

    names: tuple[tuple[str, _File | None], ...]

    @property
    def folder(self) -> str:
        return _folder(self.names[0][0])


class Disk:
    """The directory below the root, as it develops record by record."""

    def __init__(self) -> None:
        self._now: dict[str, _File] = {}
        self._synced: dict[str, _File] = {}
        self._pending: list[_Naming] = []

    def feed(self, records: Sequence[Record]) -> None:
        """Let these happen."""
        for record in records:
            self._feed(record)

    def after_cut(self, mood: Mood, rng: random.Random) -> dict[str, bytes | None]:
        """What is there by path after a cut now; None: a directory."""
        names, pending = dict(self._synced), self._pending
        kept = {Mood.KEEPS: len(pending), Mood.DROPS: 0}
        for naming in pending[: kept.get(mood, rng.randint(0, len(pending)))]:
            _rename(names, naming)
        return {
            path: None if file.is_directory else file.after_cut(mood, rng)
            for path, file in sorted(names.items())
            if all(str(each) in names for each in _above(path))
        }

    def _feed(self, record: Record) -> None:
        path = record.path
        match record.operation:
            case "C" | "M":
                self._name((path, _File(is_directory=record.operation == "M")))
            case "U":
                self._name((path, None))
            case "R":
                self._name((path, None), (record.data.decode(), self._now[path]))
            case "F" if path == "" or self._now[path].is_directory:
                self._sync_names(path)
            case "F":
                self._now[path].sync()
            case "W" | "T":
                self._now[path].pending.append(record)

    def _name(self, *names: tuple[str, _File | None]) -> None:
        naming = _Naming(names)
        _rename(self._now, naming)
        self._pending.append(naming)

    def _sync_names(self, folder: str) -> None:
        for naming in self._pending:
            if naming.folder == folder:
                _rename(self._synced, naming)
        self._pending = [each for each in self._pending if each.folder != folder]


def write_out(files: dict[str, bytes | None], root: Path) -> None:
    """Make a directory of what a cut has left."""
    root.mkdir(parents=True)
    for path, content in files.items():
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)


def _rename(names: dict[str, _File], naming: _Naming) -> None:
    for path, file in naming.names:
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file


def _folder(path: str) -> str:
    folder = str(PurePosixPath(path).parent)
    return "" if folder == "." else folder


def _above(path: str) -> list[PurePosixPath]:
    """The directories that a path needs."""
    return list(PurePosixPath(path).parents)[:-1]


def _apply(content: bytearray, record: Record) -> None:
    if record.operation == "T":
        _resize(content, record.offset)
        return
    _put(content, record.offset, record.data)


def _survive(
    content: bytearray, record: Record, mood: Mood, rng: random.Random
) -> None:
    """What becomes of one write or truncation that was not synced."""
    if mood is Mood.KEEPS:
        _apply(content, record)
    if mood is not Mood.TEARS:
        return
    fate = rng.random()
    if fate < 0.4:
        _apply(content, record)
    elif fate < 0.7 and record.operation == "W":
        for at in range(0, len(record.data), SECTOR):
            if rng.random() < 0.5:
                _put(content, record.offset + at, record.data[at : at + SECTOR])


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        _resize(content, offset)
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    if len(content) > size:
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))
