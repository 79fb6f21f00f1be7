"""Planned work: announced, ended early, and declared in files."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import storage.maintenance
import storage.states
from bot.core import maintenance_tables, views
from bot.core.kinds import WindowId, WindowScope
from bot.core.maintenance_tables import Plan
from bot.core.models import Actor
from bot.core.silencers import Window
from bot.core.views import View
from bot.engine import reach, reviews
from bot.engine.context import Context, note
from bot.engine.wakes import NOTHING, Next
from bot.errors import NotFound
from storage.queries import Transaction

logger = logging.getLogger(__name__)

#: a window, what is logged of it, and what follows once that is committed
Done = tuple[list[tuple[str, View]], Next]
Unit = Callable[[Transaction], Awaitable[Done]]


class Maintenance:
    """Adding and ending maintenance windows."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def add(self, table: Mapping[str, object], actor: Actor) -> View:
        """Announce planned work; raises Invalid, and NotFound for an unknown job.

        The view has `jobs` and `near`, as that of a mute.
        """

        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            wanted = maintenance_tables.parse(table, actor=str(actor), now=now)
            # only files have windows with names
            window = replace(wanted, name="")
            if window.scope is WindowScope.JOB:
                await self._context.ledger.load_slug(tx, window.target, now)
            view = await self._insert(tx, window, actor, now)
            view |= await reach.of(tx, window.scope, window.target)
            return [("maintenance_added", view)], await self._review(tx, now)

        ((_, view),) = await self._done(unit, actor)
        return view

    async def preview(self, table: Mapping[str, object]) -> View:
        """What would be announced, without doing it; raises Invalid."""
        now = self._context.clock.now()
        return views.window(maintenance_tables.parse(table, actor="", now=now), now)

    async def remove(self, window_id: WindowId, actor: Actor) -> View:
        """End a window now, and do not open it again; raises NotFound."""

        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            window = await storage.maintenance.end(tx, window_id, now)
            if window is None:
                raise NotFound(
                    f"there is no maintenance window {window_id} that is not over; "
                    "see `cronitor maintenance list`"
                )
            view = await self._ended(tx, window, actor, now)
            return [("maintenance_ended", view)], await self._review(tx, now)

        ((_, view),) = await self._done(unit, actor)
        return view

    async def check(self, tables: Sequence[object], actor: Actor) -> None:
        """Raise Invalid with every problem that `declare` would have."""
        now = self._context.clock.now()
        stored = await self._context.db.read(storage.maintenance.declared)
        maintenance_tables.plan(tables, stored, actor=str(actor), now=now)

    async def declare(self, tables: Sequence[object], actor: Actor) -> list[View]:
        """Make the declared windows what the tables say; those made by hand stay.

        What is the same is not touched. Raises Invalid with every problem.
        """

        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            stored = await storage.maintenance.declared(tx)
            plan = maintenance_tables.plan(tables, stored, actor=str(actor), now=now)
            done = await self._carry_out(tx, plan, actor, now)
            return done, await self._review(tx, now) if done else NOTHING

        return [view for _, view in await self._done(unit, actor)]

    async def _carry_out(
        self, tx: Transaction, plan: Plan, actor: Actor, now: datetime
    ) -> list[tuple[str, View]]:
        done = []
        for window in (*plan.removed, *(old for old, _ in plan.changed)):
            await storage.maintenance.retire(tx, window.id, now)
            view = await self._ended(tx, window, actor, now)
            done.append(("maintenance_ended", view))
        for window in (*plan.added, *(new for _, new in plan.changed)):
            view = await self._insert(tx, window, actor, now)
            done.append(("maintenance_added", view))
        return done

    async def _insert(
        self, tx: Transaction, window: Window, actor: Actor, now: datetime
    ) -> View:
        window_id = await storage.maintenance.insert(tx, window)
        view = views.window(replace(window, id=window_id), now)
        await note(tx, now, actor, "maintenance_added", str(window_id), after=view)
        return view

    async def _ended(
        self, tx: Transaction, window: Window, actor: Actor, now: datetime
    ) -> View:
        view = views.window(window, now)
        await note(tx, now, actor, "maintenance_ended", str(window.id), before=view)
        return view

    async def _review(self, tx: Transaction, now: datetime) -> Next:
        """What was suppressed is judged now, if no window holds it any more."""
        held = await storage.states.maintained(tx)
        return await reviews.review(self._context, tx, now, held)

    async def _done(self, unit: Unit, actor: Actor) -> list[tuple[str, View]]:
        done, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        for action, view in done:
            logger.info(
                "maintenance window %s (%s %s) %s by %s",
                view["id"],
                view["scope"],
                view["target"] or "everything",
                action.removeprefix("maintenance_"),
                actor,
                extra={"action": action},
            )
        return done
