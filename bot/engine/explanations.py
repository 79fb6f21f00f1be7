"""Loads what it takes to explain one incident, whatever became of its job."""

from dataclasses import replace
from datetime import datetime

import storage.audit
import storage.executions
import storage.incidents
import storage.jobs
import storage.pings
import storage.runs
import storage.states
from bot.core import evidence, explanations
from bot.core.audits import AuditEntry
from bot.core.evidence import Scene
from bot.core.executions import BAD, End
from bot.core.explanations import Explanation
from bot.core.kinds import IncidentId
from bot.core.models import Incident, Job, JobState, Ping
from bot.core.transitions import Watched
from bot.engine import shown_outputs
from bot.engine.incidents import get
from bot.engine.silencers import Known, Surroundings
from bot.errors import NotFound
from storage.queries import Queries

#: pings that the explanation may speak of
LOOKED_AT = 20


async def explain(
    q: Queries, incident_id: IncidentId, surroundings: Surroundings, now: datetime
) -> Explanation:
    """Why an incident stands as it does, its output masked; raises NotFound."""
    incident = await get(q, incident_id)
    job_id = incident.job_id
    job = (await storage.jobs.by_ids(q, [job_id]))[job_id]
    state = (await storage.states.load_many(q, [job_id]))[job_id]
    return await _explain(q, job, state, incident, surroundings, now)


async def explain_job(
    q: Queries, slug: str, surroundings: Surroundings, now: datetime
) -> Explanation:
    """Why a job stands as it does, by its open incident if it has one.

    Raises NotFound.
    """
    found = await storage.jobs.with_states(q, slug=slug)
    if not found:
        raise NotFound(f"there is no job {slug!r}; see `cronitor job list`")
    job, state = found[0]
    unresolved = await storage.incidents.unresolved_of(q, [job.id])
    incident = unresolved.get(job.id)
    return await _explain(q, job, state, incident, surroundings, now)


async def _explain(
    q: Queries,
    job: Job,
    state: JobState,
    incident: Incident | None,
    surroundings: Surroundings,
    now: datetime,
) -> Explanation:
    job_id = job.id
    silencers = await surroundings.of(q, [Known(job, state, incident)], now)
    watched = Watched(
        job=job,
        state=state,
        runs=tuple(await storage.runs.relevant(q, [job_id], [])),
        incident=incident,
        silencers=silencers[job_id],
    )
    newest = await storage.pings.newest(q, job_id, LOOKED_AT)
    printed = max((p for p in newest if p.body), key=_at, default=None)
    pings = [
        replace(p, body=shown_outputs.end(p.body) if p is printed else b"")
        for p in newest
    ]
    scene = await _scene(q, job, state, incident)
    return explanations.explain(watched, pings, now, scene)


def _at(ping: Ping) -> datetime:
    return ping.at


async def around(
    q: Queries, job: Job, state: JobState, incident: Incident
) -> tuple[str, ...]:
    """What is known of the run that an incident is about, in sentences."""
    scene = await _scene(q, job, state, incident)
    return () if scene is None else evidence.sentences(scene)


async def _scene(
    q: Queries, job: Job, state: JobState, incident: Incident | None
) -> Scene | None:
    """What is known of the newest run of Cronitor's own that ended badly.

    Of an incident that is over, the newest before its end.
    """
    if job.definition.command is None:
        return None
    until = None if incident is None else incident.resolved_at
    ended = await storage.executions.newest_ended(q, job.id, [*BAD], until)
    if ended is None:
        return None
    change = await storage.audit.newest_change(q, job.slug)
    return Scene(
        execution=ended,
        measured=await storage.executions.evidence(q, ended.id),
        usual=state.usual_runtime,
        last_good=await storage.executions.newest_ended(
            q, job.id, [End.OK], ended.ended_at
        ),
        changed_at=None if change is None else change.at,
        changed_by="" if change is None else str(change.actor),
        changed=() if change is None else _fields(change),
    )


def _fields(change: AuditEntry) -> tuple[str, ...]:
    """The keys of which the values differ."""
    keys = {*change.before, *change.after}
    return tuple(sorted(k for k in keys if change.before.get(k) != change.after.get(k)))
