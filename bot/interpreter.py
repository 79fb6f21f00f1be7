"""How Python is set up for a server: its event loop, and its search for garbage."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

#: objects that are made between two searches for those that keep each other alive
BETWEEN = 50_000


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed: a ping costs a quarter less with it."""
    try:
        import uvloop
    except ImportError:
        return None
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


def run(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, on the fastest event loop that there is."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)


def settle() -> None:
    """What the start has made stays: searches pass it over, and come seldom.

    Pings leave nothing to search for, but make so much that it went on all the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(BETWEEN)
