"""The steps that make, change and archive a job inside somebody's transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import storage.executions
import storage.families
import storage.former_uuids
import storage.jobs
import storage.maintenance
import storage.mutes
import storage.states
from bot.core import (
    incidents,
    jobs,
    maintenance,
    mutes,
    plans,
    schedules,
    slots,
    status,
    views,
)
from bot.core.models import Actor, Definition, Job, JobState
from bot.core.silencers import Silencers
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine.context import Context, note
from bot.engine.silencers import Known
from bot.engine.wakes import NOTHING, Next, merged
from bot.errors import Conflict, Invalid
from storage.queries import Queries, Transaction

#: what a step shows, and what follows from it once it is committed
Done = tuple[View, Next]

#: dues that are shown where a job is made
SHOWN_DUES = 5


def view(watched: Watched, now: datetime) -> View:
    """The job as it is shown."""
    job = watched.job
    mute = mutes.applying(watched.silencers.mutes, job.definition, now)
    windows = watched.silencers.windows
    work = maintenance.covering(windows, job.definition, now)
    return views.job(job, watched.state, mute, now, work)


def next_dues(
    definition: Definition, now: datetime, armed: datetime | None = None
) -> list[datetime]:
    """The dues that come next, from the armed one on if it is still to come."""
    dues: list[datetime] = []
    due = schedules.next_due(definition.schedule, now)
    if armed is not None and armed > now:
        due = armed
    while due is not None and len(dues) < SHOWN_DUES:
        dues.append(due)
        due = schedules.next_due(definition.schedule, due)
    return dues


async def insert(
    tx: Transaction,
    definition: Definition,
    *,
    uuid: str,
    declared: bool,
    actor: Actor,
    now: datetime,
) -> Done:
    """Store a new job with its state."""
    job = await storage.jobs.insert(
        tx, definition, uuid=uuid, declared=declared, now=now
    )
    state = slots.arm_new(job, JobState(job_id=job.id), now)
    await storage.states.insert(tx, state)
    following = Next(wake_at=state.wake_at, watches=_watches(definition))
    if definition.command is not None:
        await storage.executions.see_to(tx, job.id, state.due_at)
        following = replace(following, due_at=state.due_at)
    after = jobs.as_record(definition)
    await note(tx, now, actor, "job_added", definition.slug, after=after)
    return views.job(job, state, None, now), following


async def change(
    context: Context,
    tx: Transaction,
    watched: Watched,
    definition: Definition,
    *,
    declared: bool,
    actor: Actor,
    now: datetime,
) -> Done:
    """Store a changed definition and let the rules go on with it."""
    before = watched.job
    job = replace(
        before, definition=definition, revision=before.revision + 1, declared=declared
    )
    if not await storage.jobs.update(tx, job):
        raise Conflict(f"{before.slug} was changed by somebody else; look again")
    if job.slug != before.slug:
        await storage.mutes.rename_target(tx, before.slug, job.slug)
        await storage.maintenance.rename_target(tx, before.slug, job.slug)
    transition = status.on_change(
        watched,
        job,
        now,
        context.ledger.ids,
        around=await _around(context, tx, watched, job, now),
        rearms=plans.rearms(before.definition, definition),
        note=_told(before, job, actor),
    )
    following = await context.ledger.save(tx, [(watched, transition)], now)
    following = merged(following, await _seen_to(tx, watched, transition.watched))
    if _watches(before.definition) or _watches(definition):
        following = replace(following, watches=True)
    if _place(before) != _place(job):
        asked = await storage.families.ask_below(tx, [job.id], now)
        following = merged(following, Next(review_at=now if asked else None))
    await note(
        tx,
        now,
        actor,
        "job_changed",
        job.slug,
        before=jobs.as_record(before.definition),
        after=jobs.as_record(definition),
    )
    return view(transition.watched, now), following


async def _around(
    context: Context, q: Queries, watched: Watched, job: Job, now: datetime
) -> Silencers:
    """What may silence the job as it is after the change, and who is called for it."""
    incident = watched.incident
    if incident is not None and incident.resolved_at is None:
        incident = incidents.as_severe(incident, job.definition)
    known = Known(job, watched.state, incident, watched.runs)
    return (await context.surroundings.of(q, [known], now))[job.id]


def _watches(definition: Definition) -> bool:
    return definition.command is not None and bool(definition.command.watch)


async def _seen_to(tx: Transaction, before: Watched, after: Watched) -> Next:
    """The dues of a job that Cronitor runs count anew where its schedule is another."""
    old, new = before.job.definition, after.job.definition
    if new.command is None:
        if old.command is not None:
            await storage.executions.see_to(tx, after.job.id, None)
        return NOTHING
    if old.command is not None and not plans.rearms(old, new):
        return NOTHING
    due_at = after.state.due_at
    await storage.executions.see_to(tx, after.job.id, due_at)
    return Next(due_at=due_at, runs=True)


def _place(job: Job) -> tuple[object, ...]:
    """What says which jobs stand above this one, and which below."""
    definition = job.definition
    return definition.node, definition.stands_for_node, definition.depends_on


def _told(before: Job, job: Job, actor: Actor) -> str:
    """The change in words, for the card of an open incident."""
    found = plans.differences(before.definition, job.definition)
    told = ", ".join(f"{each.field} {each.before} -> {each.after}" for each in found)
    return f"changed by {actor}: {told}" if told else ""


async def archive(
    context: Context, tx: Transaction, watched: Watched, *, actor: Actor, now: datetime
) -> Done:
    """Take a job out of use; its history stays."""
    transition = status.on_remove(watched, actor, now, context.ledger.ids)
    following = await context.ledger.save(tx, [(watched, transition)], now)
    job = watched.job
    await storage.jobs.archive(tx, job.id, now)
    await storage.executions.see_to(tx, job.id, None)
    before = jobs.as_record(job.definition)
    await note(tx, now, actor, "job_removed", job.slug, before=before)
    if _watches(job.definition):
        following = replace(following, watches=True)
    return view(transition.watched, now), following


async def rotate(
    tx: Transaction, job: Job, uuid: str, overlap: timedelta, now: datetime
) -> dict[str, object]:
    """Give it another ping URL; what the audit log has to say of it."""
    await storage.former_uuids.forget_ended(tx, now)
    after: dict[str, object] = {"ping_url": "new"}
    if overlap:
        until = now + overlap
        await storage.former_uuids.add(tx, job.uuid, job.id, until)
        after["former_until"] = views.moment(until)
    else:
        await storage.former_uuids.end(tx, job.id)
    await storage.jobs.set_uuid(tx, job.id, uuid)
    return after


async def check_dependencies(
    tx: Transaction, definition: Definition, old_slug: str | None
) -> None:
    """Refuse parents that do not exist, cycles, and orphaning others by a new slug."""
    for key in plans.EDGES:
        named = plans.edges(definition, key)
        is_renamed = old_slug is not None and old_slug != definition.slug
        if not named and not is_renamed:
            continue
        graph = await storage.jobs.edges(tx, key)
        if old_slug is not None:
            if is_renamed:
                _check_unneeded(graph, old_slug, key)
            graph.pop(old_slug, None)
        graph[definition.slug] = named
        problems = plans.check_dependencies(graph, key)
        if problems:
            raise Invalid(*problems)


async def check_unneeded(q: Queries, slug: str) -> None:
    """Refuse to take a slug away that other jobs name."""
    for key in plans.EDGES:
        _check_unneeded(await storage.jobs.edges(q, key), slug, key)


def _check_unneeded(graph: Mapping[str, tuple[str, ...]], slug: str, key: str) -> None:
    needing = sorted(child for child, parents in graph.items() if slug in parents)
    if not needing:
        return
    if key == plans.DEPENDS:
        raise Conflict(
            f"{', '.join(needing)} depends on {slug}; change that first with "
            f"`cronitor job edit {needing[0]} --depends-on ...`"
        )
    raise Conflict(
        f"{', '.join(needing)} follows on {slug}; change `after` of that first"
    )
