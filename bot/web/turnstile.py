"""Lets requests in a few at a time, so that a flood of them does not hold up pings.

Each turn of the event loop handles all that has come. With fifty requests of the API in
a turn, a ping that needs five turns waits for two hundred and fifty of them; with one,
for five. As many are answered in the end: the turns are shorter, and more.

While pings are on their way to the disk, one is let in a millisecond. The thread that
stores them needs the interpreter's lock again and again, and beside a loop that never
rests it gets it every five milliseconds. In a flood it is one a millisecond as well:
what such requests cost before and after their turn is felt by all, too.

Through it go requests of the API, whoever's last ping was refused, and bodies that are
large.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import web

#: requests in each turn of the loop
MOST_A_TURN = 1
#: with more waiting than that it is a flood
CROWD = 16
#: between two of them in a flood, or while pings are being stored
APART_S = 0.001


class Turnstile:
    """Everybody who comes in waits for a turn with room; first come, first served."""

    def __init__(
        self,
        most: int = MOST_A_TURN,
        *,
        is_storing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._most = most
        self._is_storing = is_storing
        #: let in within this turn
        self._let_in = 0
        #: one has come in, and the next has to wait for a while
        self._pauses = False
        self._waiting: deque[Callable[[], None]] = deque()
        self._turns = False

    async def enter(self) -> None:
        """Return when it is one's turn."""
        if self.passes():
            return
        place = asyncio.get_running_loop().create_future()
        self.queue(lambda: None if place.done() else place.set_result(None))
        await place

    def passes(self) -> bool:
        """Whether one may come in at once, and then one is in."""
        if self._waiting or not self._has_room():
            return False
        self._go_on_turning()
        return True

    def queue(self, enter: Callable[[], None]) -> None:
        """Call this when it is its turn, and not before the next."""
        self._waiting.append(enter)
        self._go_on_turning()

    def _has_room(self) -> bool:
        """Whether one more may come in; then it is counted."""
        if self._is_storing() or len(self._waiting) > CROWD:
            if self._pauses:
                return False
            self._pauses = True
            asyncio.get_running_loop().call_later(APART_S, self._resume)
        elif self._let_in >= self._most:
            return False
        self._let_in += 1
        return True

    def _resume(self) -> None:
        self._pauses = False
        if not self._turns:
            self._turn()

    def _go_on_turning(self) -> None:
        # after a pause there is a turn anyway
        if not self._turns and not self._pauses:
            self._turns = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._turns = False
        self._let_in = 0
        try:
            while self._waiting and self._has_room():
                self._waiting.popleft()()
        finally:
            if self._let_in or self._waiting:
                self._go_on_turning()


#: that of requests over TCP
TURNSTILE = web.AppKey("turnstile", Turnstile)
