"""How output lies on disk: pieces with their place and their time.

A piece says where in the whole output it stands, so what was left out is the gap before
it, and a file that was cut off at any byte still gives all pieces before that.
"""

import struct
from collections.abc import Iterator

#: offset in the whole output, microseconds since 1970 in UTC, length
_HEAD = struct.Struct("!QQI")
OVERHEAD = _HEAD.size

#: offset, time, what was written
Frame = tuple[int, int, bytes]


def pack(offset: int, at_us: int, data: bytes) -> bytes:
    """One piece as it is stored."""
    return _HEAD.pack(offset, at_us, len(data)) + data


def unpack(stored: bytes) -> Iterator[Frame]:
    """All whole pieces."""
    place = 0
    while place + OVERHEAD <= len(stored):
        offset, at_us, length = _HEAD.unpack_from(stored, place)
        end = place + OVERHEAD + length
        if end > len(stored):
            return
        yield offset, at_us, stored[place + OVERHEAD : end]
        place = end


def length_of(stored: bytes) -> int:
    """How much of a file is whole pieces."""
    return sum(OVERHEAD + len(data) for _, _, data in unpack(stored))
