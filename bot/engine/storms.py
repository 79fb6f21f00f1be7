"""Finds storms among what is about to be heard, and tells each of them once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import storage.incidents
import storage.jobs
import storage.storms
from bot.core import storms, views
from bot.core.effects import Effect, Notify, Record
from bot.core.kinds import IncidentId, StormId
from bot.core.models import Incident, Job
from bot.core.silencers import Storm
from bot.core.storms import Verdict
from bot.core.transitions import Transition, Watched
from bot.core.views import View
from storage.queries import Queries, Transaction

Decided = Sequence[tuple[Watched, Transition]]


class Told(NamedTuple):
    """A storm that begins: a line for people, and what programs are told."""

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
    groups: dict[str, list[Transition]] = {}
    for _, transition in decided:
        if _is_loud(transition):
            group = storms.group(transition.watched.job.definition)
            groups.setdefault(group, []).append(transition)
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


def _is_loud(transition: Transition) -> bool:
    incident = transition.watched.incident
    is_open = incident is not None and incident.resolved_at is None
    return is_open and any(map(_is_opening, transition.effects))


def _incident(transition: Transition) -> Incident:
    """The incident of a transition that is loud."""
    assert transition.watched.incident is not None
    return transition.watched.incident


def _is_opening(effect: Effect) -> bool:
    return (
        isinstance(effect, Notify) and effect.sounds and effect.kind in storms.OPENINGS
    )


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
        gathered.told.append(Told(text, views.storm(storm, members)))
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
        effects = (*(each for each in effects if not _is_opening(each)), line)
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
