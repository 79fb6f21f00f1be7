"""Whom a ping is from when it comes through a proxy.

Anybody can send `X-Forwarded-For`, so only what a trusted proxy has added to it counts:
from the right, past every trusted address, to the first that is not.
"""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: a proxy may add the port, as 192.0.2.1:4711 or [2001:db8::1]:4711
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
#: more proxies than this are no chain
_MOST_HOPS = 20


class Proxies:
    """The proxies that are believed; by default none."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks = [read_network(each) for each in networks]
        self._trusts = lru_cache(maxsize=4096)(self._looks)

    def trusts(self, address: str) -> bool:
        """Whether it is the address of one of them."""
        return bool(self._networks) and self._trusts(address)

    def client(self, peer: str, forwarded: str) -> str:
        """Whose request it is: `forwarded` is the header, its lines joined by commas.

        Garbage in it ends the search: then it is from the last address before that.
        """
        if not forwarded or not self.trusts(peer):
            return peer
        known = peer
        for hop in reversed(forwarded.split(",")[-_MOST_HOPS:]):
            address = read_address(hop)
            if address is None:
                return known
            known = str(address)
            if not self.trusts(known):
                return known
        return known

    def _looks(self, address: str) -> bool:
        found = read_address(address)
        return found is not None and any(found in each for each in self._networks)


def read_address(text: str) -> _Address | None:
    """An address, with or without a port and quotes; None for anything else."""
    text = text.strip(" \t\"'")
    found = _WITH_PORT.fullmatch(text)
    bare = (found[1] or found[2]) if found else text
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def read_network(text: str) -> Network:
    """An address or a network; ValueError for anything else."""
    return ipaddress.ip_network(text.strip())
