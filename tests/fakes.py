"""Stand-ins that keep the contracts of the real ones."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.core.models import Outgoing
from bot.errors import NotifyError

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class FakeClock:
    """A clock that stands until a test moves it; see `bot.clock.Clock`."""

    def __init__(self, at: datetime = T0) -> None:
        self._now = at
        self._monotonic = 1000.0
        self._moved: list[asyncio.Future[None]] = []

    def now(self) -> datetime:
        """The moment that the test has set."""
        return self._now

    def monotonic(self) -> float:
        """Moves with `now`."""
        return self._monotonic

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Wait for the event, or until the test has let enough time pass."""
        until = self._monotonic + timeout_s
        while not event.is_set() and self._monotonic < until:
            moved = asyncio.get_running_loop().create_future()
            self._moved.append(moved)
            is_set = asyncio.ensure_future(event.wait())
            try:
                await asyncio.wait({moved, is_set}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                is_set.cancel()

    def advance(self, delta: timedelta) -> datetime:
        """Let time pass."""
        self._now += delta
        self._monotonic += delta.total_seconds()
        for future in self._moved:
            if not future.done():
                future.set_result(None)
        self._moved.clear()
        return self._now

    def set(self, at: datetime) -> None:
        """Jump to a moment."""
        self.advance(at - self._now)


class FakeNotifier:
    """A place that keeps what it takes; `failures` are raised first, one a call."""

    def __init__(self, name: str = "log") -> None:
        self.name = name
        self.at_once = 16
        self.taken: list[Outgoing] = []
        self.failures: list[NotifyError] = []

    async def send(self, outgoing: Outgoing) -> None:
        """Take it, or fail as the test wants."""
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(outgoing)

    async def close(self) -> None:
        """Nothing to let go of."""

    def kinds(self) -> list[str]:
        """The kinds of what was taken, in order; silent ones in brackets."""
        return [str(o.kind) if o.sounds else f"({o.kind})" for o in self.taken]
