"""Stand-ins that keep the contracts of the real ones."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.core.models import Outgoing
from bot.errors import NotifyError

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class FakeClock:
    """A clock that stands until a test moves it; see `bot.clock.Clock`."""

    #: the machine that it is on was started once more
    boot = "first"
    #: a healthy process looks at the clock at least this often
    LOOKS_EVERY = timedelta(seconds=4)

    def __init__(self, at: datetime = T0) -> None:
        self._now = at
        self._monotonic = 1000.0
        self._boot = 5000.0
        #: called again and again while time passes as usual
        self.looks: list[Callable[[], object]] = []
        self._moved: list[asyncio.Future[None]] = []

    def now(self) -> datetime:
        """The moment that the test has set."""
        return self._now

    def monotonic(self) -> float:
        """Moves with `now`."""
        return self._monotonic

    def since_boot(self) -> float:
        """Moves with `monotonic`, and while the machine sleeps."""
        return self._boot

    def boot_id(self) -> str:
        """Of the machine that the test is on."""
        return self.boot

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
        """Let time pass, and whoever looks at it do so all the while."""
        while self.looks and delta > self.LOOKS_EVERY:
            self._pass(self.LOOKS_EVERY)
            delta -= self.LOOKS_EVERY
            for look in self.looks:
                look()
        self._pass(delta)
        return self._wake()

    def stall(self, delta: timedelta) -> datetime:
        """Let time pass while nobody comes to look."""
        self._pass(delta)
        return self._wake()

    def suspend(self, delta: timedelta) -> datetime:
        """The machine sleeps."""
        self._now += delta
        self._boot += delta.total_seconds()
        return self._wake()

    def step(self, delta: timedelta) -> datetime:
        """Somebody sets the clock, forward or back."""
        self._now += delta
        return self._wake()

    def _pass(self, delta: timedelta) -> None:
        self._now += delta
        self._monotonic += delta.total_seconds()
        self._boot += delta.total_seconds()

    def _wake(self) -> datetime:
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
