"""Which addresses we connect to: judged at the socket that is really dialled.

A filter on host names or in the resolver is bypassed by an address literal.
"""

import ipaddress
import socket

#: cloud metadata services that are not link-local
METADATA = (
    ipaddress.ip_address("fd00:ec2::254"),
    ipaddress.ip_address("100.100.100.200"),
)

AddressInfo = tuple[int, int, int, str, tuple[object, ...]]


class Refused(OSError):
    """This address is never connected to."""


def check(address: str) -> None:
    """Raise Refused for link-local, metadata, multicast and unspecified addresses."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    never = ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in METADATA
    if never:
        raise Refused(f"connections to {address} are never made")


def dial(info: AddressInfo) -> socket.socket:
    """A `socket_factory` for aiohttp's connector."""
    family, kind, proto, _, where = info
    check(str(where[0]))
    made = socket.socket(family, kind, proto)
    made.setblocking(False)
    return made
