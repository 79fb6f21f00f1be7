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
from bot.core.models import Incident, Job
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine.context import Context
from bot.engine.wakes import NOTHING, Alarm, Next
from bot.errors import Unavailable
from storage.habits import Heard
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
        self._left: list[Heard] = []
        #: their rows break a rule: reported once, then left alone
        self._parked: set[JobId] = set()

    async def step(self) -> bool:
        """Look at some jobs; True when there may be more."""
        if not self._left and not await self._begin():
            return False
        learnt: list[tuple[JobId, Sequence[Habit]]] = []
        looked_at = self._left[:AT_ONCE]
        for heard in looked_at:
            try:
                seen = await self._look(heard)
            except Unavailable:
                raise
            except Exception:
                self._park(heard.job_id)
            else:
                if seen.is_new:
                    learnt.append((heard.job_id, seen.habits))
        if learnt:
            await self._context.db.write(lambda tx: self._keep(tx, learnt))
        self._looked_at |= {each.job_id: each.pings for each in looked_at}
        del self._left[:AT_ONCE]
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
        known = {each.job_id for each in jobs}
        self._looked_at = {j: n for j, n in self._looked_at.items() if j in known}
        self._left = [
            each
            for each in jobs
            if self._looked_at.get(each.job_id) != each.pings
            and each.job_id not in self._parked
        ]
        return bool(self._left)

    def _park(self, job_id: JobId) -> None:
        logger.exception(
            "whether job %s drifts cannot be told until the next start",
            job_id,
            extra={"action": "row_parked"},
        )
        self._parked.add(job_id)

    async def _keep(
        self, tx: Transaction, learnt: Sequence[tuple[JobId, Sequence[Habit]]]
    ) -> None:
        now = self._context.clock.now()
        for job_id, found in learnt:
            await storage.habits.save(tx, job_id, found, now)

    async def _look(self, heard: Heard) -> _Seen:
        """Compare the newest runs of a job, and write what follows, if anything."""
        now = self._context.clock.now()
        seen = await self._context.db.read(
            lambda q: _see(q, heard.job_id, heard.incident, now)
        )
        is_open = drifting.open_drift(heard.incident) is not None
        if seen.is_over if is_open else seen.found:
            following = await self._context.db.write(
                lambda tx: self._judge(tx, heard.job_id)
            )
            self._context.wakes.after(following)
        return seen

    async def _judge(self, tx: Transaction, job_id: JobId) -> Next:
        """Look again with all that came in meanwhile, and let the rules decide."""
        now, ledger = self._context.clock.now(), self._context.ledger
        loaded = await ledger.load_ids(tx, [job_id], now)
        if job_id not in loaded:
            return NOTHING
        watched = loaded[job_id]
        last = await _last(tx, watched)
        seen = await _see(tx, job_id, last, now)
        if drifting.open_drift(last) is not None:
            if not seen.is_over:
                return NOTHING
            transition = drifting.on_usual(watched, now, ledger.ids)
        elif seen.found:
            transition = drifting.on_drift(watched, seen.found, now, ledger.ids)
        else:
            return NOTHING
        return await ledger.save(tx, [(watched, transition)], now)


async def _last(q: Queries, watched: Watched) -> Incident | None:
    """The newest incident of a job, however long it is over."""
    last = watched.state.incident_id
    if watched.incident is not None or last is None:
        return watched.incident
    return (await storage.incidents.many(q, [last])).get(last)


async def _see(
    q: Queries, job_id: JobId, incident: Incident | None, now: datetime
) -> _Seen:
    """What the newest runs of a job say; `incident`: its newest.

    What is told again must have begun after the end of that.
    """
    learnt = await storage.habits.learnt(q, job_id)
    found = [each.habit for each in learnt.values()]
    is_old = not learnt or any(_is_old(each.at, now) for each in learnt.values())
    if is_old:
        found = learn(await storage.habits.samples(q, job_id, drift_rules.SAMPLES))
    is_new = is_old and bool(learnt or found)
    newest = await storage.habits.samples(q, job_id, drift_rules.LOOKED_AT)
    is_open = drifting.open_drift(incident) is not None
    suspects = [
        habit
        for habit in found
        if is_open or drift_rules.is_suspect(habit, newest[habit.measure])
    ]
    if not suspects:
        return _Seen(found, is_new, (), is_open)
    history = await storage.habits.samples(q, job_id, drift_rules.SAMPLES)
    since = None if incident is None else incident.resolved_at
    drifts: list[Drift] = []
    is_over = True
    for habit in suspects:
        recent = newest[habit.measure]
        before = history[habit.measure][: -len(recent) or None]
        fresh = [each for each in recent if since is None or each.at > since]
        lasting = drift_rules.lasting(habit, fresh, before) if fresh else None
        drifts += [] if lasting is None else [lasting]
        is_over = is_over and drift_rules.is_over(habit, recent, before)
    return _Seen(found, is_new, drifts, is_over)


async def habits(q: Queries, job: Job) -> View:
    """What is usual of a job, as it is shown, from as much history as is read fast."""
    found = await storage.habits.samples(q, job.id, SHOWN_OF)
    return habit_views.habits(found, ZoneInfo(job.schedule.timezone))


def learn(samples: Mapping[Measure, Sequence[Sample]]) -> list[Habit]:
    """The habits that there is enough history for."""
    found = (drift.habit(measure, each) for measure, each in samples.items())
    return [habit for habit in found if habit is not None]


def _is_old(learnt_at: datetime, now: datetime) -> bool:
    """Whether a habit is to be learnt anew; the clock may have been set back."""
    return not learnt_at <= now < learnt_at + drift_rules.REFRESHED_EVERY
