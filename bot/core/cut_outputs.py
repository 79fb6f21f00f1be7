"""Outputs of which the middle was left out: the mark for it, and what is new of one."""

import re
from collections.abc import Sequence

_MARK = re.compile(rb"\n\[\.\.\. (\d{1,18}) bytes left out \.\.\.\]\n")


def mark(count: int) -> bytes:
    """What stands for so many bytes."""
    return b"\n[... %d bytes left out ...]\n" % count


def unread(stored: bytes, size: int, at: int) -> bytes:
    """What of a stored output lies behind an offset; `size`: that of all that came."""
    cuts = _cuts(stored, size)
    if not cuts and size > len(stored):
        # what is left out is not known to be where: the end is there for certain
        return stored[-(size - at) :] if 0 < size - at <= len(stored) else b""
    found, begin, read = bytearray(), 0, 0
    for cut in cuts:
        text, count = stored[read : cut.start()], int(cut[1])
        found += text[max(at - begin, 0) :]
        begin, read = begin + len(text) + count, cut.end()
        if begin > at:
            found += mark(min(count, begin - at))
    found += stored[read:][max(at - begin, 0) :]
    return bytes(found)


def _cuts(stored: bytes, size: int) -> Sequence[re.Match[bytes]]:
    """The marks in it, not those that the run has printed itself."""
    marks = list(_MARK.finditer(stored))
    for cuts in (marks, *([each] for each in marks)):
        missing = sum(int(cut[1]) - len(cut[0]) for cut in cuts)
        if len(stored) + missing == size:
            return cuts
    return ()
