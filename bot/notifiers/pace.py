"""Keeps within a limit of so many sends in so many seconds, so that none is refused.

A send gives its place back a whole window after its answer: the place that limits has
had it before that, so that it never counts one too many, whenever its window began.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from heapq import heappop, heappush
from itertools import count

#: what Discord allows in a channel; it is told with each answer and may be changed
MOST = 5
WINDOW_S = 5.0


class Pace:
    """Lets `most` sends begin in each window; whoever is urgent goes first."""

    def __init__(self, most: int, window_s: float) -> None:
        self._free = most
        self._window_s = window_s
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Wait for a place; it is taken until a window after the end of the block."""
        await self._enter(urgent)
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(self._window_s, self._leave)

    async def _enter(self, urgent: bool) -> None:
        if self._free:
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (not urgent, next(self._numbers), place))
        try:
            await place
        except asyncio.CancelledError:
            # it had been given a place that it does not use
            if place.done() and not place.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        self._free += 1
        with suppress(IndexError):
            while self._free:
                _, _, place = heappop(self._waiting)
                if not place.done():
                    self._free -= 1
                    place.set_result(None)


class Paces:
    """One pace for each key."""

    def __init__(self) -> None:
        self._paces: dict[object, Pace] = {}

    def of(self, key: object) -> Pace:
        """The pace of a channel's sends, or of its edits."""
        return self._paces.setdefault(key, Pace(MOST, WINDOW_S))
