"""The only reader of the time: everything else is handed a Clock or a moment.

`cronitor exec` starts with every job of a machine and pays for each import here, so
what takes milliseconds is imported where it is used.
"""

import time

# as typing has it, which takes longer to import than this module
TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from datetime import datetime
    from typing import Protocol
else:
    Protocol = object

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
#: what was read of it: it stays as long as the process can live
_boot_ids: list[str] = []


def _boot_id() -> str:
    if not _boot_ids:
        try:
            with open(_BOOT_ID, encoding="utf-8") as file:
                _boot_ids.append(file.read().strip())
        except (OSError, ValueError):
            _boot_ids.append("")
    return _boot_ids[0]


#: reads the wall time; looked up once, since it is read for every ping
_read: "list[Callable[[], datetime]]" = []


class Clock(Protocol):
    """Where the time comes from; tests hand in one that they move themselves."""

    def now(self) -> "datetime":
        """The wall time, aware, in UTC: what decisions are made with."""

    def monotonic(self) -> float:
        """Seconds that never go back: what sleeps and durations are made with."""

    def since_boot(self) -> float:
        """Seconds since the machine started, with the time that it slept."""

    def boot_id(self) -> str:
        """Another text after every start of the machine; empty: not known."""

    async def wait(self, event: "asyncio.Event", timeout_s: float) -> None:
        """Return when `event` is set or after `timeout_s`, whichever is first."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> "datetime":
        """The wall time, aware, in UTC."""
        if not _read:
            from datetime import UTC, datetime
            from functools import partial

            _read.append(partial(datetime.now, UTC))
        return _read[0]()

    def since_1970(self) -> float:
        """The wall time as seconds, for what has no need of dates."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def since_boot(self) -> float:
        """Seconds since the machine started; where that is not known, as monotonic."""
        clock: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        return time.clock_gettime(clock)

    def boot_id(self) -> str:
        """Linux has one."""
        return _boot_id()

    async def wait(self, event: "asyncio.Event", timeout_s: float) -> None:
        """Return when `event` is set or after `timeout_s`, whichever is first."""
        import asyncio

        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return


class SteadyClock:
    """A clock that never goes back.

    While the real one is behind what was shown, this one goes on at a tenth of the
    speed: what waits for a moment still gets its turn, and is not far ahead at the end.
    """

    SLOWER = 10

    def __init__(self, real: Clock) -> None:
        self.real = real
        self._shown, self._shown_at = real.now(), real.since_boot()

    def not_before(self, moment: "datetime") -> None:
        """That moment has been."""
        if moment > self.now():
            self._shown, self._shown_at = moment, self.real.since_boot()

    def now(self) -> "datetime":
        """The wall time, unless a later one was shown before."""
        real, at = self.real.now(), self.real.since_boot()
        slow_s = (at - self._shown_at) / self.SLOWER
        if (real - self._shown).total_seconds() < slow_s:
            from datetime import timedelta

            return self._shown + timedelta(seconds=slow_s)
        self._shown, self._shown_at = real, at
        return real

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self.real.monotonic()

    def since_boot(self) -> float:
        """Seconds since the machine started, with the time that it slept."""
        return self.real.since_boot()

    def boot_id(self) -> str:
        """Another text after every start of the machine."""
        return self.real.boot_id()

    async def wait(self, event: "asyncio.Event", timeout_s: float) -> None:
        """Return when `event` is set or after `timeout_s`, whichever is first."""
        await self.real.wait(event, timeout_s)


def real(clock: Clock) -> Clock:
    """The clock behind a steady one: for what follows the calendar, right or wrong."""
    return clock.real if isinstance(clock, SteadyClock) else clock
