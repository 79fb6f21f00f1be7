"""What people and programs look at; through the connection that cannot write."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import storage.audit
import storage.former_uuids
import storage.incidents
import storage.jobs
import storage.labels
import storage.maintenance
import storage.mutes
import storage.notifications
import storage.pings
import storage.runs
import storage.slots
import storage.standings
import storage.states
import storage.storms
from bot.core import jobs, mutes, pages, views
from bot.core.explanations import Explanation
from bot.core.kinds import BlindId, IncidentId, IncidentStatus, Outcome, Status
from bot.core.models import Job, JobState, Run, Slot
from bot.core.pages import AuditPage, IncidentPage, JobFilter, JobPage
from bot.core.silencers import Silencers
from bot.core.states import Standing
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine import blind_times, explanations, job_changes, lists, storms
from bot.engine.context import Context
from bot.engine.drifts import habits
from bot.engine.incidents import get
from bot.engine.jobs import PingUrls
from bot.engine.link import Link
from bot.engine.silencers import Surroundings
from bot.errors import Invalid, NotFound, Problem
from storage.queries import Queries

#: what `job` shows of each kind of history
SHOWN_PINGS = 20
SHOWN_SLOTS = 50
SHOWN_RUNS = 20
SHOWN_INCIDENTS = 10
#: rows that a list gives at the most
MOST = 1000


class Reads:
    """Every question that a face may ask."""

    def __init__(
        self, context: Context, link: Link, *, ping_urls: PingUrls, version: str
    ) -> None:
        self._context = context
        self._around = context.surroundings
        self._link = link
        self._ping_urls = ping_urls
        self._version = version
        self._started_at = context.clock.now()

    async def jobs(
        self,
        *,
        status: str | None = None,
        tag: str | None = None,
        node: str | None = None,
        unreadable: list[str] | None = None,
    ) -> list[View]:
        """Jobs by slug; `status` is a stored one or late, running, failing, unknown.

        Slugs of jobs that cannot be read are put into `unreadable`; without that such
        a job raises Unreadable.
        """
        derived = status in ("late", "running", "failing", "unknown")
        now = self._context.clock.now()

        async def query(q: Queries) -> list[View]:
            found = await storage.jobs.with_states(
                q,
                status=None if derived else status,
                tag=tag,
                node=node,
                unreadable=unreadable,
            )
            common = await self._around.shared(q, now)
            return [self._job(job, state, common, now) for job, state in found]

        shown = await self._context.db.read(query)
        return [view for view in shown if not derived or view[str(status)]]

    async def job_count(self) -> int:
        """How many jobs are in use."""
        return await self._context.db.read(storage.jobs.count)

    def _job(self, job: Job, state: JobState, common: Silencers, now: datetime) -> View:
        view = job_changes.view(Watched(job=job, state=state, silencers=common), now)
        return view | self._ping_urls(job.uuid, job.slug)

    async def job(self, slug: str) -> View:
        """One job with its recent history; raises NotFound."""
        now = self._context.clock.now()

        async def query(q: Queries) -> View:
            found = await storage.jobs.with_states(q, slug=slug)
            if not found:
                raise NotFound(f"there is no job {slug!r}; see `cronitor job list`")
            job, state = found[0]
            common = await self._around.shared(q, now)
            view = self._job(job, state, common, now)
            mute = mutes.applying(common.mutes, job.definition, now)
            view["mute"] = None if mute is None else views.mute(mute)
            former = await storage.former_uuids.ends(q, job.id, now)
            view["former_ping_urls_until"] = [views.moment(each) for each in former]
            view["habits"] = await habits(q, job)
            return view | await _history(q, job, state, self._around, now)

        return await self._context.db.read(query)

    async def job_page(self, wanted: JobFilter, *, page: int, size: int) -> JobPage:
        """These jobs, the worst first, without their ping URLs.

        Another page is given where that one is not there (any more).
        """
        now = self._context.clock.now()

        async def query(q: Queries) -> JobPage:
            return await lists.job_page(
                q, wanted, self._around, now, page=page, size=size
            )

        return await self._context.db.read(query)

    async def jobs_like(
        self,
        text: str,
        *,
        status: Status | None = None,
        muted: bool = False,
        command: bool = False,
        going: bool = False,
        limit: int,
    ) -> list[Standing]:
        """Jobs that may be meant by it; an empty text means any.

        `muted`: those that have a mute of their own; `command`: those that Cronitor
        runs; `going`: those of which a run waits or goes on.
        """
        now = self._context.clock.now()

        async def query(q: Queries) -> list[Standing]:
            return await storage.standings.matching(
                q,
                text,
                now,
                status=status,
                muted=muted,
                command=command,
                going=going,
                limit=limit,
            )

        return await self._context.db.read(query)

    async def incidents(
        self,
        *,
        status: str | None = None,
        job: str | None = None,
        limit: int = 100,
    ) -> list[View]:
        """Incidents, newest first; `status` may be `unresolved` as well."""
        if status not in (None, "unresolved", *IncidentStatus):
            hint = "open, acknowledged, resolved or unresolved"
            raise Invalid(Problem("status", f"{status!r} is none", hint))
        now = self._context.clock.now()

        async def query(q: Queries) -> list[View]:
            job_id = await lists.job_named(q, job)
            incidents = await storage.incidents.newest(
                q,
                status=_stored(status),
                unresolved=status == "unresolved",
                job_id=job_id,
                limit=max(1, min(limit, MOST)),
            )
            return await lists.incident_views(q, incidents, self._around, now)

        return await self._context.db.read(query)

    async def incident_page(
        self,
        status: IncidentStatus | None,
        *,
        page: int,
        size: int,
        job: str | None = None,
    ) -> IncidentPage:
        """Incidents, the newest first; None: those that are not resolved.

        Another page is given where that one is not there (any more).
        """
        now = self._context.clock.now()

        async def query(q: Queries) -> IncidentPage:
            return await lists.incident_page(
                q, status, self._around, now, page=page, size=size, job=job
            )

        return await self._context.db.read(query)

    async def incidents_like(self, text: str, *, limit: int) -> list[View]:
        """Unresolved incidents that may be meant by it; an empty text means any."""
        now = self._context.clock.now()

        async def query(q: Queries) -> list[View]:
            found = await storage.incidents.matching(q, text, limit)
            return await lists.incident_views(q, found, self._around, now)

        return await self._context.db.read(query)

    async def incident(self, incident_id: IncidentId) -> View:
        """One incident with its story; raises NotFound."""
        now = self._context.clock.now()

        async def query(q: Queries) -> View:
            incident = await get(q, incident_id)
            (view,) = await lists.incident_views(q, [incident], self._around, now)
            story = await storage.incidents.story(q, incident_id)
            job = (await storage.jobs.by_ids(q, [incident.job_id]))[incident.job_id]
            state = (await storage.states.load_many(q, [job.id]))[job.id]
            around = await explanations.around(q, job, state, incident)
            told = [views.event(event) for event in story]
            return view | {"story": told, "around": list(around)}

        return await self._context.db.read(query)

    async def explain(self, incident_id: IncidentId) -> Explanation:
        """Why an incident is as it is, and when it sounds next; raises NotFound."""
        now = self._context.clock.now()

        async def query(q: Queries) -> Explanation:
            return await explanations.explain(q, incident_id, self._around, now)

        return await self._context.db.read(query)

    async def explain_job(self, slug: str) -> Explanation:
        """Why a job is as it is, and when it sounds next; raises NotFound."""
        now = self._context.clock.now()

        async def query(q: Queries) -> Explanation:
            return await explanations.explain_job(q, slug, self._around, now)

        return await self._context.db.read(query)

    async def tags_like(self, text: str, *, limit: int) -> list[str]:
        """Tags of jobs that may be meant by it; an empty text means any."""
        return await self._context.db.read(
            lambda q: storage.labels.tags_like(q, text, limit)
        )

    async def nodes_like(self, text: str, *, limit: int) -> list[str]:
        """Nodes of jobs that may be meant by it; an empty text means any."""
        return await self._context.db.read(
            lambda q: storage.labels.nodes_like(q, text, limit)
        )

    async def mutes(self, *, ended: bool = False) -> list[View]:
        """Running mutes, or the newest of all."""
        now = self._context.clock.now()

        async def query(q: Queries) -> list[View]:
            if ended:
                found = tuple(await storage.mutes.newest(q, MOST))
            else:
                found = await q.ask(storage.mutes.running(now))
            return [views.mute(mute) for mute in found]

        return await self._context.db.read(query)

    async def maintenance(self, *, ended: bool = False) -> list[View]:
        """Windows that are not over, or the newest of all."""
        now = self._context.clock.now()

        async def query(q: Queries) -> list[View]:
            if ended:
                found = tuple(await storage.maintenance.newest(q, MOST))
            else:
                found = await q.ask(storage.maintenance.since(now))
            return [views.window(window, now) for window in found]

        return await self._context.db.read(query)

    async def storms(self) -> list[View]:
        """Storms that are not over, the newest first, with their members."""
        now = self._context.clock.now()

        async def query(q: Queries) -> list[View]:
            found = await storage.storms.running(q, now)
            return [await storms.view(q, each) for each in found]

        return await self._context.db.read(query)

    async def export(self) -> list[View]:
        """Every job as the `[[job]]` table that makes it."""
        found = await self._context.db.read(storage.jobs.load_all)
        return [jobs.as_table(job.definition) for job in found]

    async def status(self) -> View:
        """How much there is of everything."""
        return await self._context.db.read(self._status)

    async def overview(self) -> View:
        """As `status`, with `states` (every word that is said) and running mutes."""
        now = self._context.clock.now()

        async def query(q: Queries) -> View:
            found = await storage.standings.counts(q, now)
            running = await q.ask(storage.mutes.running(now))
            return await self._status(q) | {
                "states": lists.by_word(found),
                "mutes": [views.mute(mute) for mute in running],
            }

        return await self._context.db.read(query)

    async def _status(self, q: Queries) -> View:
        states = await storage.states.counts(q)
        open_now = await storage.incidents.counts(q)
        return {
            "jobs": {str(s): states.get(s, 0) for s in Status},
            "incidents": {str(s): open_now.get(s, 0) for s in lists.UNRESOLVED},
            "backlog": await storage.notifications.backlog(q),
            "discord": str(self._link.state),
            "version": self._version,
            "started_at": views.moment(self._started_at),
        }

    async def audit(self, limit: int = 100, subject: str | None = None) -> list[View]:
        """The newest changes, of everything or of one subject."""

        async def query(q: Queries) -> list[View]:
            most = max(1, min(limit, MOST))
            found = await storage.audit.newest(q, most, subject=subject)
            return [views.audit(entry) for entry in found]

        return await self._context.db.read(query)

    async def audit_page(
        self, subject: str | None, *, page: int, size: int
    ) -> AuditPage:
        """Changes, the newest first; another page where that one is not there."""

        async def query(q: Queries) -> AuditPage:
            total = await storage.audit.count(q, subject)
            window = pages.window(total, page, size)
            found = await storage.audit.newest(
                q, size, offset=window.offset, subject=subject
            )
            entries = [views.audit(entry) for entry in found]
            return AuditPage(entries=entries, window=window, total=total)

        return await self._context.db.read(query)


def _stored(status: str | None) -> IncidentStatus | None:
    return IncidentStatus(status) if status in tuple(IncidentStatus) else None


async def _history(
    q: Queries,
    job: Job,
    state: JobState,
    surroundings: Surroundings,
    now: datetime,
) -> View:
    pings = await storage.pings.newest(q, job.id, SHOWN_PINGS)
    slots = await storage.slots.newest(q, job.id, SHOWN_SLOTS)
    runs = await storage.runs.newest(q, job.id, SHOWN_RUNS)
    incidents = await storage.incidents.newest(q, job_id=job.id, limit=SHOWN_INCIDENTS)
    dues = job_changes.next_dues(job.definition, now, state.due_at)
    seen: list[Slot | Run] = [*slots, *runs]
    blind = await blind_times.words(q, (each.blind_id for each in seen))
    return {
        "next_dues": [views.moment(due) for due in dues],
        "pings": [views.ping(ping) for ping in pings],
        "slots": [views.slot(slot, blind.get(slot.blind_id)) for slot in slots],
        "runs": [views.run(run, blind.get(run.blind_id)) for run in runs],
        "unknown_why": _unknown_why(state, seen, blind),
        "incidents": await lists.incident_views(q, incidents, surroundings, now),
    }


def _unknown_why(
    state: JobState, seen: Sequence[Slot | Run], blind: Mapping[BlindId | None, str]
) -> str | None:
    """Why the newest outcome is unknown, if it is."""
    if state.last_outcome is not Outcome.UNKNOWN:
        return None
    unknown = (each.blind_id for each in seen if each.outcome is Outcome.UNKNOWN)
    return next((blind[each] for each in unknown if each in blind), None)
