"""Lets requests in a few at a time, so that a flood of them does not hold up pings.

Each turn of the event loop handles all that has come. With fifty requests of the API in
a turn, a ping that needs five turns waits for two hundred and fifty of them; with two,
for ten. As many are answered in the end: the turns are shorter, and more.

Requests of the API go through it, and whoever's last ping was refused.
"""

import asyncio
from collections import deque
from collections.abc import Callable

#: requests in each turn of the loop
MOST_A_TURN = 2


class Turnstile:
    """Everybody who comes in waits for a turn with room; first come, first served."""

    def __init__(self, most: int = MOST_A_TURN) -> None:
        self._most = most
        #: let in within this turn
        self._let_in = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._turns = False

    async def enter(self) -> None:
        """Return when it is one's turn."""
        if self._let_in < self._most and not self._waiting:
            self._let_in += 1
            self._go_on_turning()
            return
        place = asyncio.get_running_loop().create_future()
        self.queue(lambda: None if place.done() else place.set_result(None))
        await place

    def queue(self, enter: Callable[[], None]) -> None:
        """Call this when it is its turn, and not before the next."""
        self._waiting.append(enter)
        self._go_on_turning()

    def _go_on_turning(self) -> None:
        if not self._turns:
            self._turns = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._turns = False
        self._let_in = 0
        while self._waiting and self._let_in < self._most:
            self._let_in += 1
            self._waiting.popleft()()
        if self._let_in:
            self._go_on_turning()
