"""Loads what may silence the incidents of many jobs at once, for the rules to judge."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import storage.maintenance
import storage.mutes
from bot.core.kinds import JobId
from bot.core.models import Incident, Job, JobState
from bot.core.silencers import Silencers, SoundRules
from storage.queries import Queries


class Known(NamedTuple):
    """As much of a job as says what is around it."""

    job: Job
    state: JobState
    incident: Incident | None = None


class Surroundings:
    """Finds out what is around jobs; keeps nothing."""

    def __init__(self, rules: SoundRules) -> None:
        self._rules = rules

    async def shared(
        self, q: Queries, now: datetime, since: datetime | None = None
    ) -> Silencers:
        """What may silence any job; windows from `since` on, else from now on."""
        return Silencers(
            mutes=await storage.mutes.running(q, now),
            windows=await storage.maintenance.since(q, since or now),
            quiet_hours=self._rules.quiet_hours,
        )

    async def of(
        self, q: Queries, jobs: Collection[Known], now: datetime
    ) -> Mapping[JobId, Silencers]:
        """What may silence each of these jobs."""
        common = await self.shared(q, now, _oldest(jobs, now))
        return {known.job.id: common for known in jobs}


def _oldest(jobs: Collection[Known], now: datetime) -> datetime:
    """The first moment that is still to be judged: a window may have held it."""
    found = [now]
    for _, state, _ in jobs:
        looks = (state.due_at, state.deadline_at, state.maintained_until)
        found += [at for at in looks if at is not None]
    return min(found)
