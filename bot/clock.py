"""The only reader of the time: everything else is handed a Clock or a moment."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from; tests hand in one that they move themselves."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC: what decisions are made with."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back: what sleeps and durations are made with."""
        ...

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Return when `event` is set or after `timeout_s`, whichever is first."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Return when `event` is set or after `timeout_s`, whichever is first."""
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return
