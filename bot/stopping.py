"""Ends the parts of the server, each within a time of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from bot.engine.services import Services
from bot.errors import Unavailable
from bot.systemd import Manager

logger = logging.getLogger(__name__)


class Stages:
    """The stages of a stop; whoever was pushed last goes first."""

    def __init__(self, stack: AsyncExitStack, manager: Manager) -> None:
        self._stack = stack
        self._manager = manager

    def push(
        self, limit_s: float, stage: str, stop: Callable[[], Awaitable[None]]
    ) -> None:
        """Give it its time when its turn comes, and go on without it."""
        self._stack.push_async_callback(self._within, limit_s, stage, stop)

    async def _within(
        self, limit_s: float, stage: str, stop: Callable[[], Awaitable[None]]
    ) -> None:
        self._manager.is_stopping(stage, limit_s)
        try:
            async with asyncio.timeout(limit_s):
                await stop()
        except TimeoutError:
            logger.warning("%s did not stop within %s s", stage, limit_s)
        except Unavailable as exc:
            logger.warning("%s stopped without the store: %s", stage, exc)


async def end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel tasks and see them end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def last_sign(engine: Services) -> Callable[[], Awaitable[None]]:
    """The last thing that is stored: until when pings were accepted."""

    async def leave() -> None:
        try:
            await engine.pulse.stop()
        except Unavailable as exc:
            logger.warning("the time of this stop could not be stored: %s", exc)

    return leave
