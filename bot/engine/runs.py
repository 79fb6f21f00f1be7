"""Starting runs by hand, ending them, and looking at them."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

import storage.executions
import storage.jobs
from bot.core import reruns, results
from bot.core.commands import Command
from bot.core.executions import Execution, ExecutionId, Stage, Trigger
from bot.core.kinds import IncidentId
from bot.core.models import Actor, Incident
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine import run_views, shown_outputs, wishes
from bot.engine.context import Context, note
from bot.engine.follows import Event, Follower, printed
from bot.engine.incidents import get
from bot.engine.runner import Runner, RunPlan
from bot.engine.wakes import Next
from bot.engine.wishes import NEW, Rows, Wishes
from bot.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: runs of a job that are shown
SHOWN = 20
#: how often somebody looks who only waits for the end
LOOK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to be run."""

    slug: str
    actor: Actor
    trigger: Trigger = Trigger.PERSON
    params: Mapping[str, str] = field(default_factory=dict)
    #: makes a wish the same one when it comes again; empty: it is another each time
    key: str = ""
    #: the incident whose button was pressed
    card: IncidentId | None = None


class Runs:
    """The use-cases of runs."""

    def __init__(
        self, context: Context, plan: RunPlan | None, runner: Runner | None
    ) -> None:
        self._context = context
        #: None: nothing is run here
        self.runner = runner
        self._executor = None if plan is None else plan.executor

    async def wish(
        self,
        slug: str,
        actor: Actor,
        *,
        trigger: Trigger = Trigger.PERSON,
        params: Mapping[str, str] | None = None,
        key: str = "",
    ) -> View:
        """Let a run of the job begin as soon as there is a place for it.

        With a `key` the same wish may come again: there is one run of it. Raises
        Conflict where another run is in the way, Invalid for a wrong parameter.
        """
        asked = Asked(
            slug=slug,
            actor=actor,
            trigger=trigger,
            params=params or {},
            key=_digest(key),
        )
        view, _ = await self._take(asked)
        return view

    async def again(self, incident_id: IncidentId, actor: Actor) -> tuple[View, bool]:
        """Let the job of an incident run once more, with the values of that run.

        False: another press has just begun that run. Raises NotFound, and what `wish`
        raises.
        """

        async def query(q: Queries) -> Asked:
            incident, former = await _blamed(q, incident_id)
            return Asked(
                slug=await storage.jobs.slug_of(q, incident.job_id),
                actor=actor,
                params={} if former is None else former.params,
                card=incident_id,
            )

        return await self._take(await self._context.db.read(query))

    async def _take(self, asked: Asked) -> tuple[View, bool]:
        """The run of a wish, and whether the wish is a new one."""
        if self._executor is None:
            raise Unavailable("this server runs nothing")
        slug, actor = asked.slug, asked.actor

        async def unit(tx: Transaction) -> tuple[View, Next]:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(tx, slug, now)
            command = _command_of(watched)
            known, key = await _known(tx, watched, asked, now)
            if known is not None:
                return run_views.run(known, slug), Next()
            wishes.check_not_paused(watched)
            wished = Execution(
                id=NEW,
                job_id=watched.job.id,
                key=key,
                trigger=asked.trigger,
                by=str(actor),
                params=_values(command, asked.params),
                priority=command.priority,
                queued_at=now,
                ready_at=now,
                rid=str(uuid4()),
            )
            await self._queue(tx, watched, command, wished, now)
            about: dict[str, object] = {
                "trigger": asked.trigger.value,
                **wished.params,
            }
            await note(tx, now, actor, "run_wished", slug, after=about)
            job_id = watched.job.id
            begun = await storage.executions.by_key(tx, job_id, key) or wished
            return run_views.run(begun, slug), Next(runs=True)

        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        if following.runs:
            said = {"action": "run_wished", "job": slug}
            logger.info("a run of %s was started by %s", slug, actor, extra=said)
        return view, following.runs

    async def _queue(
        self,
        tx: Transaction,
        watched: Watched,
        command: Command,
        wished: Execution,
        now: datetime,
    ) -> None:
        others = await wishes.unended_by_job(tx, [watched.job.id])
        rows = Rows()
        waiting = Wishes(
            watched,
            command,
            others[watched.job.id],
            skips=0,
            now=now,
            ledger=self._context.ledger,
            rows=rows,
        )
        blocker = waiting.blocker()
        if blocker:
            raise Conflict(
                f"{watched.job.slug} is not started: {blocker} (cronitor cancel"
                f" {watched.job.slug} ends it)"
            )
        waiting.take(wished)
        await rows.save(tx)
        await storage.executions.count_skips(tx, watched.job.id, waiting.skips)
        decided = [(watched, waiting.transition)]
        await self._context.ledger.save(tx, decided, now)

    async def cancel(
        self, slug: str, actor: Actor, *, number: ExecutionId | None = None
    ) -> View:
        """End the runs of a job that wait or go on, or one of them.

        Raises Conflict if there is none.
        """

        async def unit(tx: Transaction) -> View:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(tx, slug, now)
            unended = await storage.executions.unended(tx, [watched.job.id])
            chosen = [e for e in unended if number is None or e.id == number]
            if not chosen:
                what = "no run" if number is None else f"no run {number}"
                raise Conflict(f"{slug} has {what} that waits or goes on")
            ending = [
                replace(each, cancelled_by=each.cancelled_by or str(actor))
                for each in chosen
            ]
            await storage.executions.save_many(tx, ending)
            about: dict[str, object] = {"runs": [each.id for each in ending]}
            await note(tx, now, actor, "run_cancelled", slug, after=about)
            return {"runs": [run_views.run(each, slug) for each in ending]}

        view = await self._context.db.write(unit)
        self._context.wakes.after(Next(runs=True))
        said = {"action": "run_cancelled", "job": slug}
        logger.info("runs of %s are ended by %s", slug, actor, extra=said)
        return view

    async def end_all(self, by: str) -> None:
        """End every run that goes on; those that wait for their turn go on waiting."""

        async def unit(tx: Transaction) -> None:
            going = [e for e in await storage.executions.unended(tx) if e.is_active]
            ending = [replace(e, cancelled_by=e.cancelled_by or by) for e in going]
            await storage.executions.save_many(tx, ending)

        await self._context.db.write(unit)
        self._context.wakes.after(Next(runs=True))

    async def of_job(self, slug: str, limit: int = SHOWN) -> list[View]:
        """The newest runs of a job, the newest first."""

        async def query(q: Queries) -> list[View]:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(q, slug, now)
            found = await storage.executions.newest(q, watched.job.id, limit)
            return [run_views.run(each, slug) for each in found]

        return await self._context.db.read(query)

    async def may_be_triggered(self, slug: str) -> bool:
        """Whether anybody beyond the server's own command line may start it."""
        return (await self.command_of(slug)).allow_trigger is not None

    async def command_of(self, slug: str) -> Command:
        """What is run, with the choices and who may start it; raises Conflict."""

        async def query(q: Queries) -> Command:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(q, slug, now)
            return _command_of(watched)

        return await self._context.db.read(query)

    async def show(self, number: ExecutionId) -> View:
        """One run with what it took; raises NotFound."""

        async def query(q: Queries) -> View:
            execution, slug = await _find(q, number)
            evidence = await storage.executions.evidence(q, number)
            return run_views.run(execution, slug) | {"evidence": evidence}

        return await self._context.db.read(query)

    async def newest(self, slug: str) -> View:
        """The newest run of a job that has begun; raises NotFound."""

        async def query(q: Queries) -> View:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(q, slug, now)
            found = await storage.executions.newest(q, watched.job.id, SHOWN)
            begun = [each for each in found if each.started_at is not None]
            if not begun:
                raise NotFound(f"{slug} has not run yet")
            return run_views.run(begun[0], slug)

        return await self._context.db.read(query)

    async def of_incident(self, incident_id: IncidentId) -> View:
        """The run that an incident is about; raises NotFound."""

        async def query(q: Queries) -> View:
            incident, blamed = await _blamed(q, incident_id)
            slug = await storage.jobs.slug_of(q, incident.job_id)
            if blamed is None:
                raise NotFound(f"no run of {slug} has begun that it could be about")
            return run_views.run(blamed, slug)

        return await self._context.db.read(query)

    async def ended(self, number: ExecutionId) -> View:
        """The run, or its last attempt, as soon as it is over; raises NotFound."""

        async def query(q: Queries) -> View:
            asked, slug = await _find(q, number)
            found = await storage.executions.by_key(q, asked.job_id, asked.key)
            return run_views.run(found or asked, slug)

        while True:
            view = await self._context.db.read(query)
            if view["end"] is not None:
                return view
            await asyncio.sleep(LOOK_S)

    async def shown_output(self, number: ExecutionId) -> str:
        """What a run has printed, for a group of people; raises NotFound."""
        return await asyncio.to_thread(shown_outputs.shown, await self.output(number))

    async def output(self, number: ExecutionId) -> bytes:
        """What a run has printed so far; raises NotFound."""
        execution, stored = await self._stored(number)
        if execution.stage is Stage.ENDED or self._executor is None:
            return stored
        chunks = await printed(self._executor, execution)
        return b"".join(chunk.data for chunk in chunks)

    async def output_view(self, number: ExecutionId) -> View:
        """The same for programs."""
        output = await self.output(number)
        return {**await self.show(number), "output": output.decode("utf-8", "replace")}

    def follow(self, number: ExecutionId) -> AsyncIterator[Event]:
        """What a run prints, and what becomes of it; see `follows`. Raises NotFound."""
        return Follower(self._context, self._executor).events(number)

    async def _stored(self, number: ExecutionId) -> tuple[Execution, bytes]:
        async def query(q: Queries) -> tuple[Execution, bytes]:
            execution, _ = await _find(q, number)
            return execution, await storage.executions.output(q, number) or b""

        return await self._context.db.read(query)


