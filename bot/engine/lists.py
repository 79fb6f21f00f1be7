"""Lists of any length, a page at a time, and what may be meant by a few letters."""

from datetime import datetime

import storage.incidents
import storage.jobs
import storage.slots
import storage.standings
import storage.states
from bot.core import pages, states, views
from bot.core.kinds import IncidentStatus, JobId
from bot.core.models import Incident
from bot.core.pages import IncidentPage, JobFilter, JobPage
from bot.core.states import Facts, State
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine import job_changes
from bot.engine.silencers import Known, Surroundings
from bot.errors import NotFound
from storage.queries import Queries

#: last slots of each job of a page
SHOWN_SLOTS = 6
UNRESOLVED = (IncidentStatus.OPEN, IncidentStatus.ACKNOWLEDGED)


async def job_page(
    q: Queries,
    wanted: JobFilter,
    surroundings: Surroundings,
    now: datetime,
    *,
    page: int,
    size: int,
) -> JobPage:
    """These jobs, the worst first; the views have no ping URL."""
    tag, node = wanted.tag, wanted.node
    found = await storage.standings.counts(q, now, tag=tag, node=node)
    ranks = _ranks(found, wanted.said)
    total = sum(found[facts] for facts in ranks)
    window = pages.window(total, page, size)
    ids = await storage.standings.ranked(
        q, ranks, now, tag=tag, node=node, limit=size, offset=window.offset
    )
    jobs = await storage.jobs.by_ids(q, ids)
    stored = await storage.states.load_many(q, ids)
    common = await surroundings.shared(q, now)
    recent = await storage.slots.recent(q, ids, SHOWN_SLOTS)
    shown = [
        job_changes.view(Watched(job=jobs[i], state=stored[i], silencers=common), now)
        | {"recent": recent.get(i, [])}
        for i in ids
    ]
    return JobPage(
        jobs=shown,
        window=window,
        total=total,
        counts=by_word(found),
        filter=wanted,
    )


def _ranks(found: dict[Facts, int], said: State | None) -> dict[Facts, int]:
    words = {facts: states.said_of(facts) for facts in found}
    return {
        facts: states.RANKS[all_said[0]]
        for facts, all_said in words.items()
        if said is None or said in all_said
    }


def by_word(found: dict[Facts, int]) -> dict[State, int]:
    """How many jobs there are by the worst that is true of each."""
    counts = dict.fromkeys(State, 0)
    for facts, count in found.items():
        counts[states.said_of(facts)[0]] += count
    return counts


async def incident_page(
    q: Queries,
    status: IncidentStatus | None,
    surroundings: Surroundings,
    now: datetime,
    *,
    page: int,
    size: int,
    job: str | None = None,
) -> IncidentPage:
    """Incidents of a status, the newest first; None: those that are not resolved."""
    statuses = UNRESOLVED if status is None else (status,)
    job_id = await job_named(q, job)
    total = await storage.incidents.count(q, statuses, job_id)
    window = pages.window(total, page, size)
    incidents = await storage.incidents.newest(
        q,
        status=status,
        unresolved=status is None,
        job_id=job_id,
        limit=size,
        offset=window.offset,
    )
    shown = await incident_views(q, incidents, surroundings, now)
    return IncidentPage(incidents=shown, window=window, total=total, job=job)


async def job_named(q: Queries, slug: str | None) -> JobId | None:
    """The job that a list is to be of; None: of all. Raises NotFound."""
    if slug is None:
        return None
    found = await storage.jobs.by_slug(q, slug)
    if found is None:
        raise NotFound(f"there is no job {slug!r}; see `cronitor job list`")
    return found.id


async def incident_views(
    q: Queries, incidents: list[Incident], surroundings: Surroundings, now: datetime
) -> list[View]:
    """Incidents as they are shown."""
    ids = {incident.job_id for incident in incidents}
    found = await storage.jobs.by_ids(q, ids)
    stored = await storage.states.load_many(q, ids)
    known = [Known(found[each.job_id], stored[each.job_id], each) for each in incidents]
    around = await surroundings.of(q, known, now)
    return [
        views.incident(
            incident,
            found[incident.job_id],
            stored[incident.job_id],
            around[incident.job_id],
            now,
        )
        for incident in incidents
    ]
