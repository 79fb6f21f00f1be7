"""What every part of the web room shares: its limits, and what it finds on the app."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.engine.pings import Incoming, Received
from bot.engine.services import Services
from bot.web.forwarded import Proxies

#: bytes of a ping's body that are kept, unless the settings say otherwise
BODY_LIMIT = 100_000


class Pings(Protocol):
    """The one service that pings need; `bot.engine.pings.Pings` is the real one."""

    def submit(self, incoming: Incoming) -> asyncio.Future[Received]:
        """Record a ping; done after its commit. What is refused outright is raised."""
        ...

    @property
    def are_waiting(self) -> bool:
        """Whether pings are on their way to the disk."""
        ...

    def turned_away(self) -> None:
        """Somebody could not even say what it was: it may have been a ping."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a client may ask for."""

    #: bytes of a ping's body that are kept; a larger one is read and cut
    body: int = BODY_LIMIT
    #: bytes of a JSON body; a larger one is refused
    json: int = 1_000_000
    #: bytes of the body of a webhook's request; a larger one is refused
    payload: int = 1_000_000
    #: how long a whole body may take
    body_timeout_s: float = 30.0
    #: how long a connection may take for the next request, or do nothing
    idle_s: float = 15.0
    #: TCP connections at once, a quarter of them from one address; a further one takes
    #: the place of an idle one, or is told to come back
    connections: int = 4000
    #: connections at once over the Unix socket
    local_connections: int = 64
    #: bytes of bodies that are coming in; past it, the oldest is cut where it is
    bodies: int = 64_000_000
    #: how long requests in progress may go on when the server stops, and then again
    #: how long they may take to notice
    stop_s: float = 4.0


SERVICES = web.AppKey("services", Services)
LIMITS = web.AppKey("limits", Limits)
PROXIES = web.AppKey("proxies", Proxies)


class Busy(Protocol):
    """The connection of a request of aiohttp, as far as others care."""

    address: str
    #: the request is whole, or its caller is known: it is not broken off
    is_needed: bool

    def begin(self) -> None:
        """Aiohttp has a request of it; its body stays where it is for now."""
        ...

    def admit(self) -> None:
        """It is the turn of that."""
        ...

    def end(self) -> None:
        """That is answered."""
        ...


#: the connections that aiohttp has, by its protocol
Handed = dict[asyncio.BaseProtocol, Busy]
HANDED = web.AppKey("handed", Handed)


def keep_open(request: web.Request) -> None:
    """Whatever else comes, the connection is kept until this request is answered."""
    connection = request.app[HANDED].get(request.protocol)
    if connection is not None:
        connection.is_needed = True
