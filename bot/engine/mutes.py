"""Silence with an end, a reason and an owner."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import storage.jobs
import storage.mutes
from bot.core import mutes, views
from bot.core.kinds import MuteId, MuteScope, Status
from bot.core.models import Actor, Definition
from bot.core.silencers import Mute
from bot.core.views import View
from bot.engine import reach, reviews
from bot.engine.context import Context, note
from bot.engine.wakes import Next
from bot.errors import Conflict, Invalid, NotFound, Problem, Unreadable
from storage.queries import Transaction

logger = logging.getLogger(__name__)

Unit = Callable[[Transaction], Awaitable[tuple[list[View], Next]]]


class Mutes:
    """Adding and ending mutes."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def add(
        self,
        scope: MuteScope,
        target: str,
        *,
        duration: timedelta | None,
        until_recovery: bool = False,
        reason: str = "",
        actor: Actor,
    ) -> View:
        """Silence a job, a tag, a node or everything.

        The view has `jobs`, how many that are now, and `near`, the names that may be
        meant if it is none. Raises Invalid, NotFound for an unknown job, Conflict when
        a job that is well is to be silent until it recovers.
        """
        if duration is None and not until_recovery:
            hint = "give a duration such as 4h, or until recovery"
            raise Invalid(Problem("for", "is missing", hint))

        async def unit(tx: Transaction) -> tuple[list[View], Next]:
            now = self._context.clock.now()
            mute = Mute(
                id=MuteId(0),
                scope=scope,
                target=target,
                reason=reason,
                created_by=str(actor),
                created_at=now,
                until_at=now + (duration or mutes.LONGEST),
                until_recovery=until_recovery,
            )
            problems = mutes.check(
                scope,
                until_at=mute.until_at,
                until_recovery=until_recovery,
                now=now,
            )
            if problems:
                raise Invalid(*problems)
            if scope is MuteScope.JOB:
                await self._check_job(tx, target, now, until_recovery=until_recovery)
            mute_id = await storage.mutes.insert(tx, mute)
            view = {**views.mute(mute), "id": mute_id}
            await note(tx, now, actor, "mute_added", str(mute_id), after=view)
            view |= await reach.of(tx, scope, target)
            return [view], await reviews.review(self._context, tx, now)

        (view,) = await self._done(unit, "mute_added", actor)
        return view

    async def remove(self, mute_id: MuteId, actor: Actor) -> View:
        """End a mute now; what it silenced and is still bad sounds once.

        The view's `still` is the mute that silences all of it nevertheless, if any.
        """

        async def unit(tx: Transaction) -> tuple[list[View], Next]:
            now = self._context.clock.now()
            ended = await storage.mutes.end(tx, mute_id, now)
            if ended is None:
                raise NotFound(
                    f"there is no running mute {mute_id}; see `cronitor mute list`"
                )
            return await self._ended(tx, [ended], actor, now)

        (view,) = await self._done(unit, "mute_ended", actor)
        return view

    async def unmute(self, slug: str, actor: Actor) -> list[View]:
        """End the mutes of this job alone, those of its tags stay; raises NotFound.

        Nothing is returned where none was running; `still` is as of `remove`.
        """

        async def unit(tx: Transaction) -> tuple[list[View], Next]:
            now = self._context.clock.now()
            await self._context.ledger.load_slug(tx, slug, now)
            ended = await storage.mutes.end_of_job(tx, slug, now)
            return await self._ended(tx, ended, actor, now)

        return await self._done(unit, "mute_ended", actor)

    async def _ended(
        self, tx: Transaction, ended: list[Mute], actor: Actor, now: datetime
    ) -> tuple[list[View], Next]:
        running, shown = await tx.ask(storage.mutes.running(now)), []
        for mute in ended:
            view = views.mute(mute)
            await note(tx, now, actor, "mute_ended", str(mute.id), before=view)
            definition = await _definition(tx, mute)
            left = mutes.remaining(running, mute, definition, now)
            shown.append(view | {"still": None if left is None else views.mute(left)})
        return shown, await reviews.review(self._context, tx, now)

    async def _done(self, unit: Unit, action: str, actor: Actor) -> list[View]:
        shown, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        for view in shown:
            logger.info(
                "mute %s (%s %s) by %s until %s",
                view["id"],
                view["scope"],
                view["target"] or "everything",
                actor,
                view["until_at"],
                extra={"action": action},
            )
        return shown

    async def _check_job(
        self, tx: Transaction, slug: str, now: datetime, *, until_recovery: bool
    ) -> None:
        watched = await self._context.ledger.load_slug(tx, slug, now)
        if until_recovery and watched.state.status is not Status.DOWN:
            raise Conflict(f"{slug} is well: give a duration such as 4h instead")


async def _definition(tx: Transaction, mute: Mute) -> Definition | None:
    """Of the job that a mute is for, if it is for one that can be read."""
    if mute.scope is not MuteScope.JOB:
        return None
    try:
        job = await storage.jobs.by_slug(tx, mute.target)
    except Unreadable:
        return None
    return None if job is None else job.definition
