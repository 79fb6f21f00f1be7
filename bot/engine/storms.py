"""Finds storms among what is about to be heard, and tells each of them once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import storage.incidents
import storage.jobs
import storage.states
import storage.storms
from bot.core import audible, storm_cards, storms, views
from bot.core.effects import Effect, Notify, Record
from bot.core.kinds import IncidentId, NotificationKind, Severity, StormId
from bot.core.models import Incident, Job
from bot.core.silencers import Storm
from bot.core.storm_cards import Member, StormCard
from bot.core.storms import Verdict
from bot.core.transitions import Transition, Watched
from bot.core.views import View
from bot.engine.silencers import Known, Surroundings
from bot.errors import NotFound, Unavailable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

Decided = Sequence[tuple[Watched, Transition]]


class Told(NamedTuple):
    """A storm that begins: a line for people, and what programs are told."""

    storm_id: StormId
    text: str
    view: View


@dataclass(slots=True)
class Gathered:
    """What was decided, with storms in the place of too many sounds."""

    decided: Decided
    told: list[Told] = field(default_factory=list)
    #: who joined which storm; their rows must be there before this is written
    joined: list[tuple[StormId, list[IncidentId]]] = field(default_factory=list)


async def gather(tx: Transaction, decided: Decided, now: datetime) -> Gathered:
    """Find the storms among what is about to be heard, and store them."""
    groups = _groups(decided)
    gathered = Gathered(decided)
    if not groups:
        return gathered
    since = now - storms.WITHIN
    heard = await storage.storms.heard(tx, groups, since)
    newest = await storage.storms.newest(tx, groups, since)
    changed: dict[int, Transition] = {}
    alone = []
    for group, loud in groups.items():
        verdict = storms.gather(
            [_incident(each) for each in loud],
            group,
            earlier=heard.get(group, 0),
            storm=newest.get(group),
            now=now,
        )
        alone += [group] * len(verdict.heard)
        if verdict.storm is not None:
            storm = await _kept(tx, verdict, verdict.storm)
            changed |= _members(gathered, verdict, storm, loud)
    await storage.storms.remember(tx, alone, now, since)
    gathered.decided = [(b, changed.get(id(t), t)) for b, t in decided]
    return gathered


def _groups(decided: Decided) -> dict[str, list[Transition]]:
    """What is about to be heard, by group; repeats only where they are many."""
    groups: dict[str, list[Transition]] = {}
    repeats: dict[str, list[Transition]] = {}
    for _, transition in decided:
        found = groups if _is_loud(transition, storms.OPENINGS) else repeats
        if found is groups or _is_repeated(transition):
            group = storms.group(transition.watched.job.definition)
            found.setdefault(group, []).append(transition)
    for group, again in repeats.items():
        if len(again) + len(groups.get(group, ())) > storms.AT_MOST:
            groups.setdefault(group, []).extend(again)
    return groups


def _is_loud(transition: Transition, kinds: frozenset[NotificationKind]) -> bool:
    incident = transition.watched.incident
    if incident is None or incident.resolved_at is not None:
        return False
    return any(_is_one_of(each, kinds) for each in transition.effects)


def _is_repeated(transition: Transition) -> bool:
    """It was heard before; what is critical is heard by itself every time."""
    incident = transition.watched.incident
    is_critical = incident is not None and incident.severity is Severity.CRITICAL
    return not is_critical and _is_loud(transition, storms.REPEATS)


def _incident(transition: Transition) -> Incident:
    """The incident of a transition that is loud."""
    assert transition.watched.incident is not None
    return transition.watched.incident


def _is_one_of(effect: Effect, kinds: frozenset[NotificationKind]) -> bool:
    return isinstance(effect, Notify) and effect.sounds and effect.kind in kinds


def _is_taken_over(effect: Effect) -> bool:
    """The storm makes this sound in the place of its member."""
    return _is_one_of(effect, storms.OPENINGS | storms.REPEATS)


async def _kept(tx: Transaction, verdict: Verdict, storm: Storm) -> Storm:
    """Store the storm; it has its number now."""
    if verdict.is_new:
        return replace(storm, id=await storage.storms.insert(tx, storm))
    await storage.storms.update(tx, storm)
    return storm


def _members(
    gathered: Gathered, verdict: Verdict, storm: Storm, loud: list[Transition]
) -> dict[int, Transition]:
    """The transitions of those who join, as they are then."""
    joined = [incident.id for incident in verdict.joined]
    heard = {incident.id for incident in verdict.heard}
    gathered.joined.append((storm.id, joined))
    joining = [each for each in loud if _incident(each).id in set(joined)]
    if verdict.is_new:
        members = [(_incident(each), each.watched.job) for each in joining]
        text = f"{storms.headline(storm, members)}: {', '.join(storms.names(members))}"
        told = Told(storm.id, text, views.storm(storm, members))
        gathered.told.append(told)
    return {
        id(each): _member(each, storm, heard=_incident(each).id in heard)
        for each in joining
    }


def _member(transition: Transition, storm: Storm, *, heard: bool) -> Transition:
    """The incident in its storm; what is critical is heard by itself as well."""
    incident = _incident(transition)
    effects = transition.effects
    if heard:
        member = replace(incident, storm_id=storm.id)
    else:
        member = storms.in_storm(incident, storm)
        told = f"told as part of storm #{storm.id}"
        line = Record(incident.id, storm.joined_at, "note", told)
        effects = (*(each for each in effects if not _is_taken_over(each)), line)
    watched = replace(transition.watched, incident=member)
    return replace(transition, watched=watched, effects=effects)


async def view(q: Queries, storm: Storm) -> View:
    """A storm with all that were ever in it."""
    ids = await storage.storms.members(q, storm.id)
    found = await storage.incidents.many(q, ids)
    jobs = await storage.jobs.by_ids(q, {each.job_id for each in found.values()})
    members: list[tuple[Incident, Job]] = [
        (found[incident_id], jobs[found[incident_id].job_id]) for incident_id in ids
    ]
    return views.storm(storm, members)


async def get(q: Queries, storm_id: StormId) -> Storm:
    """One storm; raises NotFound."""
    storm = await storage.storms.get(q, storm_id)
    if storm is None:
        raise NotFound(f"there is no storm {storm_id}; see `/v1/storms`")
    return storm


async def card(
    q: Queries, storm: Storm, surroundings: Surroundings, now: datetime, mark: str = ""
) -> StormCard:
    """A storm with its members as they are now."""
    ids = await storage.storms.worst(q, storm.id, storm_cards.MOST)
    members = await _readable(q, ids, surroundings, now)
    return StormCard(
        storm=storm,
        members=storm_cards.worst_first(members),
        tally=await storage.storms.tally(q, storm.id),
        mark=mark,
    )


async def _readable(
    q: Queries, ids: list[IncidentId], surroundings: Surroundings, now: datetime
) -> list[Member]:
    """The members; one that cannot be read hides none of the others."""
    try:
        return await _load(q, ids, surroundings, now)
    except Unavailable:
        raise
    except Exception:
        if len(ids) > 1:
            half = len(ids) // 2
            return [
                *await _readable(q, ids[:half], surroundings, now),
                *await _readable(q, ids[half:], surroundings, now),
            ]
        logger.error(
            "incident %s cannot be read, so its storm is shown without it",
            *ids,
            extra={"action": "row_parked"},
        )
        return []


async def _load(
    q: Queries, ids: list[IncidentId], surroundings: Surroundings, now: datetime
) -> list[Member]:
    found = await storage.incidents.many(q, ids)
    job_ids = {incident.job_id for incident in found.values()}
    jobs = await storage.jobs.by_ids(q, job_ids)
    states = await storage.states.load_many(q, job_ids)
    # an older incident of a job says nothing about what is around it now
    unresolved = [i for i in found.values() if i.resolved_at is None]
    known = [Known(jobs[i.job_id], states[i.job_id], i) for i in unresolved]
    silencers = await surroundings.of(q, known, now)
    members = []
    for incident in found.values():
        job, state = jobs[incident.job_id], states[incident.job_id]
        quiet = None
        if incident.resolved_at is None:
            around = silencers[job.id]
            quiet = audible.silence(incident, job.definition, state, around, now)
        member = Member(incident=incident, job=job, state=state, silence=quiet)
        members.append(member)
    return members
