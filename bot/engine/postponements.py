"""Knows whose misses wait, as the receiver seems cut off, whoever comes to judge."""

from collections.abc import Mapping
from datetime import datetime

import storage.isolations
from bot.core import isolation
from bot.core.isolation import Isolation
from bot.core.kinds import JobId
from bot.core.models import Job, JobState
from storage.queries import Queries


class Postponements:
    """The newest isolation as of the last look; the watchdog asks the store itself."""

    def __init__(self) -> None:
        self.newest: Isolation | None = None

    async def of(
        self,
        q: Queries,
        jobs: Mapping[JobId, Job],
        states: Mapping[JobId, JobState],
        now: datetime,
    ) -> set[JobId]:
        """The remote jobs among these whose deadline has passed, and waits."""
        newest = self.newest
        if newest is None:
            return set()
        passed = [
            job_id
            for job_id, state in states.items()
            if state.due_at is not None
            and state.slot_deadline_at is not None
            and state.slot_deadline_at < now
            and isolation.waits_until(newest, jobs[job_id], state.due_at, now)
        ]
        return await storage.isolations.remote_among(q, passed) if passed else set()
