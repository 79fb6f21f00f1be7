"""A loop shows that it is alive, and how late it was woken."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.clock import SystemClock
from bot.engine.loop import Loop
from bot.engine.wakes import Alarm
from bot.errors import Unavailable


async def nothing() -> bool:
    """A step with nothing to do."""
    return False


async def never() -> None:
    """There is no next moment."""


@asynccontextmanager
async def running(loop: Loop) -> AsyncIterator[None]:
    """A loop that runs until the end of the block."""
    task = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


async def test_it_ticks_once_it_runs_and_while_it_waits_for_the_store() -> None:
    clock, asked = SystemClock(), 0

    async def refused() -> bool:
        nonlocal asked
        asked += 1
        raise Unavailable

    loop = Loop("short", step=refused, next_at=never, alarm=Alarm(), clock=clock)
    ticks = [loop.ticked_at]
    async with running(loop):
        await until(lambda: asked == 2)
        ticks.append(loop.ticked_at)
    first, last = ticks
    assert first is None
    assert last is not None
    assert clock.monotonic() - last < 1


async def test_it_tells_how_late_it_woke() -> None:
    told: list[float] = []
    clock = SystemClock()
    loop = Loop(
        "short",
        step=nothing,
        next_at=never,
        alarm=Alarm(),
        clock=clock,
        on_late=told.append,
    )
    async with running(loop):
        await asyncio.sleep(0.1)
        # nothing else runs meanwhile: what is measured is a real stall
        time.sleep(1.3)
        await until(lambda: told)
    assert 0.25 < told[0] < 3
