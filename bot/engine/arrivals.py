"""When pings came in that wait to be committed: they are judged as of that moment.

Nothing that passed after the oldest of them is judged before it, or a slow disk would
make a ping late that came in time.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.core.kinds import JobId


class Arrivals:
    """The moments, the oldest first; pings are committed in the order they came in."""

    def __init__(self) -> None:
        self._waiting: deque[datetime] = deque()
        #: jobs that somebody may have decided about while pings waited, and when
        self._looked_at: dict[JobId, datetime] = {}
        self._held: set[asyncio.Event] = set()

    @property
    def oldest(self) -> datetime | None:
        """When the first of those came in that wait; None: none waits."""
        return self._waiting[0] if self._waiting else None

    @property
    def looked_at(self) -> Mapping[JobId, datetime]:
        """Jobs about which a ping that waited decides nothing as of before that."""
        return self._looked_at

    def until(self, now: datetime) -> datetime:
        """Up to which moment deadlines may be judged at `now`."""
        oldest = self.oldest
        return now if oldest is None or oldest > now else oldest

    def came(self, at: datetime) -> None:
        """A ping waits from now on; never earlier than the one before."""
        self._waiting.append(at)

    def look(self, ids: Iterable[JobId], now: datetime) -> None:
        """Somebody may decide about these jobs at `now`."""
        if self.until(now) < now:
            self._looked_at.update(dict.fromkeys(ids, now))

    def settled(self, count: int) -> datetime:
        """So many have been committed or refused; when the first of them came in."""
        first = self._waiting[0]
        for _ in range(count):
            self._waiting.popleft()
        if self._looked_at:
            later = self.oldest
            self._looked_at = {
                job_id: at
                for job_id, at in self._looked_at.items()
                if later is not None and later < at
            }
        held, self._held = self._held, set()
        for event in held:
            event.set()
        return first

    def wake(self, event: asyncio.Event, until: datetime) -> None:
        """Set the event once that `until` is one of the past."""
        if self.oldest == until:
            self._held.add(event)
        else:
            event.set()
