"""What a report says of jobs as they stand, counted some jobs at a time."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core import audible, maintenance, mutes
from bot.core.audible import Silence
from bot.core.kinds import JobId, MuteId, Status, WindowId
from bot.core.models import Job, JobState
from bot.core.silencers import Mute, Window
from bot.core.summaries import MOST_FACTS, PausedFact, Some, UnseenFact


@dataclass(slots=True)
class Census:
    """Takes jobs batch by batch; keeps counts, and the first of each sort by slug."""

    mutes: Sequence[Mute]
    windows: Sequence[Window]
    #: jobs made after this moment have not had the time to be seen
    end: datetime
    jobs: int = 0
    muted: Counter[MuteId] = field(default_factory=Counter)
    maintained: Counter[WindowId] = field(default_factory=Counter)
    #: by whom, of all that are paused
    hushed: dict[JobId, Silence] = field(default_factory=dict)
    _unseen: list[UnseenFact] = field(default_factory=list)
    _paused: list[PausedFact] = field(default_factory=list)
    _unseen_count: int = 0
    _paused_count: int = 0

    def add(self, jobs: Iterable[tuple[Job, JobState]]) -> None:
        """Count these."""
        for job, state in jobs:
            self.jobs += 1
            definition = job.definition
            self.muted.update(m.id for m in self.mutes if mutes.covers(m, definition))
            self.maintained.update(
                w.id for w in self.windows if maintenance.covers(w, definition)
            )
            hush = audible.paused(state)
            if hush is not None:
                self.hushed[job.id] = hush
                self._paused_count += 1
                fact = PausedFact(slug=job.slug, label=job.label, by=state.paused_by)
                self._paused.append(fact)
            elif is_unseen(job, state, self.end):
                self._unseen_count += 1
                self._unseen.append(
                    UnseenFact(slug=job.slug, label=job.label, since=job.created_at)
                )
        self._unseen = heapq.nsmallest(MOST_FACTS, self._unseen, key=_slug)
        self._paused = heapq.nsmallest(MOST_FACTS, self._paused, key=_slug)

    @property
    def unseen(self) -> Some[UnseenFact]:
        """Jobs that have never reported."""
        return Some(tuple(self._unseen), self._unseen_count)

    @property
    def paused(self) -> Some[PausedFact]:
        """Jobs that nobody watches."""
        return Some(tuple(self._paused), self._paused_count)


def is_unseen(job: Job, state: JobState, end: datetime) -> bool:
    """Whether a job was there before `end` and has never reported."""
    is_new = state.status is Status.NEW and not state.ping_count
    return is_new and job.created_at < end


def _slug(fact: UnseenFact | PausedFact) -> str:
    return fact.slug
