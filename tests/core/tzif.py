"""The tables in time zone files (RFC 9636), read without zoneinfo."""

import struct
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import TZPATH

_HEADER = struct.Struct(">4sc15x6l")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def changes(name: str, year: int) -> list[tuple[datetime, timedelta]]:
    """Each change of offset that the file lists from the year on, and the new offset.

    What follows from the rule at the file's end is not listed.
    """
    data = _read(name)
    _, _, *counts = _HEADER.unpack_from(data)
    # the first block is the same with 32 bits: skip it
    start = _HEADER.size + _size(counts, 4)
    _, _, *counts = _HEADER.unpack_from(data, start)
    listed, kinds = counts[3], counts[4]
    times = start + _HEADER.size
    indexes = times + 8 * listed
    types = indexes + listed
    offsets = [struct.unpack_from(">l", data, types + 6 * n)[0] for n in range(kinds)]
    found = []
    before = offsets[0]
    for n in range(listed):
        at = _EPOCH + timedelta(seconds=_time(data, times, n))
        after = offsets[data[indexes + n]]
        if after != before and at.year >= year:
            found.append((at, timedelta(seconds=after)))
        before = after
    return found


def _time(data: bytes, start: int, n: int) -> int:
    seconds: int = struct.unpack_from(">q", data, start + 8 * n)[0]
    return max(seconds, -(10**10))


def _size(counts: list[int], width: int) -> int:
    utc_marks, standard_marks, leaps, times, kinds, letters = counts
    return (
        times * (width + 1)
        + kinds * 6
        + letters
        + leaps * (width + 4)
        + standard_marks
        + utc_marks
    )


def _read(name: str) -> bytes:
    for folder in TZPATH:
        path = Path(folder, name)
        if path.is_file():
            return path.read_bytes()
    return files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()
