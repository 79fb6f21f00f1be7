"""What slowly goes wrong: nobody is told, or the event loop stands still."""

import logging
from datetime import datetime, timedelta

import storage.notifications
from bot.core.views import moment
from bot.engine.context import Context
from bot.engine.health import Health
from bot.engine.wakes import Alarm
from storage.queries import Queries

logger = logging.getLogger(__name__)

#: a notification that waits for longer is a fault
BACKLOG_AFTER = timedelta(minutes=10)
#: how often that is looked for
LOOK_EVERY_S = 10.0
#: an event loop that comes back later than this held everybody up
LAG_S = 1.0
#: how long that is remembered
LAG_SHOWN_S = 60.0


class Vitals:
    """Looks after what no part notices by itself."""

    def __init__(self, context: Context, health: Health) -> None:
        self._context = context
        self._health = health
        self.alarm = Alarm()
        self._look_at = context.clock.monotonic()
        #: the worst lag that is remembered: seconds, and when (monotonic)
        self._lag: tuple[float, float] | None = None
        health.ask("event_loop", self._lag_now)

    def note_late(self, late_s: float) -> None:
        """A sleep ended so much later than it should have."""
        if late_s <= LAG_S:
            return
        if self._lag_now() is None:
            logger.warning(
                "the event loop stood still for %.1f s: is the machine overloaded?",
                late_s,
                extra={"action": "event_loop_late"},
            )
        elif self._lag is not None:
            late_s = max(late_s, self._lag[0])
        self._lag = (late_s, self._context.clock.monotonic())

    async def step(self) -> bool:
        """Look whether notifications wait for too long."""
        now = self._context.clock.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_EVERY_S
        before = self._context.clock.now() - BACKLOG_AFTER

        async def find(q: Queries) -> dict[str, tuple[int, datetime]]:
            return await storage.notifications.overdue(q, before)

        overdue = await self._context.db.read(find)
        if not overdue:
            self._health.clear("backlog")
            return False
        said = [
            f"{count} for {channel} since {moment(oldest)}"
            for channel, (count, oldest) in overdue.items()
        ]
        self._health.report("backlog", f"notifications wait: {', '.join(said)}")
        return False

    async def next_at(self) -> datetime | None:
        """The loop's longest sleep is short enough."""
        return None

    def _lag_now(self) -> str | None:
        if self._lag is None:
            return None
        late_s, at = self._lag
        if self._context.clock.monotonic() - at > LAG_SHOWN_S:
            self._lag = None
            return None
        return f"the event loop stood still for {late_s:.1f} s"
