"""Waiting for a condition over the state, woken by each change of it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

#: how long anything may take on a slow and busy machine
PATIENCE_S = 30.0

T = TypeVar("T")


class Changes:
    """Wakes whoever waits; notified of each change of the state."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def notify(self) -> None:
        """Let everybody look again."""
        for event in self._waiting:
            event.set()

    async def until(
        self,
        condition: Callable[[], T],
        what: str | Callable[[], str] = "the condition",
        *,
        patience_s: float = PATIENCE_S,
    ) -> T:
        """The first value of the condition that is true; AssertionError if none is."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(patience_s):
                while not (found := condition()):
                    event.clear()
                    await event.wait()
        except TimeoutError:
            text = what if isinstance(what, str) else what()
            raise AssertionError(f"waited {patience_s} s in vain for {text}") from None
        finally:
            self._waiting.discard(event)
        return found
