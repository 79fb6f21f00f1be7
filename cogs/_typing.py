"""While somebody types: only what they typed last is looked for.

A keystroke that another one follows before its turn comes is answered with nothing:
Discord no longer shows that answer to anybody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class _Turns:
    """The keystrokes of one person."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.newest = 0
        self.waiting = 0


class Typing:
    """One look at a time for each person; nothing is kept of whoever has stopped."""

    def __init__(self) -> None:
        self._turns: dict[int, _Turns] = {}

    def __len__(self) -> int:
        """How many people wait for an answer."""
        return len(self._turns)

    async def look(
        self, user_id: int, ask: Callable[[], Awaitable[list[T]]]
    ) -> list[T]:
        """What `ask` finds, or nothing if the person has typed on meanwhile."""
        turns = self._turns.setdefault(user_id, _Turns())
        turns.newest += 1
        turns.waiting += 1
        number = turns.newest
        try:
            async with turns.lock:
                return await ask() if number == turns.newest else []
        finally:
            turns.waiting -= 1
            if not turns.waiting:
                del self._turns[user_id]
