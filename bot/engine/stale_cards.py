"""What a place with cards has to do now, with everything that it needs for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import storage.cards
import storage.incidents
import storage.jobs
import storage.pings
import storage.states
from bot.core import audible, escalations, explanations
from bot.core.cards import Card, Child, Owed, Shown, card_mark
from bot.core.escalations import Standing
from bot.core.kinds import IncidentId
from bot.core.models import Incident, Job, JobState
from bot.core.run_lengths import RunLength
from bot.core.silencers import Silencers
from bot.engine import run_lengths, shown_outputs
from bot.engine.silencers import Known, Surroundings
from storage.queries import Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """One card, what the place knows of it, and what it has not told yet."""

    card: Card
    shown: Shown
    owed: tuple[Owed, ...]

    @property
    def incident(self) -> Incident:
        """The incident that it shows."""
        return self.card.incident


async def load(
    q: Queries,
    place: str,
    ids: Iterable[IncidentId],
    *,
    surroundings: Surroundings,
    instance: str,
    now: datetime,
) -> list[Stale]:
    """The cards of these incidents as they must be shown at `now`, in that order."""
    wanted = list(ids)
    if not wanted:
        return []
    shown = await storage.cards.load(q, place, wanted)
    owed = await storage.cards.owed(q, place, wanted)
    found = await cards_of(q, shown.values(), surroundings, instance=instance, now=now)
    return [
        Stale(
            card=found[incident_id],
            shown=shown[incident_id],
            owed=tuple(owed.get(incident_id, ())),
        )
        for incident_id in wanted
        if incident_id in found
    ]


async def cards_of(
    q: Queries,
    shown: Iterable[Shown],
    surroundings: Surroundings,
    *,
    instance: str,
    now: datetime,
) -> dict[IncidentId, Card]:
    """The newest state of the incidents behind these rows, as cards."""
    generations = {each.incident_id: each.generation for each in shown}
    found = await storage.incidents.many(q, generations)
    job_ids = {incident.job_id for incident in found.values()}
    jobs = await storage.jobs.by_ids(q, job_ids)
    states = await storage.states.load_many(q, job_ids)
    known = [Known(jobs[i.job_id], states[i.job_id], i) for i in found.values()]
    silencers = await surroundings.of(q, known, now)
    printed = await storage.pings.outputs(q, list(found.values()))
    children = await storage.incidents.inhibited(q, found)
    lengths = await run_lengths.of(q, found.values())
    return {
        incident.id: _card(
            incident,
            jobs[incident.job_id],
            states[incident.job_id],
            silencers[incident.job_id],
            now=now,
            output=printed.get(incident.id, b""),
            children=children.get(incident.id, ()),
            run=lengths.get(incident.id),
            mark=card_mark(instance, incident.id, generations[incident.id]),
        )
        for incident in found.values()
    }


def _card(
    incident: Incident,
    job: Job,
    state: JobState,
    silencers: Silencers,
    *,
    now: datetime,
    output: bytes,
    children: tuple[Child, ...],
    run: RunLength | None,
    mark: str,
) -> Card:
    quiet = None
    if incident.resolved_at is None:
        quiet = audible.silence(incident, job.definition, state, silencers, now)
    text, is_cut = explanations.tail(shown_outputs.end(output))
    return Card(
        incident=incident,
        job=job,
        state=state,
        silence=quiet,
        output=text,
        is_cut=is_cut or len(output) > shown_outputs.LOOKED_AT,
        children=children,
        run=run,
        escalation=_standing(incident, silencers),
        now=now,
        mark=mark,
    )


def _standing(incident: Incident, silencers: Silencers) -> Standing | None:
    if not escalations.climbs(incident, silencers):
        return None
    return escalations.standing(incident, silencers.escalation)
