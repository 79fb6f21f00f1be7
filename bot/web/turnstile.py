"""Lets requests in a few at a time, so that a flood of them does not hold up pings.

Each turn of the event loop handles all that has come. With fifty requests of the API in
a turn, a ping that needs five turns waits for two hundred and fifty of them; with four,
for twenty. As many requests are answered in the end: the turns are shorter, and more.
"""

import asyncio
from collections import deque

#: requests in each turn of the loop
MOST_A_TURN = 4


class Turnstile:
    """Everybody who comes in waits for a turn with room; first come, first served."""

    def __init__(self, most: int = MOST_A_TURN) -> None:
        self._most = most
        #: let in within this turn
        self._let_in = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Return when it is one's turn."""
        loop = asyncio.get_running_loop()
        if self._let_in == 0 and not self._waiting:
            loop.call_soon(self._turn)
        if self._let_in < self._most and not self._waiting:
            self._let_in += 1
            return
        place = loop.create_future()
        self._waiting.append(place)
        await place

    def _turn(self) -> None:
        self._let_in = 0
        while self._waiting and self._let_in < self._most:
            place = self._waiting.popleft()
            # whoever has gone away meanwhile takes no place
            if not place.done():
                place.set_result(None)
                self._let_in += 1
        if self._let_in or self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)
