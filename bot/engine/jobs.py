"""Making, changing, pausing and removing jobs."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

import storage.jobs
from bot.core import job_forms, jobs, schedules, status, views
from bot.core.job_forms import Form
from bot.core.models import Actor, Definition
from bot.core.transitions import Ids, Transition, Watched
from bot.core.views import View
from bot.engine import job_changes, pauses
from bot.engine.context import Context, note
from bot.engine.declarations import Declarations
from bot.engine.job_changes import Done
from bot.engine.wakes import NOTHING
from bot.errors import Conflict, Overtaken, Unreadable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

Table = Mapping[str, object]
Rule = Callable[[Watched, Actor, datetime, Ids], Transition]
#: `ping_url` and `slug_url` of a job, from its UUID and its slug
PingUrls = Callable[[str, str], View]
Unit = Callable[[Transaction], Awaitable[Done]]


class Edited(NamedTuple):
    """What a change of a job would mean."""

    meant: View
    #: its fields before and after
    changed: tuple[Mapping[str, object], Mapping[str, object]]
    #: what the form changes, whatever else has changed since it was opened
    patch: Table
    #: the job as it is now, which is what the patch was shown against
    before: Definition
    #: the form with what others have changed since
    form: Form
    #: what of it others have changed too
    overtaken: tuple[str, ...]


class Jobs:
    """The use-cases of job definitions; every one returns the job's view."""

    def __init__(self, context: Context, ping_urls: PingUrls) -> None:
        self._context = context
        self._declarations = Declarations(context)
        self._ping_urls = ping_urls

    async def add(self, table: Table, actor: Actor) -> View:
        """Make a job; raises Invalid, and Conflict when the slug is taken."""
        uuid = str(uuid4())
        definition = jobs.parse(table, uuid=uuid, after=self._context.clock.now())

        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            await self._check_free(tx, definition.slug)
            await job_changes.check_dependencies(tx, definition, None)
            return await job_changes.insert(
                tx, definition, uuid=uuid, declared=False, actor=actor, now=now
            )

        return await self._write(unit, "job_added", actor)

    async def edit(
        self,
        slug: str,
        patch: Table,
        actor: Actor,
        *,
        seen: Definition | None = None,
    ) -> View:
        """Change the given fields; what is the same already touches nothing.

        `seen` is the job as the person saw it: raises Overtaken if somebody else has
        changed one of these fields since.
        """

        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(tx, slug, now)
            job = watched.job
            if seen and job_forms.overtaken(patch, seen, job.definition):
                raise Overtaken
            definition = jobs.changed(job.definition, patch, uuid=job.seed, after=now)
            if definition == job.definition:
                return job_changes.view(watched, now), NOTHING
            if definition.slug != slug:
                await self._check_free(tx, definition.slug)
            await job_changes.check_dependencies(tx, definition, slug)
            return await job_changes.change(
                self._context,
                tx,
                watched,
                definition,
                declared=job.declared,
                actor=actor,
                now=now,
            )

        return await self._write(unit, "job_changed", actor)

    async def remove(self, slug: str, actor: Actor) -> View:
        """Archive a job: its pings are answered 404 from now on."""

        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            try:
                watched = await self._context.ledger.load_slug(tx, slug, now)
            except Unreadable:
                await storage.jobs.forget_definition(tx, slug)
                watched = await self._context.ledger.load_slug(tx, slug, now)
            await job_changes.check_unneeded(tx, slug)
            return await job_changes.archive(
                self._context, tx, watched, actor=actor, now=now
            )

        return await self._write(unit, "job_removed", actor)

    async def pause(self, slug: str, actor: Actor) -> View:
        """Watch no more until resumed; an open incident stays, silent.

        Runs that wait end as skipped, those that go on are only recorded. The view's
        `changed` is False where it was paused before.
        """
        return await self._apply_rule(slug, actor, status.on_pause, "job_paused")

    async def resume(self, slug: str, actor: Actor) -> View:
        """Watch again from now on; `changed` is False where it was not paused."""
        return await self._apply_rule(slug, actor, status.on_resume, "job_resumed")

    async def _apply_rule(
        self, slug: str, actor: Actor, rule: Rule, action: str
    ) -> View:
        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(tx, slug, now)
            transition = rule(watched, actor, now, self._context.ledger.ids)
            old, new = watched.state.status, transition.watched.state.status
            if old is not new:
                before, after = {"status": str(old)}, {"status": str(new)}
                await note(tx, now, actor, action, slug, before=before, after=after)
            decided = [(watched, transition)]
            following = await self._context.ledger.save(tx, decided, now)
            if rule is status.on_pause:
                await pauses.end_waiting(tx, transition.watched, now)
            view = job_changes.view(transition.watched, now)
            return view | {"changed": old is not new}, following

        return await self._write(unit, action, actor)

    async def rotate(
        self, slug: str, actor: Actor, *, overlap: timedelta = timedelta()
    ) -> View:
        """Give the job a new ping URL; the old one is taken for `overlap`.

        Without an overlap all former ones are answered 404 at once.
        """

        async def unit(tx: Transaction) -> Done:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(tx, slug, now)
            uuid = str(uuid4())
            after = await job_changes.rotate(tx, watched.job, uuid, overlap, now)
            await note(tx, now, actor, "job_changed", slug, after=after)
            job = replace(watched.job, uuid=uuid)
            return job_changes.view(replace(watched, job=job), now), NOTHING

        return await self._write(unit, "job_changed", actor)

    async def preview(self, table: Table) -> View:
        """What a definition would mean, without making it; raises Invalid."""
        now = self._context.clock.now()
        return _meant(jobs.parse(table, uuid=str(uuid4()), after=now), now)

    async def preview_edit(self, slug: str, form: Form, opened: Definition) -> Edited:
        """As `preview`, for a job that is there; `opened` is what the form began with.

        Raises NotFound, and Invalid for a form that is none.
        """
        before = await self.definition(slug)
        now, patch = self._context.clock.now(), job_forms.patch(form, opened)
        after = jobs.changed(before, patch, uuid=str(uuid4()), after=now)
        return Edited(
            meant=_meant(after, now),
            changed=(jobs.as_record(before), jobs.as_record(after)),
            patch=patch,
            before=before,
            form=form if before == opened else job_forms.form_of(after),
            overtaken=job_forms.overtaken(patch, opened, before),
        )

    async def definition(self, slug: str) -> Definition:
        """A job as it is, for a form; raises NotFound."""

        async def query(q: Queries) -> Definition:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(q, slug, now)
            return watched.job.definition

        return await self._context.db.read(query)

    async def plan(self, tables: Sequence[Table], *, prune: bool) -> View:
        """What `apply` would do."""
        return await self._declarations.plan(tables, prune=prune)

    async def apply(
        self, tables: Sequence[Table], *, prune: bool, actor: Actor
    ) -> View:
        """Make the stored jobs what the tables say, all of them or none."""
        return await self._declarations.apply(tables, prune=prune, actor=actor)

    async def _write(self, unit: Unit, action: str, actor: Actor) -> View:
        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        logger.info(
            "%s %s by %s",
            view["slug"],
            action.removeprefix("job_"),
            actor,
            extra={"action": action, "job": view["slug"]},
        )
        return view | self._ping_urls(str(view["uuid"]), str(view["slug"]))

    async def _check_free(self, tx: Transaction, slug: str) -> None:
        if await storage.jobs.by_slug(tx, slug) is not None:
            raise Conflict(
                f"there is a job {slug!r} already; change it with "
                f"`cronitor job edit {slug}` or choose another slug"
            )


def _meant(definition: Definition, now: datetime) -> View:
    """When it would be due next, and how late it may be."""
    dues = job_changes.next_dues(definition, now)
    zone = ZoneInfo(definition.schedule.timezone)
    due_at = dues[0] if dues else now
    return {
        "kind": definition.schedule.kind,
        "schedule": schedules.describe(definition.schedule),
        "timezone": definition.schedule.timezone,
        "next_dues": [views.moment(due) for due in dues],
        "local_dues": [due.astimezone(zone).isoformat() for due in dues],
        "grace": views.seconds(schedules.grace(definition, due_at)),
    }
