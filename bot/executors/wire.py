"""How the supervisor and its client talk: JSON behind its length, on a Unix socket.

Both ends may be of different releases. PROTOCOL is part of the socket's name, so a
release that speaks another one starts a supervisor of its own beside the old one; what
a message has beyond what its reader knows is ignored.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any

PROTOCOL = 1
#: the folder of all output, below that of the runs
OUTPUTS = "output"
#: more than a thousand orders with large environments
MESSAGE_LIMIT = 64 << 20
#: the variable that every process of a run carries, unless it takes care not to
MARK = "CRONITOR_RUN_MARK"

_LENGTH = struct.Struct("!I")

Message = dict[str, Any]


def name(protocol: int = PROTOCOL) -> str:
    """What the files of a supervisor that speaks it are called, without the ending."""
    return f"supervisor-{protocol}"


def mark(folder: str, run_id: str) -> str:
    """The value of MARK: there may be more than one supervisor on a machine."""
    return f"{run_id}@{zlib.crc32(os.fsencode(folder)):08x}"


def encode(message: Message) -> bytes:
    """The message as it goes over the socket."""
    text = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(text)) + text


class Decoder:
    """Puts messages together again from what a socket delivers."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are complete now; ValueError if it is no message."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MESSAGE_LIMIT:
                raise ValueError("a message is too long")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            message = json.loads(self._buffer[_LENGTH.size : end])
            if not isinstance(message, dict):
                raise ValueError("a message is no object")
            del self._buffer[:end]
            yield message
