"""All TCP connections: how many there may be, and when they end."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from aiohttp import web

from bot.web import silences
from bot.web.base import HANDED, Limits
from bot.web.bodies import BODIES
from bot.web.connection import Connection
from bot.web.forwarded import Proxies
from bot.web.homes import Resident
from bot.web.pings import RECEIVER
from bot.web.shares import Shares
from bot.web.turnstile import Turnstile

#: requests that are kept although who sent them has gone; at the most 16 kB each
_MOST_KEPT = 1000

Factory = Callable[[], asyncio.Protocol]


class Connections:
    """Those of one listener."""

    def __init__(
        self,
        app: web.Application,
        others: Factory,
        *,
        turnstile: Turnstile,
        limits: Limits,
        proxies: Proxies,
    ) -> None:
        self.receiver = app[RECEIVER]
        self.bodies = app[BODIES]
        self.handed = app[HANDED]
        self.others = others
        self.proxies = proxies
        self.turnstile = turnstile
        self.limits = limits
        self._open: set[Resident] = set()
        self.shares = Shares(limits.connections, proxies.trusts)
        #: requests of those who have gone
        self._kept = 0
        self._closing = False
        self._sweeper: asyncio.TimerHandle | None = None

    def __call__(self) -> asyncio.BufferedProtocol:
        """The protocol of a new connection."""
        return Connection(self)

    def admit(self, connection: Resident) -> bool:
        """It was made: take it in, unless there is no place for it."""
        if not self.shares.admit(connection):
            # one address that takes more than its share tells nothing of others
            if self.shares.is_full:
                self.receiver.turned_away()
            return False
        self._open.add(connection)
        return True

    def remove(self, connection: Resident) -> None:
        """It has ended."""
        self.shares.remove(connection)
        self._open.discard(connection)

    def remember(self) -> bool:
        """It is gone, and its request waits: whether to keep that, until `forget`."""
        if self._kept >= _MOST_KEPT:
            self.receiver.turned_away()
            return False
        self._kept += 1
        return True

    def forget(self) -> None:
        """Such a request is not kept any more."""
        self._kept -= 1

    @property
    def closing(self) -> bool:
        """The server stops: no further request is taken."""
        return self._closing

    def sweep(self) -> None:
        """Close what does nothing, now and again and again."""
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(self.limits.idle_s / silences.MOST, self.sweep)
        for connection in list(self._open):
            connection.note_quiet()

    async def close(self) -> None:
        """Let what is being answered end, within its time, and close everything.

        What aiohttp has is left to it.
        """
        self._closing = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        own = [each for each in self._open if not each.is_handed]
        for connection in own:
            connection.close_when_idle()
        await _settled(own, self.limits.stop_s)
        for connection in own:
            connection.break_off()
        await _settled(own, self.limits.stop_s)
        for connection in own:
            connection.abort()


async def _settled(connections: Iterable[Resident], within_s: float) -> None:
    """Return when none of them does anything, or when that takes too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while pending := [
                each.pending for each in connections if each.pending is not None
            ]:
                await asyncio.wait(pending)
