"""The outward heartbeat: somebody elsewhere notices when Cronitor itself is gone."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.engine.context import Context
from bot.engine.health import Health
from bot.engine.link import Link
from bot.engine.readiness import Readiness
from bot.engine.wakes import Alarm
from bot.errors import NotifyError, Unavailable

logger = logging.getLogger(__name__)

#: the part in `Health`: it is there while the heartbeat cannot be sent
PART = "outward_heartbeat"
#: and this one while nobody even answers: a sign that the network is gone
NETWORK_PART = "network"
#: and this one while what is to be told is not taken
UNDELIVERED_PART = "backlog"
#: Discord may be away for so long before it counts: it drops connections every day
DISCORD_AWAY_S = 30.0
#: after one that could not be sent
RETRY_S = 10.0
_LONGEST_REASON = 200


class Beat(Protocol):
    """Where the heartbeat goes, as `notifiers.heartbeat.HeartbeatUrl` does it."""

    async def send(self, problem: str | None) -> None:
        """Say that all is well, or what is not.

        Raises NotifyError, which is `unsure` if nobody has answered.
        """
        ...


@dataclass(frozen=True, slots=True)
class HeartbeatPlan:
    """What the settings say about the outward heartbeat."""

    beat: Beat
    every: timedelta


class OutwardHeartbeat:
    """Says every so often that all is well, but only while that is true."""

    def __init__(
        self,
        context: Context,
        readiness: Readiness,
        health: Health,
        link: Link,
        plan: HeartbeatPlan,
    ) -> None:
        self._clock = context.clock
        self._readiness = readiness
        self._health = health
        self._link = link
        self._beat = plan.beat
        self._every_s = plan.every.total_seconds()
        self._due = self._clock.monotonic()
        #: what was said last
        self._problem: str | None = None
        self._failing = False
        self.alarm = Alarm()

    async def step(self) -> bool:
        """Send what is due; whatever happens, it is tried again."""
        began = self._clock.monotonic()
        if began < self._due:
            return False
        problem = await self._what_is_wrong()
        error = await self._send(problem)
        self._note_problem(problem)
        self._note_error(error)
        every_s = self._every_s if error is None else min(self._every_s, RETRY_S)
        self._due = began + every_s
        return False

    async def next_at(self) -> datetime | None:
        """When the next one is due."""
        left_s = self._due - self._clock.monotonic()
        return self._clock.now() + timedelta(seconds=left_s)

    async def _what_is_wrong(self) -> str | None:
        try:
            await self._readiness.check()
        except Unavailable as exc:
            return str(exc)[:_LONGEST_REASON]
        if self._link.away_s() > DISCORD_AWAY_S:
            return "Discord does not answer"
        # connected is not enough: the channel may be gone, or sending refused
        return self._health.faults().get(UNDELIVERED_PART)

    async def _send(self, problem: str | None) -> str | None:
        """What went wrong with it."""
        try:
            await self._beat.send(problem)
        except NotifyError as exc:
            self._note_network(exc)
            return str(exc)
        except Exception as exc:
            logger.exception(
                "the outward heartbeat is broken",
                extra={"action": "outward_heartbeat_failed"},
            )
            return type(exc).__name__
        self._note_network(None)
        return None

    def _note_network(self, error: NotifyError | None) -> None:
        if error is not None and error.unsure:
            said = f"the outward heartbeat reaches nobody: {error}"
            self._health.report(NETWORK_PART, said)
        else:
            self._health.clear(NETWORK_PART)

    def _note_problem(self, problem: str | None) -> None:
        if problem is not None and self._problem is None:
            logger.warning(
                "the outward heartbeat says that Cronitor is not well: %s",
                problem,
                extra={"action": "outward_heartbeat_unwell"},
            )
        self._problem = problem

    def _note_error(self, error: str | None) -> None:
        if error is not None:
            self._health.report(PART, f"it cannot be sent: {error}")
        else:
            self._health.clear(PART)
        if error is not None and not self._failing:
            logger.warning(
                "the outward heartbeat cannot be sent: %s; it is tried again",
                error,
                extra={"action": "outward_heartbeat_failed"},
            )
        elif error is None and self._failing:
            logger.info(
                "the outward heartbeat is sent again",
                extra={"action": "outward_heartbeat_back"},
            )
        self._failing = error is not None
