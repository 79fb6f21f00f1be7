"""Compares the newest runs of jobs that ask for it with their habits.

What is open or over follows from what is stored: a step that is done again, after a
kill or in another order, comes to the same, and nothing is told twice.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import storage.habits
import storage.incidents
from bot.core import drift, drift_rules, drifting, habit_views
from bot.core.drift import Drift, Habit, Measure, Sample
from bot.core.kinds import JobId
from bot.core.models import Job
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine.context import Context
from bot.engine.wakes import NOTHING, Alarm, Next
from bot.errors import Unavailable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: how soon a run is looked at after it has ended
EVERY = timedelta(seconds=15)
#: jobs that are looked at in one step; each reads thousands of rows at the most, when
#: its habits are learnt anew
AT_ONCE = 10
#: samples of each kind that are read to show what is usual
SHOWN_OF = 1000


class _Seen(NamedTuple):
    """What was found of one job."""

    habits: Sequence[Habit]
    #: they were learnt now, and are to be kept
    is_new: bool
    #: what is not usual, again and again
    found: Sequence[Drift]
    #: every measure is as usual again
    is_over: bool


class Drifts:
    """One pass over the jobs that have been heard of since the last one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.alarm = Alarm()
        self._began = context.clock.now() - EVERY
        #: how many pings each job had had when it was looked at last
        self._looked_at: dict[JobId, int] = {}
        #: those that are still to be looked at in this pass
        self._left: list[tuple[JobId, int]] = []
        #: their rows break a rule: reported once, then left alone
        self._parked: set[JobId] = set()

    async def step(self) -> bool:
        """Look at some jobs; True when there may be more."""
        if not self._left and not await self._begin():
            return False
        for _ in range(min(AT_ONCE, len(self._left))):
            job_id, pings = self._left[0]
            try:
                await self._look(job_id)
            except Unavailable:
                raise
            except Exception:
                logger.exception(
                    "whether job %s drifts cannot be told until the next start",
                    job_id,
                    extra={"action": "row_parked"},
                )
                self._parked.add(job_id)
            self._looked_at[job_id] = pings
            del self._left[0]
        return bool(self._left)

    async def next_at(self) -> datetime | None:
        """When the next pass begins."""
        return self._began + EVERY

    async def _begin(self) -> bool:
        now = self._context.clock.now()
        if self._began <= now < self._began + EVERY:
            return False
        jobs = await self._context.db.read(storage.habits.watched)
        self._began = now
        known = {job_id for job_id, _ in jobs}
        self._looked_at = {j: n for j, n in self._looked_at.items() if j in known}
        self._left = [
            (job_id, pings)
            for job_id, pings in jobs
            if self._looked_at.get(job_id) != pings and job_id not in self._parked
        ]
        return bool(self._left)

    async def _look(self, job_id: JobId) -> None:
        """Learn what is to be learnt, and write what follows, if anything does."""

        async def look(q: Queries) -> tuple[_Seen, bool] | None:
            now = self._context.clock.now()
            loaded = await self._context.ledger.load_ids(q, [job_id], now)
            if job_id not in loaded:
                return None
            seen = await self._see(q, loaded[job_id], now)
            return seen, _changes(loaded[job_id], seen)

        looked = await self._context.db.read(look)
        if looked is None:
            return
        seen, changes = looked
        if not changes and not seen.is_new:
            return
        following = await self._context.db.write(
            lambda tx: self._save(tx, job_id, seen)
        )
        self._context.wakes.after(following)

    async def _save(self, tx: Transaction, job_id: JobId, seen: _Seen) -> Next:
        now = self._context.clock.now()
        if seen.is_new:
            await storage.habits.save(tx, job_id, seen.habits, now)
        loaded = await self._context.ledger.load_ids(tx, [job_id], now)
        if job_id not in loaded or not _changes(loaded[job_id], seen):
            return NOTHING
        # what has come in meanwhile may say something else
        watched = loaded[job_id]
        seen = await self._see(tx, watched, now)
        ids = self._context.ledger.ids
        if seen.found:
            transition = drifting.on_drift(watched, seen.found, now, ids)
        elif seen.is_over:
            transition = drifting.on_usual(watched, now, ids)
        else:
            return NOTHING
        return await self._context.ledger.save(tx, [(watched, transition)], now)

    async def _see(self, q: Queries, watched: Watched, now: datetime) -> _Seen:
        """What the newest runs of a job say."""
        job_id = watched.job.id
        learnt = await storage.habits.learnt(q, job_id)
        habits = [each.habit for each in learnt.values()]
        is_old = not learnt or any(_is_old(each.at, now) for each in learnt.values())
        if is_old:
            known = await storage.habits.samples(q, job_id, drift_rules.SAMPLES)
            habits = learn(known)
        is_new = is_old and bool(learnt or habits)
        newest = await storage.habits.samples(q, job_id, drift_rules.LOOKED_AT)
        is_open = drifting.open_drift(watched.incident) is not None
        suspects = [
            habit
            for habit in habits
            if is_open or drift_rules.is_suspect(habit, newest[habit.measure])
        ]
        if not suspects:
            return _Seen(habits, is_new, (), is_open)
        history = await storage.habits.samples(q, job_id, drift_rules.SAMPLES)
        since = None if is_open else await _last_end(q, watched)
        found: list[Drift] = []
        is_over = True
        for habit in suspects:
            recent = newest[habit.measure]
            before = history[habit.measure][: -len(recent) or None]
            fresh = [each for each in recent if since is None or each.at > since]
            lasting = drift_rules.lasting(habit, fresh, before) if fresh else None
            found += [] if lasting is None else [lasting]
            is_over = is_over and drift_rules.is_over(habit, fresh, before)
        return _Seen(habits, is_new, found, is_over)


async def habits(q: Queries, job: Job) -> View:
    """What is usual of a job, as it is shown, from as much history as is read fast."""
    found = await storage.habits.samples(q, job.id, SHOWN_OF)
    return habit_views.habits(found, ZoneInfo(job.schedule.timezone))


async def _last_end(q: Queries, watched: Watched) -> datetime | None:
    """When the last incident was over: what is told again must have begun after it."""
    last = watched.state.incident_id
    if last is None:
        return None
    found = await storage.incidents.many(q, [last])
    return found[last].resolved_at if last in found else None


def learn(samples: Mapping[Measure, Sequence[Sample]]) -> list[Habit]:
    """The habits that there is enough history for."""
    found = (drift.habit(measure, each) for measure, each in samples.items())
    return [habit for habit in found if habit is not None]


def _is_old(learnt_at: datetime, now: datetime) -> bool:
    """Whether a habit is to be learnt anew; the clock may have been set back."""
    return not learnt_at <= now < learnt_at + drift_rules.REFRESHED_EVERY


def _changes(watched: Watched, seen: _Seen) -> bool:
    """Whether anything would follow."""
    if drifting.open_drift(watched.incident) is not None:
        return seen.is_over
    return bool(seen.found) and drifting.may_open(
        watched.job, watched.state, watched.incident
    )