async def _find(q: Queries, number: ExecutionId) -> tuple[Execution, str]:
    """A run with the slug of its job; raises NotFound."""
    execution = (await storage.executions.by_ids(q, [number])).get(number)
    if execution is None:
        raise NotFound(f"there is no run {number}; see `cronitor runs JOB`")
    return execution, await storage.jobs.slug_of(q, execution.job_id)


async def _known(
    q: Queries, watched: Watched, asked: Asked, now: datetime
) -> tuple[Execution | None, str]:
    """The newest attempt at the same wish, and the key of a new one."""
    job_id = watched.job.id
    if asked.card is not None:
        newest = await storage.executions.newest(q, job_id, SHOWN)
        known = reruns.begun(newest, asked.card, now)
        return known, reruns.key(asked.card, next(iter(newest), None))
    if not asked.key:
        return None, f"t{uuid4().hex}"
    return await storage.executions.by_key(q, job_id, asked.key), asked.key


async def _blamed(
    q: Queries, incident_id: IncidentId
) -> tuple[Incident, Execution | None]:
    """An incident, and the run that it is about."""
    incident = await get(q, incident_id)
    until = incident.resolved_at
    found = await storage.executions.newest(q, incident.job_id, SHOWN, until=until)
    return incident, reruns.blamed(found, incident)


def _digest(key: str) -> str:
    """What stands for a key of somebody's in the ids of the executor; of none, none."""
    return f"k{hashlib.sha256(key.encode()).hexdigest()[:32]}" if key else ""


def _command_of(watched: Watched) -> Command:
    command = watched.job.definition.command
    if command is None:
        raise Conflict(
            f"{watched.job.slug} is not run by Cronitor: it is a heartbeat job"
        )
    return command


def _values(command: Command, given: Mapping[str, str]) -> dict[str, str]:
    values, wrong = results.chosen_params(command, given)
    if wrong:
        known = ", ".join(param.name for param in command.params) or "none"
        raise Invalid(*(Problem("params", each, f"known: {known}") for each in wrong))
    return values
