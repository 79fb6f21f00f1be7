"""What people do about a storm: to all of its incidents, in one transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import storage.incidents
import storage.mutes
import storage.storms
from bot.core import mutes, status, storm_cards, views
from bot.core.kinds import IncidentStatus, MuteId, MuteScope, StormId
from bot.core.models import Actor, Incident
from bot.core.silencers import Mute, Storm
from bot.core.storm_cards import StormCard
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine import reviews, storms
from bot.engine.context import Context, note
from bot.engine.incidents import check_span
from bot.engine.wakes import Next
from bot.errors import Conflict, Invalid
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)


class Storms:
    """Acknowledging and muting all of a storm, and how it stands."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def card(self, storm_id: StormId) -> StormCard:
        """A storm with its members as they are now; raises NotFound."""
        now = self._context.clock.now()

        async def query(q: Queries) -> StormCard:
            storm = await storms.get(q, storm_id)
            return await storms.card(q, storm, self._context.surroundings, now)

        return await self._context.db.read(query)

    async def acknowledge(
        self, storm_id: StormId, actor: Actor, until: timedelta | None = None
    ) -> View:
        """Stop the sounds of all that nobody has; whoever has one already keeps it.

        `acknowledged` says how many those were, `owners` who has any of them. Raises
        NotFound, and Conflict for a storm whose incidents are all resolved.
        """
        problem = check_span(until)
        if problem is not None:
            raise Invalid(problem)

        async def unit(tx: Transaction) -> tuple[View, Next]:
            now, ids = self._context.clock.now(), self._context.ledger.ids
            storm, watched = await self._load(tx, storm_id, now)
            until_at = None if until is None else now + until
            decided = [
                (each, status.on_acknowledge(each, actor, now, ids, until_at))
                for each in watched
            ]
            after = [t.watched.incident for _, t in decided if t.watched.incident]
            had = {_tenure(each.incident) for each in watched}
            taken = [each.id for each in after if _tenure(each) not in had]
            if taken:
                subject, said = str(storm_id), {"incidents": taken}
                await note(tx, now, actor, "storm_acknowledged", subject, after=said)
            following = await self._context.ledger.save(tx, decided, now)
            view = await storms.view(tx, storm)
            view |= {"acknowledged": len(taken), "owners": _owners(after)}
            return view, following

        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        logger.info(
            "storm %s: %s incidents acknowledged by %s",
            storm_id,
            view["acknowledged"],
            actor,
            extra={"action": "incident_acknowledged"},
        )
        return view

    async def mute(
        self, storm_id: StormId, duration: timedelta, actor: Actor, reason: str = ""
    ) -> list[View]:
        """Silence its node or its tag, else the job of each unresolved incident.

        The views of the mutes, one or more. Raises as `acknowledge` does.
        """

        async def unit(tx: Transaction) -> tuple[list[View], Next]:
            now = self._context.clock.now()
            storm, watched = await self._load(tx, storm_id, now)
            found = []
            for scope, target in _targets(storm, watched):
                mute = Mute(
                    id=MuteId(0),
                    scope=scope,
                    target=target,
                    reason=reason,
                    created_by=str(actor),
                    created_at=now,
                    until_at=now + duration,
                )
                found.append(await self._insert(tx, mute, actor, now))
            return found, await reviews.review(self._context, tx, now)

        found, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        logger.info(
            "storm %s: muted by %s until %s with %s mutes",
            storm_id,
            actor,
            found[0]["until_at"],
            len(found),
            extra={"action": "mute_added"},
        )
        return found

    async def unmute(self, storm_id: StormId, actor: Actor) -> list[View]:
        """End the mutes of its node or its tag and those of its jobs alone.

        Raises NotFound, and Conflict where none of these is running or all of the
        storm is resolved.
        """

        async def unit(tx: Transaction) -> tuple[list[View], Next]:
            now = self._context.clock.now()
            storm, watched = await self._load(tx, storm_id, now)
            own = storm_cards.own_mutes(storm, [each.job.slug for each in watched])
            shown = []
            for scope, target in sorted(own):
                for mute in await storage.mutes.end_of(tx, scope, target, now):
                    view = views.mute(mute)
                    await note(
                        tx, now, actor, "mute_ended", str(view["id"]), before=view
                    )
                    shown.append(view)
            if not shown:
                raise Conflict("no mute of this storm is running any more")
            return shown, await reviews.review(self._context, tx, now)

        found, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        logger.info(
            "storm %s: %s mutes ended by %s",
            storm_id,
            len(found),
            actor,
            extra={"action": "mute_ended"},
        )
        return found

    async def _insert(
        self, tx: Transaction, mute: Mute, actor: Actor, now: datetime
    ) -> View:
        problems = mutes.check(
            mute.scope, until_at=mute.until_at, until_recovery=False, now=now
        )
        if problems:
            raise Invalid(*problems)
        view = {**views.mute(mute), "id": await storage.mutes.insert(tx, mute)}
        await note(tx, now, actor, "mute_added", str(view["id"]), after=view)
        return view

    async def _load(
        self, tx: Transaction, storm_id: StormId, now: datetime
    ) -> tuple[Storm, list[Watched]]:
        """The storm and its jobs whose incident is not resolved; never none."""
        storm = await storms.get(tx, storm_id)
        ids = await storage.storms.members(tx, storm_id)
        found = await storage.incidents.many(tx, ids)
        job_ids = {i.job_id for i in found.values() if i.resolved_at is None}
        watched = await self._context.ledger.load_ids(tx, sorted(job_ids), now)
        if not watched:
            raise Conflict(f"storm {storm_id} is over: all of it is resolved")
        return storm, list(watched.values())


def _tenure(incident: Incident | None) -> tuple[object, ...]:
    """Who has an incident, and from when to when."""
    if incident is None:
        return ()
    by, until = incident.acknowledged_by, incident.acknowledged_until
    return incident.id, by, incident.acknowledged_at, until


def _owners(found: Sequence[Incident]) -> list[str]:
    acknowledged = [i for i in found if i.status is IncidentStatus.ACKNOWLEDGED]
    return sorted({each.acknowledged_by for each in acknowledged})


def _targets(storm: Storm, watched: Sequence[Watched]) -> list[tuple[MuteScope, str]]:
    """What is muted: one node, one tag, or each job."""
    kind, name = storm_cards.group(storm)
    if kind:
        return [(MuteScope(kind), name)]
    return [(MuteScope.JOB, each.job.slug) for each in watched]
