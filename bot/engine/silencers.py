"""Loads what may silence the incidents of many jobs at once, for the rules to judge."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import storage.families
import storage.incidents
import storage.jobs
import storage.maintenance
import storage.mutes
import storage.states
import storage.storms
from bot.core import escalations, incidents, inhibition
from bot.core.effects import Effect, Notify
from bot.core.inhibition import Above
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    JobId,
    NotificationKind,
    Severity,
    Status,
    StormId,
)
from bot.core.models import Incident, Job, JobState, Run
from bot.core.silencers import Mute, Silencers, SoundRules, Storm, Window
from bot.core.transitions import Transition, Watched
from storage.queries import Queries, Question

#: members of a storm that are looked at together for one that calls people
_VOICES = 500


class Known(NamedTuple):
    """As much of a job as says what is around it."""

    job: Job
    state: JobState
    incident: Incident | None = None
    #: runs that may end, or be spoken of again
    runs: Sequence[Run] = ()


class Surroundings:
    """Finds out what is around jobs; keeps nothing."""

    def __init__(self, rules: SoundRules) -> None:
        self._rules = rules

    async def shared(
        self, q: Queries, now: datetime, since: datetime | None = None
    ) -> Silencers:
        """What may silence any job; windows from `since` on, else from now on."""
        return self.common(
            await q.ask(storage.mutes.running(now)),
            await q.ask(storage.maintenance.since(since or now)),
        )

    @staticmethod
    def questions(
        now: datetime, since: datetime
    ) -> tuple[Question[tuple[Mute, ...]], Question[tuple[Window, ...]]]:
        """What to ask for `common`: mutes from now on, windows from `since` on."""
        return storage.mutes.running(now), storage.maintenance.since(since)

    def common(self, mutes: tuple[Mute, ...], windows: tuple[Window, ...]) -> Silencers:
        """The same, of what was asked for already."""
        return Silencers(
            mutes=mutes, windows=windows, quiet_hours=self._rules.quiet_hours
        )

    async def of(
        self,
        q: Queries,
        jobs: Collection[Known],
        now: datetime,
        common: Silencers | None = None,
        since: datetime | None = None,
    ) -> Mapping[JobId, Silencers]:
        """What may silence each of these jobs; `common`: any job from `since` on.

        That is the first moment that is judged; now, unless it is said.
        """
        since = since or now
        oldest = _oldest(jobs, since)
        if common is None or oldest < since:
            common = await self.shared(q, now, oldest)
        found = {known.job.id: common for known in jobs}
        missing = [k.job.id for k in jobs if _may_be_inhibited(k, now)]
        above = await _above(q, missing) if missing else {}
        for job_id, each in above.items():
            inhibitors = inhibition.inhibitors(each, common, now)
            found[job_id] = replace(common, inhibitors=inhibitors)
        rules = self._rules.escalations
        if rules is not None:
            for known in jobs:
                policy = escalations.policy_for(
                    rules, known.job.definition, _severity(known)
                )
                around = replace(found[known.job.id], escalation=policy)
                found[known.job.id] = around
        for known in jobs if self._rules.group_waits else ():
            wait = self._wait(known)
            if wait:
                around = replace(found[known.job.id], group_wait=wait)
                found[known.job.id] = around
        storms = await _storms(q, jobs)
        speakers = {
            storm.id: await self._speaker(q, storm.id, common, now)
            for storm in {storm.id: storm for storm in storms.values()}.values()
        }
        for job_id, storm in storms.items():
            storm = replace(storm, speaker=speakers[storm.id])
            found[job_id] = replace(found[job_id], storm=storm)
        return found

    async def _speaker(
        self, q: Queries, storm_id: StormId, common: Silencers, now: datetime
    ) -> IncidentId | None:
        """Who calls people for this storm, if anybody is to be called at all."""
        rules = self._rules.escalations
        if rules is None:
            return None
        last = IncidentId(0)
        while voices := await storage.storms.voices(q, storm_id, last, _VOICES):
            found = escalations.speaker(voices, rules, common, now)
            if found is not None and await storage.jobs.readable(q, [found.job_id]):
                return found.incident_id
            # nobody is called by a job that cannot be read
            last = (found or voices[-1]).incident_id
        return None

    def _wait(self, known: Known) -> timedelta:
        """How long new incidents of a job wait: the longest that its tags say."""
        waits = self._rules.group_waits
        tags = known.job.definition.tags
        return max((waits[tag] for tag in tags if tag in waits), default=timedelta())


async def _storms(q: Queries, jobs: Collection[Known]) -> dict[JobId, Storm]:
    """The storm that the incident of a job is in; one that is over may open again.

    Where several of a job are looked at, the one that is open counts.
    """
    found = [(each.job.id, each.incident) for each in jobs if each.incident is not None]
    found.sort(key=lambda each: each[1].resolved_at is None)
    ids = {job_id: incident.storm_id for job_id, incident in found}
    wanted = {storm_id for storm_id in ids.values() if storm_id is not None}
    if not wanted:
        return {}
    known = await storage.storms.by_ids(q, wanted)
    return {j: known[storm_id] for j, storm_id in ids.items() if storm_id is not None}


def _severity(known: Known) -> Severity:
    """That of the incident; a new one has that of its job."""
    incident = known.incident
    if incident is None or incident.resolved_at is not None:
        return known.job.definition.severity
    return incident.severity


def _may_be_inhibited(known: Known, now: datetime) -> bool:
    """Whether it has missed something, or is about to be found so."""
    incident, deadline_at = known.incident, known.state.deadline_at
    if incident is not None and incident.resolved_at is None:
        # what ended too soon may be missed now, which is worse
        return incidents.RANK[incident.kind] <= incidents.RANK[IncidentKind.MISSED]
    if known.state.maintained_until is not None:
        return True
    return deadline_at is not None and deadline_at < now


async def _above(q: Queries, ids: Collection[JobId]) -> dict[JobId, list[Above]]:
    """What stands above each of these jobs and is not well."""
    troubled = await storage.families.in_trouble(q)
    if not troubled:
        return {}
    links = await storage.families.above(q, ids)
    mutual = {link.job_id for link in links if link.above_id == link.job_id}
    links = [
        link
        for link in links
        if link.above_id in troubled and link.above_id != link.job_id
    ]
    wanted = {link.above_id for link in links}
    if not wanted:
        return {}
    jobs = await storage.jobs.by_ids(q, wanted)
    states = await storage.states.load_many(q, wanted)
    unresolved = await storage.incidents.unresolved_of(q, wanted)
    found: dict[JobId, list[Above]] = {}
    for link in links:
        above = Above(
            kind=link.kind,
            name=link.name,
            job=jobs[link.above_id],
            state=states[link.above_id],
            incident=unresolved[link.above_id],
            is_mutual=link.job_id in mutual,
        )
        found.setdefault(link.job_id, []).append(above)
    return found


def _oldest(jobs: Collection[Known], now: datetime) -> datetime:
    """The first moment that may still be judged: a window may have held it."""
    found = [now]
    for _, state, _, runs in jobs:
        looks = (
            *(state.due_at, state.deadline_at, state.maintained_until),
            # a word may come yet about the slot that was missed or satisfied last
            *(state.missed_due_at, state.held_due_at),
            *(run.due_at for run in runs),
        )
        found += [at for at in looks if at is not None]
    return min(found)


def changed_bearings(
    decided: Iterable[tuple[Watched, Transition]],
) -> list[JobId]:
    """Jobs whose incident has another effect now on those below it.

    One that is heard again after a silence silences them again.
    """
    return [
        before.job.id
        for before, transition in decided
        if (before.incident or transition.watched.incident) is not None
        and (
            _bearing(before) != _bearing(transition.watched)
            or any(map(_is_heard_again, transition.effects))
        )
    ]


def _bearing(watched: Watched) -> tuple[object, ...] | None:
    """All that this effect depends on, but for silences."""
    incident = watched.incident
    if incident is None or incident.resolved_at is not None:
        return None
    is_paused = watched.state.status is Status.PAUSED
    opened_at = incidents.last_opened(incident, watched.state)
    works = watched.state.good_in_a_row > 0
    return incident.id, opened_at, incident.acknowledged_at, is_paused, works


def _is_heard_again(effect: Effect) -> bool:
    return isinstance(effect, Notify) and effect.kind is NotificationKind.UNSILENCED


def changed_inhibitors(
    decided: Sequence[tuple[Watched, Transition]],
) -> set[IncidentId]:
    """Incidents whose cards show other children than before."""
    found = set()
    for before, transition in decided:
        old, new = _inhibitor(before), _inhibitor(transition.watched)
        if old != new:
            found |= {each for each in (old, new) if each is not None}
    return found


def _inhibitor(watched: Watched) -> IncidentId | None:
    return None if watched.incident is None else watched.incident.inhibited_by
