"""Definitions and states as they were read or written last.

Nothing here is believed without a number that the row still has: the revision of a
definition, the stamp of a state, or that nobody has written since.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any

import storage.jobs
import storage.states
from bot.core.kinds import IncidentId, JobId
from bot.core.models import Job, JobState
from storage.queries import Queries, Transaction
from storage.states import UNSTAMPED
from storage.watched import Found

#: jobs that are kept; beyond that the oldest go
CACHED_JOBS = 20_000
#: the number of no job, which nobody follows
NOWHERE = (JobId(0), False)


class Memory:
    """What need not be read again."""

    def __init__(self) -> None:
        self._jobs: dict[JobId, Job] = {}
        #: states with the stamps of their rows
        self._states: dict[JobId, tuple[int, JobState]] = {}
        #: incidents that were resolved so long ago that nothing changes them any more
        self.over: set[IncidentId] = set()
        #: numbers that no state had before
        self.stamps = count(1)
        #: ping UUIDs as of a unit, if there was neither a mute nor planned work then,
        #: and whether their jobs are followed
        self._uuids: dict[str, tuple[JobId, bool]] = {}
        self._uuids_at = 0

    async def open(self, q: Queries) -> None:
        """Go on counting where the table stopped."""
        self.stamps = count(await storage.states.last_stamp(q) + 1)

    def wrote(self, states: Iterable[JobState], stamp: int) -> None:
        """These were written just now."""
        if len(self.over) > CACHED_JOBS:
            self.over.clear()
        for state in states:
            self._states[state.job_id] = (stamp, state)
        _shorten(self._states)

    def forget(self) -> None:
        """Something was undone: what was read meanwhile may never have been."""
        self._jobs.clear()
        self._states.clear()
        self._uuids.clear()
        self._uuids_at = 0
        self.over.clear()

    def remember(self, tx: Transaction, found: Mapping[str, Found]) -> None:
        """These are the jobs of their UUIDs, and nobody is silenced."""
        if tx.number != self._uuids_at + 1 or len(self._uuids) > CACHED_JOBS:
            self._uuids.clear()
        self._uuids.update(
            (uuid, (each.job_id, each.is_followed)) for uuid, each in found.items()
        )
        self._uuids_at = tx.number

    def recall(
        self, tx: Transaction, uuids: Collection[str]
    ) -> dict[str, Found] | None:
        """The same, if nothing else was written since and none of them is unknown."""
        if tx.number != self._uuids_at + 1:
            return None
        found = {}
        for uuid in uuids:
            job_id, is_followed = self._uuids.get(uuid, NOWHERE)
            job, state = self._jobs.get(job_id), self._states.get(job_id)
            if job is None or state is None:
                return None
            found[uuid] = Found(job_id, job.revision, state[0], is_followed)
        self._uuids_at = tx.number
        return found

    async def definitions(
        self, q: Queries, wanted: Mapping[JobId, Found]
    ) -> dict[JobId, Job]:
        """The definitions as the rows have them."""
        cached = self._jobs
        known = {
            job_id: job
            for job_id, (_, revision, _, _) in wanted.items()
            if (job := cached.get(job_id)) is not None and job.revision == revision
        }
        if len(known) == len(wanted):
            return known
        missing = [job_id for job_id in wanted if job_id not in known]
        loaded = await storage.jobs.by_ids(q, missing)
        cached.update(loaded)
        _shorten(cached)
        return known | loaded

    async def states(
        self, q: Queries, wanted: Mapping[JobId, Found]
    ) -> dict[JobId, JobState]:
        """The states as the rows have them; most are in memory."""
        cached = self._states
        known = {}
        for job_id, (_, _, stamp, _) in wanted.items():
            entry = cached.get(job_id)
            if entry is not None and entry[0] == stamp != UNSTAMPED:
                known[job_id] = entry[1]
        if len(known) == len(wanted):
            return known
        missing = [job_id for job_id in wanted if job_id not in known]
        for job_id, entry in (await storage.states.stamped(q, missing)).items():
            cached[job_id] = entry
            known[job_id] = entry[1]
        _shorten(cached)
        return {job_id: known[job_id] for job_id in wanted}


def _shorten(kept: dict[JobId, Any]) -> None:
    """Let the oldest go."""
    while len(kept) > CACHED_JOBS:
        del kept[next(iter(kept))]
