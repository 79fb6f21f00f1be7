"""Keeps head and tail of one run's output on disk, within a limit.

The first half of the limit goes to a head file. What follows goes round a ring of
segments that share the other half: when all are full the oldest is emptied. So between
three quarters of a half and a whole half of the limit of the newest output is there,
and a run that writes for ever costs the limit on disk and half of it in memory. The 20
bytes that a piece needs for its place and time count as output.
"""

import errno
import os
from collections import deque

from bot.executors import frames
from bot.executors.frames import OVERHEAD
from bot.executors.masks import Masker

SEGMENTS = 4
#: what comes within this time is one piece
PIECE_US = 50_000
#: how much may wait in memory while the head is not full
WAITING = 64 << 10


class Part:
    """One file of an output."""

    __slots__ = ("path", "room", "used")

    def __init__(self, path: str, room: int) -> None:
        self.path = path
        self.room = room
        self.used = 0

    def write(self, stored: bytes, *, anew: bool = False) -> None:
        """Append; OSError leaves the file as it was."""
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if anew else os.O_APPEND)
        file = os.open(self.path, flags | os.O_CLOEXEC, 0o600)
        try:
            if os.write(file, stored) < len(stored):
                os.ftruncate(file, self.used)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)
        self.used += len(stored)


class _Piece:
    """What was written at about the same time."""

    __slots__ = ("at_us", "offset", "parts", "size")

    def __init__(self, offset: int, at_us: int) -> None:
        self.offset = offset
        self.at_us = at_us
        self.parts: list[bytes] = []
        self.size = 0

    def takes_at(self, at_us: int) -> bool:
        """Whether what comes now belongs to it."""
        return abs(at_us - self.at_us) < PIECE_US and self.size < WAITING


class Output:
    """What one run has written so far."""

    __slots__ = ("_at", "_masker", "_parts", "_pieces", "_pieces_size", "error", "size")

    def __init__(self, path: str, limit: int, masker: Masker) -> None:
        #: bytes in all, masked, those that are left out too
        self.size = 0
        #: why something could not be stored; empty: nothing went wrong
        self.error = ""
        self._masker = masker
        self._pieces: deque[_Piece] = deque()
        self._pieces_size = 0
        self._at = 0
        ring = limit // 2 // SEGMENTS
        self._parts = [Part(f"{path}.head", limit // 2)]
        self._parts += [Part(f"{path}.tail{n}", ring) for n in range(SEGMENTS)]

    @property
    def waiting_size(self) -> int:
        """How much is not on disk yet."""
        return self._pieces_size

    def take(self, data: bytes, at_us: int) -> None:
        """The run has written that."""
        data = self._masker.feed(data)
        if data:
            self._keep(data, at_us)

    def end(self, at_us: int) -> None:
        """Nothing follows."""
        held = self._masker.end()
        if held:
            self._keep(held, at_us)
        self.flush()

    def flush(self) -> None:
        """Bring it to disk; what the disk does not take is left out."""
        pieces, self._pieces, self._pieces_size = self._pieces, deque(), 0
        try:
            for piece in pieces:
                self._store(piece.offset, piece.at_us, b"".join(piece.parts))
        except OSError as exc:
            self.error = exc.strerror or str(exc)

    def resume(self) -> None:
        """Go on where an earlier supervisor was killed."""
        newest = -1
        for index, part in enumerate(self._parts):
            stored = contents(part.path)
            part.used = frames.length_of(stored)
            if part.used < len(stored):
                os.truncate(part.path, part.used)
            ends = [offset + len(data) for offset, _, data in frames.unpack(stored)]
            if ends and ends[-1] > newest:
                newest, self._at = ends[-1], index
        self.size = max(newest, 0)

    def _keep(self, data: bytes, at_us: int) -> None:
        if not self._pieces or not self._pieces[-1].takes_at(at_us):
            self._pieces.append(_Piece(self.size, at_us))
        piece = self._pieces[-1]
        piece.parts.append(data)
        piece.size += len(data)
        self.size += len(data)
        self._pieces_size += len(data)
        if self._at == 0 and self._pieces_size >= WAITING:
            self.flush()
        elif self._at:
            self._drop_old()

    def _drop_old(self) -> None:
        """In memory too, no more waits than the ring can hold."""
        spare = self._pieces_size - self._ring()
        while len(self._pieces) > 1 and spare >= self._pieces[0].size:
            spare -= self._pieces[0].size
            self._pieces_size -= self._pieces.popleft().size

    def _ring(self) -> int:
        return sum(part.room for part in self._parts[1:])

    def _store(self, offset: int, at_us: int, data: bytes) -> None:
        """One piece, cut where a file is full."""
        if self._parts[1].room <= OVERHEAD:
            return
        if self._at:
            spare = max(len(data) - self._ring(), 0)
            offset, data = offset + spare, data[spare:]
        while data:
            part = self._parts[self._at]
            room = part.room - part.used - OVERHEAD
            if room <= 0:
                self._next()
                continue
            part.write(frames.pack(offset, at_us, data[:room]), anew=not part.used)
            offset, data = offset + len(data[:room]), data[room:]

    def _next(self) -> None:
        self._at = self._at % SEGMENTS + 1
        self._parts[self._at].used = 0


def contents(path: str) -> bytes:
    """Of a file of an output; nothing if it is not there. OSError: it is unreadable."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def stored(path: str) -> list[frames.Frame]:
    """All that is kept of an output, in its order."""
    names = ["head", *(f"tail{n}" for n in range(SEGMENTS))]
    kept = [piece for x in names for piece in frames.unpack(contents(f"{path}.{x}"))]
    return sorted(kept)


def remove(path: str) -> None:
    """Throw an output away."""
    for name in ("head", *(f"tail{n}" for n in range(SEGMENTS))):
        try:
            os.unlink(f"{path}.{name}")
        except OSError:
            # nobody asks for it again, and a disk that fails is no reason to fail
            continue
