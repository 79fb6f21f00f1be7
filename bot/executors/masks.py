"""Keeps secrets out of what is stored, wherever the chunks of an output end."""

import re
from collections.abc import Iterable

MASK = b"***"


class Masker:
    """Replaces each secret; holds back the end of a chunk that may begin one.

    What comes out is the same however the input is cut: at each place the longest
    secret wins. What is held back is at most one byte less than the longest secret,
    and never let go before it is known to be none.
    """

    __slots__ = ("_first", "_held", "_longest", "_pattern", "_secrets")

    def __init__(self, secrets: Iterable[bytes] = ()) -> None:
        self._secrets = sorted({x for x in secrets if x}, key=len, reverse=True)
        self._held = b""
        self._longest = len(self._secrets[0]) if self._secrets else 0
        self._pattern = re.compile(b"|".join(map(re.escape, self._secrets)))
        firsts = {re.escape(secret[:1]) for secret in self._secrets}
        self._first = re.compile(b"|".join(sorted(firsts)))

    def feed(self, data: bytes) -> bytes:
        """What may be stored now."""
        if not self._secrets:
            return data
        data = self._held + data
        out: list[bytes] = []
        done = 0
        for match in self._matches(data):
            if match.start() >= self._hold(data, done):
                break
            out += (data[done : match.start()], MASK)
            done = match.end()
        hold = self._hold(data, done)
        self._held = data[hold:]
        return b"".join((*out, data[done:hold]))

    def end(self) -> bytes:
        """What was held back: nothing follows it."""
        if not self._held:
            return b""
        held, self._held = self._held, b""
        return self._pattern.sub(MASK, held)

    def _matches(self, data: bytes) -> Iterable[re.Match[bytes]]:
        """A plain search is many times faster, and most often finds nothing."""
        if any(secret in data for secret in self._secrets):
            return self._pattern.finditer(data)
        return ()

    def _hold(self, data: bytes, start: int) -> int:
        """Where the first secret may begin that the data does not end."""
        for match in self._first.finditer(
            data, max(start, len(data) - self._longest + 1)
        ):
            rest = data[match.start() :]
            if any(len(x) > len(rest) and x.startswith(rest) for x in self._secrets):
                return match.start()
        return len(data)
