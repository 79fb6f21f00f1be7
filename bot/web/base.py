"""What every part of the web room shares: its limits, and what it finds on the app."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.engine.pings import Incoming, Received
from bot.engine.services import Services

#: bytes of a ping's body that are kept, unless the settings say otherwise
BODY_LIMIT = 100_000


class Pings(Protocol):
    """The one service that pings need; `bot.engine.pings.Pings` is the real one."""

    def submit(self, incoming: Incoming) -> asyncio.Future[Received]:
        """Record a ping; done after its commit. What is refused outright is raised."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a client may ask for."""

    #: bytes of a ping's body that are kept; a larger one is read and cut
    body: int = BODY_LIMIT
    #: bytes of a JSON body; a larger one is refused
    json: int = 1_000_000
    #: how long a whole body may take
    body_timeout_s: float = 30.0
    #: how long a connection may take for the next request, or do nothing
    idle_s: float = 15.0
    #: TCP connections at once; further ones are told to come back
    connections: int = 4000
    #: how long requests in progress may go on when the server stops, and then again
    #: how long they may take to notice
    stop_s: float = 4.0


SERVICES = web.AppKey("services", Services)
LIMITS = web.AppKey("limits", Limits)
