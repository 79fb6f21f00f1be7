"""Runs a step again and again: until there is nothing more, then sleeps until woken."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.clock import Clock
from bot.engine.wakes import Alarm
from bot.errors import Unavailable

logger = logging.getLogger(__name__)

#: no loop sleeps longer: a suspended machine or a stepped clock is noticed
LONGEST_SLEEP_S = 1.0
#: when the store refuses, the loop tries again after this
RETRY_S = 1.0

Step = Callable[[], Awaitable[bool]]
NextAt = Callable[[], Awaitable[datetime | None]]


class Loop:
    """One engine loop; `ticked_at` (monotonic) shows that it is alive."""

    def __init__(
        self,
        name: str,
        *,
        step: Step,
        next_at: NextAt,
        alarm: Alarm,
        clock: Clock,
        may_take_long: bool = False,
        on_late: Callable[[float], None] | None = None,
    ) -> None:
        self.name = name
        self.step = step
        self._next_at = next_at
        #: one step may take minutes: that it does not tick is no sign of a fault
        self.may_take_long = may_take_long
        self.alarm = alarm
        #: told how many seconds later than asked each sleep has ended
        self._on_late = on_late
        self._clock = clock
        #: None: it does not run
        self.ticked_at: float | None = None
        self._waits = False

    async def run(self) -> None:
        """Work for ever; a step that raises anything but Unavailable ends it."""
        self.ticked_at = self._clock.monotonic()
        while True:
            self.alarm.event.clear()
            try:
                await self._work()
                self._waits = False
            except Unavailable as exc:
                # it waits for the store, and is not stuck
                self.ticked_at = self._clock.monotonic()
                level = logging.DEBUG if self._waits else logging.WARNING
                self._waits = True
                logger.log(
                    level,
                    "%s waits: %s",
                    self.name,
                    exc,
                    extra={"action": "loop_failed"},
                )
                await asyncio.sleep(RETRY_S)

    async def _work(self) -> None:
        while await self.step():
            self.ticked_at = self._clock.monotonic()
        self.ticked_at = self._clock.monotonic()
        at = await self._next_at()
        self.alarm.at = at
        sleep_s = LONGEST_SLEEP_S
        if at is not None:
            left_s = (at - self._clock.now()).total_seconds()
            sleep_s = min(max(left_s, 0.001), LONGEST_SLEEP_S)
        asleep_at = self._clock.monotonic()
        await self._clock.wait(self.alarm.event, sleep_s)
        if self._on_late is not None:
            self._on_late(self._clock.monotonic() - asleep_at - sleep_s)
