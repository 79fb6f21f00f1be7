"""What people do about an incident."""

import asyncio
import logging
from datetime import datetime, timedelta

import storage.incidents
import storage.jobs
import storage.pings
from bot.core import mutes, status, views
from bot.core.effects import Record
from bot.core.kinds import IncidentId, IncidentStatus
from bot.core.models import Actor, Incident
from bot.core.transitions import Transition, Watched
from bot.core.views import View
from bot.engine import shown_outputs
from bot.engine.context import Context, note
from bot.engine.wakes import Next
from bot.errors import Conflict, Invalid, NotFound, Problem
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)


class Incidents:
    """Acknowledging, notes, and an end by hand; the rest is the rules' business."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def acknowledge(
        self, incident_id: IncidentId, actor: Actor, until: timedelta | None = None
    ) -> View:
        """Stop sounds for `until` (4 h unless given); idempotent, the first stays.

        Whoever has it already may give another end. Raises NotFound, and Conflict for
        an incident that is resolved.
        """
        problem = check_span(until)
        if problem is not None:
            raise Invalid(problem)

        async def unit(tx: Transaction) -> tuple[View, Next]:
            now = self._context.clock.now()
            watched, incident = await self._load(tx, incident_id, now)
            until_at = None if until is None else now + until
            transition = status.on_acknowledge(
                watched, actor, now, self._context.ledger.ids, until_at
            )
            after = transition.watched.incident or incident
            if _until(after) != _until(incident):
                await note(
                    tx,
                    now,
                    actor,
                    "incident_acknowledged",
                    str(incident_id),
                    before=_until(incident),
                    after=_until(after),
                )
            return await self._saved(tx, watched, incident, transition, now)

        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        logger.info(
            "incident %s acknowledged by %s",
            incident_id,
            view["acknowledged_by"],
            extra={"action": "incident_acknowledged", "job": view["job"]},
        )
        return view

    async def output(self, incident_id: IncidentId) -> tuple[View, str] | None:
        """All that is kept of what its newest ping with output sent, masked.

        None for a job that Cronitor runs, whose runs have an output of their own;
        raises NotFound.
        """

        async def query(q: Queries) -> tuple[View, bytes] | None:
            incident = await get(q, incident_id)
            job = (await storage.jobs.by_ids(q, [incident.job_id]))[incident.job_id]
            if job.definition.command is not None:
                return None
            sent = await storage.pings.outputs(q, [incident])
            view: View = {"job": job.slug, "incident": incident_id}
            return view, sent.get(incident_id, b"")

        found = await self._context.db.read(query)
        if found is None:
            return None
        view, body = found
        return view, await asyncio.to_thread(shown_outputs.shown, body)

    async def resolve(
        self, incident_id: IncidentId, actor: Actor, reason: str = ""
    ) -> View:
        """End an incident by hand; raises NotFound, and Conflict if it is resolved."""

        async def unit(tx: Transaction) -> tuple[View, Next]:
            now = self._context.clock.now()
            watched, incident = await self._load(tx, incident_id, now)
            transition = status.on_resolve(
                watched, actor, now, self._context.ledger.ids, reason
            )
            after = {"reason": reason} if reason else None
            subject = str(incident_id)
            await note(tx, now, actor, "incident_resolved", subject, after=after)
            return await self._saved(tx, watched, incident, transition, now)

        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        return view

    async def add_note(self, incident_id: IncidentId, actor: Actor, text: str) -> View:
        """Add to an incident's story, also to one that is over; raises NotFound."""
        if not text:
            raise Invalid(
                Problem("text", "is missing", "write what people should know")
            )

        async def unit(tx: Transaction) -> tuple[View, Next]:
            now, ids = self._context.clock.now(), self._context.ledger.ids
            incident = await get(tx, incident_id)
            loaded = await self._context.ledger.load_ids(tx, [incident.job_id], now)
            watched = loaded[incident.job_id]
            if incident.resolved_at is None:
                transition = status.on_note(watched, actor, now, ids, text)
            else:
                line = Record(incident_id, now, "note", text, str(actor))
                transition = Transition(watched, (line,))
            await note(
                tx, now, actor, "incident_noted", str(incident_id), after={"text": text}
            )
            return await self._saved(tx, watched, incident, transition, now)

        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        logger.info(
            "%s noted of incident %s: %s",
            actor,
            incident_id,
            text,
            extra={"action": "incident_noted", "job": view["job"]},
        )
        return view

    async def _saved(
        self,
        tx: Transaction,
        watched: Watched,
        incident: Incident,
        transition: Transition,
        now: datetime,
    ) -> tuple[View, Next]:
        """Write it, and show the incident as it is after that."""
        following = await self._context.ledger.save(tx, [(watched, transition)], now)
        after = transition.watched.incident
        if after is None or after.id != incident.id:
            after = incident
        state = transition.watched.state
        view = views.incident(after, watched.job, state, watched.silencers, now)
        return view, following

    async def _load(
        self, tx: Transaction, incident_id: IncidentId, now: datetime
    ) -> tuple[Watched, Incident]:
        incident = await get(tx, incident_id)
        if incident.resolved_at is not None:
            raise Conflict(f"incident {incident_id} is resolved already")
        loaded = await self._context.ledger.load_ids(tx, [incident.job_id], now)
        return loaded[incident.job_id], incident


def _until(incident: Incident) -> View | None:
    """Until when somebody has it, for the audit log."""
    if incident.status is not IncidentStatus.ACKNOWLEDGED:
        return None
    by, until = incident.acknowledged_by, incident.acknowledged_until
    return {"by": by, "until": None if until is None else views.moment(until)}


def check_span(until: timedelta | None) -> Problem | None:
    """What is wrong with how long an acknowledgement is to hold."""
    if until is None or timedelta() < until <= mutes.LONGEST:
        return None
    return Problem("for", "must be more than nothing and 30 days at most", "try 4h")


async def get(q: Queries, incident_id: IncidentId) -> Incident:
    """One incident; raises NotFound."""
    incident = await storage.incidents.get(q, incident_id)
    if incident is None:
        raise NotFound(
            f"there is no incident {incident_id}; see `cronitor incident list --all`"
        )
    return incident
