"""Pings that were answered 429, counted until there is a ping to tell it on.

They say what the ping before them said, so that one row stands for all of them. A flood
costs no writes: the next ping that is stored, of whatever kind, has the count.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.core.kinds import JobId


@dataclass(slots=True)
class _Counted:
    count: int
    since: datetime
    until: datetime


class Repeats:
    """Of each job, what was refused since its newest ping; forgotten at a restart."""

    def __init__(self) -> None:
        self._counted: dict[JobId, _Counted] = {}

    def refused(self, job_id: JobId, now: datetime) -> None:
        """One more."""
        counted = self._counted.get(job_id)
        if counted is None:
            self._counted[job_id] = _Counted(1, now, now)
            return
        counted.count += 1
        counted.until = now

    def told(self, job_id: JobId) -> str:
        """What to say on the ping that is stored now; empty if nothing was refused."""
        if not self._counted:
            return ""
        counted = self._counted.pop(job_id, None)
        if counted is None:
            return ""
        since, until = (f"{at:%H:%M:%S}" for at in (counted.since, counted.until))
        when = f"at {since}" if since == until else f"from {since} to {until}"
        return f"{counted.count} more like the one before were answered 429 {when} UTC"
