"""Whether a connection is read from: what is not read waits with its sender."""

import asyncio
from functools import partial
from typing import Any

from bot.web.turnstile import Turnstile

#: Why a connection is not read from: enough of it waits behind what is being answered;
#: it has read a lot, and others have their turn; its request waits for a turn; aiohttp
#: takes no more.
BEHIND, TURN, REQUEST, TAKER = 1, 2, 4, 8

#: bytes that are read until others have their turn
MOST_A_TURN = 65_536


class Valve:
    """Of one connection; open for as long as nobody wants it shut."""

    __slots__ = ("_read", "_shut", "_transport", "_turnstile")

    def __init__(self, transport: asyncio.Transport, turnstile: Turnstile) -> None:
        self._transport = transport
        self._turnstile = turnstile
        #: the reasons, added up
        self._shut = 0
        #: bytes since its last turn
        self._read = 0

    def shut(self, why: int) -> None:
        """Read no more, until the same is taken back; twice is fine."""
        if not self._shut:
            self._transport.pause_reading()
        self._shut |= why

    def open(self, why: int) -> None:
        """Take that back."""
        if self._shut == why:
            self._transport.resume_reading()
        self._shut &= ~why

    def count(self, nbytes: int) -> None:
        """So much was read; after a lot of it others have their turn."""
        self._read += nbytes
        if self._read >= MOST_A_TURN:
            self.wait()

    def wait(self) -> None:
        """Go on when others have had their turn."""
        self._read = 0
        if not self._shut & TURN and not self._turnstile.passes():
            self.shut(TURN)
            self._turnstile.queue(partial(self.open, TURN))


class Tap:
    """The transport as aiohttp is given it, which has not the only say in reading."""

    def __init__(self, transport: asyncio.Transport, valve: Valve) -> None:
        self._transport = transport
        self._valve = valve

    def pause_reading(self) -> None:
        """Aiohttp has enough."""
        self._valve.shut(TAKER)

    def resume_reading(self) -> None:
        """Aiohttp takes more."""
        self._valve.open(TAKER)

    def get_extra_info(self, name: str, default: object = None) -> Any:
        """Of a connection that has gone meanwhile there is no socket to be set up."""
        if name == "socket" and self._transport.is_closing():
            return default
        return self._transport.get_extra_info(name, default)

    def __getattr__(self, name: str) -> Any:
        """Anything else is as it was."""
        return getattr(self._transport, name)
