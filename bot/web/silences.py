"""Whether a connection does anything, looked at now and then."""

#: looks between which a connection may do nothing
MOST = 3


class Silence:
    """How often in a row nothing was seen to happen on one connection."""

    __slots__ = ("_looks", "_unsent")

    def __init__(self) -> None:
        self._looks = 0
        #: bytes that the client had not read at the last look
        self._unsent = 0

    def end(self) -> None:
        """It was answered."""
        self._looks = 0

    def is_too_long(self, *, works: bool, unsent: int) -> bool:
        """Look at it: something is work in progress, or bytes that were read."""
        before, self._unsent = self._unsent, unsent
        if (works and not unsent) or unsent < before:
            return False
        self._looks += 1
        return self._looks >= MOST
