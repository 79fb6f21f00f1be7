"""How many connections there may be, in all and from one address, and which one goes.

A newcomer is let in for as long as somebody can be sent away for it: whoever holds a
connection and does nothing with it. So ten thousand idle connections keep nobody out.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

#: one address gets one in so many of all connections
_SHARE = 4
#: so many are looked at to find one that can go
_LOOKED_AT = 64
#: whoever has one address of IPv6 has all of such a network
_IPV6_PREFIX = 64


class Guest(Protocol):
    """A connection as it is counted."""

    #: where it is from; empty: the Unix socket
    address: str
    #: it was answered since it was looked at last
    active: bool

    @property
    def is_working(self) -> bool:
        """The server does something for it: it cannot go now."""
        ...

    def abort(self) -> None:
        """End it at once."""
        ...


class Shares:
    """Who is here, in all and by address; the longest here come first."""

    def __init__(self, most: int, is_trusted: Callable[[str], bool]) -> None:
        self._most = most
        self._most_of_one = max(1, most // _SHARE)
        self._is_trusted = is_trusted
        self._all: dict[Guest, None] = {}
        self._of: dict[str, dict[Guest, None]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    @property
    def is_full(self) -> bool:
        """Whether there is room for nobody, whoever comes."""
        return len(self._all) >= self._most

    def guests(self) -> list[Guest]:
        """Everybody who is here now."""
        return list(self._all)

    def admit(self, guest: Guest) -> bool:
        """Take a newcomer in, in the place of another one if need be.

        False: its address has its share already, or all are working.
        """
        source = self._source(guest)
        own = self._of.get(source, {})
        if source and len(own) >= self._most_of_one and not self._end_one(own):
            return False
        if len(self._all) >= self._most and not self._end_one(self._all):
            return False
        self._all[guest] = None
        self._of.setdefault(source, {})[guest] = None
        return True

    def remove(self, guest: Guest) -> None:
        """It is gone; twice is fine."""
        if guest not in self._all:
            return
        del self._all[guest]
        source = self._source(guest)
        own = self._of[source]
        del own[guest]
        if not own:
            del self._of[source]

    def _source(self, guest: Guest) -> str:
        """What its share goes by; empty: it is limited by the number of all alone."""
        return "" if self._is_trusted(guest.address) else source_of(guest.address)

    def _end_one(self, among: dict[Guest, None]) -> bool:
        """Send the one away that has been of no use for longest."""
        found: Guest | None = None
        for _ in range(min(_LOOKED_AT, len(among))):
            guest = next(iter(among))
            if not guest.is_working and (found is None or not guest.active):
                found = guest
                if not guest.active:
                    break
            # it gets a second chance, behind all others
            guest.active = False
            del among[guest]
            among[guest] = None
        if found is None:
            return False
        self.remove(found)
        found.abort()
        return True


@lru_cache(maxsize=4096)
def source_of(address: str) -> str:
    """Whom an address stands for; empty for this machine, which has no share."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    known = getattr(found, "ipv4_mapped", None) or found
    if known.is_loopback:
        return ""
    if known.version == _IPV4:
        return str(known)
    return str(ipaddress.ip_network((known, _IPV6_PREFIX), strict=False))


_IPV4 = 4
