"""The way through to aiohttp, for a connection whose requests are no plain pings."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from bot.web import wire
from bot.web.base import Handed
from bot.web.valves import REQUEST, Tap, Valve

#: aiohttp begins to answer what has come, before that is taken for the end
_ANSWERED_WITHIN_S = 0.2


class Passage:
    """What aiohttp has of a connection, and whether it is at work."""

    __slots__ = (
        "_answered",
        "_handed",
        "_is_due",
        "_other",
        "_transport",
        "_valve",
        "address",
        "is_admitted",
        "is_busy",
        "is_needed",
    )

    def __init__(
        self,
        other: asyncio.Protocol,
        transport: asyncio.Transport,
        *,
        valve: Valve,
        handed: Handed,
        address: str,
        answered: Callable[[], None],
    ) -> None:
        """`answered` is called whenever a request is."""
        self._other = other
        self._transport = transport
        self._valve = valve
        self._handed = handed
        self._answered = answered
        self.address = address
        #: there will be a request in a moment
        self._is_due = False
        #: there is one
        self.is_busy = False
        #: it has had its turn, so that the rest of it is read
        self.is_admitted = False
        self.is_needed = False
        handed[other] = self
        tap = Tap(transport, valve)
        other.connection_made(cast(asyncio.Transport, tap))

    def begin_with(self, data: bytes) -> None:
        """That came first; with a head in it, there is a request in a moment."""
        self._is_due = wire.has_head(data)
        if self._is_due:
            self._valve.shut(REQUEST)
        self._other.data_received(data)

    def feed(self, data: bytes) -> None:
        """That came."""
        self._other.data_received(data)

    def begin(self) -> None:
        """Aiohttp has a request of it; its body stays where it is for now."""
        self.is_busy, self._is_due = True, False
        self._valve.shut(REQUEST)

    def admit(self) -> None:
        """It is the turn of that."""
        self.is_admitted = True
        self._valve.open(REQUEST)

    def end(self) -> None:
        """That is answered."""
        self.is_busy = self.is_needed = self.is_admitted = False
        self._valve.open(REQUEST)
        self._answered()

    def choke(self, *, is_choked: bool) -> None:
        """Whether the client reads its answers has changed."""
        if is_choked:
            self._other.pause_writing()
        else:
            self._other.resume_writing()

    def end_soon(self, *, waited: bool = False) -> None:
        """Close when aiohttp has answered; a body that is not whole ends here."""
        if waited and not self.is_needed:
            self._transport.close()
            return
        loop = asyncio.get_running_loop()
        loop.call_later(_ANSWERED_WITHIN_S, partial(self.end_soon, waited=True))

    def close(self, exc: Exception | None) -> None:
        """The connection is gone; what came of it counts."""
        if self._is_due:
            loop = asyncio.get_running_loop()
            loop.call_later(_ANSWERED_WITHIN_S, self._close, exc)
        else:
            self._close(exc)

    def _close(self, exc: Exception | None) -> None:
        self._handed.pop(self._other, None)
        self._other.connection_lost(exc)
