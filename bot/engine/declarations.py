"""Jobs by the file: the plan first, then all of it or nothing."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import storage.jobs
from bot.core import jobs, plans
from bot.core.models import Actor, Definition
from bot.core.views import View
from bot.engine import job_changes
from bot.engine.context import Context
from bot.engine.wakes import Next
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

Table = Mapping[str, object]


class Declarations:
    """Makes the stored jobs what `[[job]]` tables say."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def plan(self, tables: Sequence[Table], *, prune: bool) -> View:
        """What `apply` would do; raises Invalid with every problem."""
        declared = await _parse(tables)
        now = self._context.clock.now()

        async def query(q: Queries) -> plans.Plan:
            stored = await storage.jobs.load_all(q)
            return plans.plan(declared, stored, prune=prune, after=now)

        return _view(await self._context.db.read(query))

    async def apply(
        self, tables: Sequence[Table], *, prune: bool, actor: Actor
    ) -> View:
        """Do it in one transaction; what is the same already is not touched."""
        declared = await _parse(tables)

        async def unit(tx: Transaction) -> tuple[plans.Plan, list[Next]]:
            now = self._context.clock.now()
            stored = await storage.jobs.load_all(tx)
            plan = plans.plan(declared, stored, prune=prune, after=now)
            return plan, await self._carry_out(tx, plan, actor, now)

        plan, following = await self._context.db.write(unit)
        for each in following:
            self._context.wakes.after(each)
        for action, slugs in _touched(plan).items():
            for slug in slugs:
                extra = {"action": f"job_{action}", "job": slug}
                logger.info("%s %s by %s", slug, action, actor, extra=extra)
        return _view(plan)

    async def _carry_out(
        self,
        tx: Transaction,
        plan: plans.Plan,
        actor: Actor,
        now: datetime,
    ) -> list[Next]:
        following = []
        for job in plan.removed:
            watched = await self._context.ledger.load_slug(tx, job.slug, now)
            done = await job_changes.archive(
                self._context, tx, watched, actor=actor, now=now
            )
            following.append(done[1])
        for definition in plan.added:
            uuid = str(uuid4())
            done = await job_changes.insert(
                tx,
                jobs.hashed(definition, uuid),
                uuid=uuid,
                declared=True,
                actor=actor,
                now=now,
            )
            following.append(done[1])
        for change in plan.changed:
            watched = await self._context.ledger.load_slug(tx, change.job.slug, now)
            done = await job_changes.change(
                self._context,
                tx,
                watched,
                change.definition,
                declared=True,
                actor=actor,
                now=now,
            )
            following.append(done[1])
        for job in plan.adopted:
            await storage.jobs.adopt(tx, job.id)
        return following


async def _parse(tables: Sequence[Table]) -> list[Definition]:
    """Read the tables, in a thread: a new schedule costs milliseconds, pings go on."""
    return await asyncio.to_thread(jobs.parse_all, tables)


def _touched(plan: plans.Plan) -> dict[str, list[str]]:
    """The slugs that change, by what is done to them."""
    return {
        "added": [definition.slug for definition in plan.added],
        "changed": [edit.definition.slug for edit in plan.changed],
        "removed": [job.slug for job in plan.removed],
    }


def _view(plan: plans.Plan) -> View:
    """The plan as data."""
    changed = [
        {
            "slug": change.job.slug,
            "changes": [
                {"field": c.field, "before": c.before, "after": c.after}
                for c in change.changes
            ],
        }
        for change in plan.changed
    ]
    return {
        **_touched(plan),
        "changed": changed,
        "unchanged": [job.slug for job in plan.unchanged],
        "adopted": [job.slug for job in plan.adopted],
        "missing": [job.slug for job in plan.missing],
    }
