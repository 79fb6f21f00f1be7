"""Starting runs by hand, ending them, and looking at them."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import storage.executions
import storage.jobs
from bot.core import results
from bot.core.commands import Command
from bot.core.executions import Execution, ExecutionId, Stage, Trigger
from bot.core.models import Actor
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine import run_views, wishes
from bot.engine.context import Context, note
from bot.engine.runner import Runner, RunPlan
from bot.engine.wakes import Next
from bot.engine.wishes import NEW, Rows, Wishes
from bot.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: runs of a job that are shown
SHOWN = 20
#: how often somebody who follows a run is told what is new
FOLLOW_S = 0.2


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
        if self._executor is None:
            raise Unavailable("this server runs nothing")
        wanted = _digest(key)

        async def unit(tx: Transaction) -> tuple[View, Next]:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(tx, slug, now)
            command = _command_of(watched)
            known = await _known(tx, watched, wanted)
            if known is not None:
                return run_views.run(known, slug), Next()
            wished = Execution(
                id=NEW,
                job_id=watched.job.id,
                key=wanted or f"t{uuid4().hex}",
                trigger=trigger,
                by=str(actor),
                params=_values(command, params or {}),
                priority=command.priority,
                queued_at=now,
                ready_at=now,
                rid=str(uuid4()),
            )
            await self._queue(tx, watched, command, wished, now)
            about: dict[str, object] = {"trigger": trigger.value, **wished.params}
            await note(tx, now, actor, "run_wished", slug, after=about)
            begun = await _known(tx, watched, wished.key) or wished
            return run_views.run(begun, slug), Next(runs=True)

        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        if following.runs:
            said = {"action": "run_wished", "job": slug}
            logger.info("a run of %s was started by %s", slug, actor, extra=said)
        return view

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

        async def query(q: Queries) -> bool:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(q, slug, now)
            return _command_of(watched).allow_trigger is not None

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

    async def output(self, number: ExecutionId) -> bytes:
        """What a run has printed so far; raises NotFound."""
        execution, stored = await self._stored(number)
        if execution.stage is Stage.ENDED or self._executor is None:
            return stored
        chunks = await self._executor.output(execution.dispatch_id)
        return b"".join(chunk.data for chunk in chunks)

    async def output_view(self, number: ExecutionId) -> View:
        """The same for programs."""
        output = await self.output(number)
        return {**await self.show(number), "output": output.decode("utf-8", "replace")}

    async def follow(self, number: ExecutionId) -> AsyncIterator[bytes]:
        """The output as it comes, until the run is over; raises NotFound."""
        at = 0
        while True:
            execution, stored = await self._stored(number)
            if execution.stage is Stage.ENDED:
                # what is left out of the middle cannot be told any more
                rest = max(execution.output_size - at, 0)
                if rest:
                    yield stored[-rest:]
                return
            if execution.is_active and self._executor is not None:
                for chunk in await self._executor.output(execution.dispatch_id, at):
                    yield chunk.data
                    at = chunk.end
            await asyncio.sleep(FOLLOW_S)

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


async def _known(q: Queries, watched: Watched, key: str) -> Execution | None:
    """The newest attempt under a key; without one there is none."""
    if not key:
        return None
    return await storage.executions.by_key(q, watched.job.id, key)


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
