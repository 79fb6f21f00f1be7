"""Takes what must be said to each place, again and again until it was taken."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Protocol

import storage.notifications
from bot.core.models import Outgoing
from bot.engine import poison
from bot.engine.context import Context
from bot.errors import NotifyError, Unavailable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: the first wait after a refusal; doubled each time
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
#: a place that never answers must not hold its loop
HARD_TIMEOUT_S = 60.0


class Notifier(Protocol):
    """A place, as `notifiers.base.Notifier` has it in full."""

    name: str
    at_once: int

    async def send(self, outgoing: Outgoing) -> None:
        """Hand it over, or raise NotifyError."""
        ...


def wait_after(attempts: int, retry_after_s: float | None) -> timedelta:
    """How long to wait after this many attempts, the last one included."""
    doubled = FIRST_WAIT * (1 << min(attempts - 1, 20))
    asked = timedelta(seconds=min(retry_after_s or 0, 86_400))
    return max(min(doubled, LONGEST_WAIT), asked)


class Deliverer:
    """Delivers to one place; of one incident always the oldest first."""

    def __init__(self, context: Context, notifier: Notifier) -> None:
        self._context = context
        self._notifier = notifier

    async def step(self) -> bool:
        """Try what is due now; True when there may be more."""
        now = self._context.clock.now()
        name, most = self._notifier.name, self._notifier.at_once

        async def find(q: Queries) -> list[Outgoing]:
            return await storage.notifications.waiting(q, name, now, most)

        try:
            outgoing = await self._context.db.read(find)
        except Unavailable:
            raise
        except Exception:
            if not await poison.park_notifications(self._context, name):
                raise
            return True
        if not outgoing:
            return False
        errors = await asyncio.gather(*(self._try(each) for each in outgoing))
        await self._settle(list(zip(outgoing, errors, strict=True)))
        return True

    async def next_at(self) -> datetime | None:
        """When to try next."""
        name = self._notifier.name

        async def find(q: Queries) -> datetime | None:
            return await storage.notifications.next_try(q, name)

        return await self._context.db.read(find)

    async def _try(self, outgoing: Outgoing) -> NotifyError | None:
        try:
            async with asyncio.timeout(HARD_TIMEOUT_S):
                await self._notifier.send(outgoing)
        except NotifyError as exc:
            return exc
        except TimeoutError:
            return NotifyError(f"no answer within {HARD_TIMEOUT_S:g} s")
        except Exception as exc:
            logger.exception(
                "%s broke on notification %s",
                self._notifier.name,
                outgoing.notification_id,
                extra={"action": "notification_failed"},
            )
            return NotifyError(f"{type(exc).__name__}")
        return None

    async def _settle(self, tried: list[tuple[Outgoing, NotifyError | None]]) -> None:
        """Write down what was taken and what was not."""
        name = self._notifier.name

        async def unit(tx: Transaction) -> None:
            now = self._context.clock.now()
            taken = [each.notification_id for each, error in tried if error is None]
            await storage.notifications.delivered(tx, taken, name, now)
            for each, error in tried:
                if error is not None:
                    wait = wait_after(each.attempts + 1, error.retry_after_s)
                    await storage.notifications.refused(
                        tx,
                        each.notification_id,
                        name,
                        error=str(error),
                        try_at=now + wait,
                    )

        await self._context.db.write(unit)
        for each, error in tried:
            self._report(each, error)

    def _report(self, outgoing: Outgoing, error: NotifyError | None) -> None:
        if error is not None:
            logger.warning(
                "%s did not take notification %s (attempt %s): %s",
                self._notifier.name,
                outgoing.notification_id,
                outgoing.attempts + 1,
                error,
                extra={"action": "notification_failed"},
            )
        elif outgoing.attempts:
            logger.info(
                "%s took notification %s after %s attempts",
                self._notifier.name,
                outgoing.notification_id,
                outgoing.attempts + 1,
                extra={"action": "notification_delivered"},
            )
