"""Where a connection belongs, as far as it knows."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from bot.web.base import Handed, Limits
from bot.web.bodies import Bodies
from bot.web.forwarded import Proxies
from bot.web.pings import Receiver
from bot.web.shares import Guest
from bot.web.turnstile import Turnstile


class Resident(Guest, Protocol):
    """A connection, as the place knows it where it belongs."""

    @property
    def is_handed(self) -> bool:
        """Whether aiohttp has it."""
        ...

    @property
    def pending(self) -> asyncio.Future[Any] | None:
        """What is done when the request in progress has come further; None: none is.

        Of those that aiohttp has not.
        """
        ...

    def note_quiet(self) -> None:
        """Called now and then; several times with nothing between is the end."""
        ...

    def close_when_idle(self) -> None:
        """The server stops: close now, or after the answer in progress."""
        ...

    def break_off(self) -> None:
        """The server waits no more for what is to come."""
        ...


class Home(Protocol):
    """What a connection finds where it belongs; the real one is in `connections`."""

    receiver: Receiver
    bodies: Bodies
    handed: Handed
    #: makes what aiohttp has for a connection
    others: Callable[[], asyncio.Protocol]
    proxies: Proxies
    turnstile: Turnstile
    limits: Limits

    @property
    def closing(self) -> bool:
        """The server stops: no further request is taken."""
        ...

    def admit(self, connection: Resident) -> bool:
        """It was made: take it in, unless there is no place for it."""
        ...

    def remember(self) -> bool:
        """It is gone, and its request waits: whether to keep that, until `forget`."""
        ...

    def forget(self) -> None:
        """Such a request is not kept any more."""
        ...

    def remove(self, connection: Resident) -> None:
        """It has ended."""
        ...
