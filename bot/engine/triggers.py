"""Runs that nobody asks for by hand: the start of Cronitor, changes, webhooks."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import storage.executions
import storage.jobs
from bot.core.commands import Command
from bot.core.executions import Execution, Trigger
from bot.core.models import SYSTEM, Actor
from bot.core.transitions import Watched
from bot.core.views import View
from bot.engine import run_views, wishes
from bot.engine.context import Context, note
from bot.engine.runner import Runner
from bot.engine.wakes import NOTHING, Alarm, Next, merged
from bot.engine.wishes import NEW, Rows, Wishes
from bot.errors import CronitorError, NotFound, Unavailable
from storage.queries import Transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What makes a run, and what it is told."""

    trigger: Trigger
    #: who or what, in words
    by: str
    actor: Actor = SYSTEM
    #: the same cause again has the same key, and there is one run of it
    key: str = ""
    #: by the names of variables without CRONITOR_
    handed: Mapping[str, str] = field(default_factory=dict)
    #: the id of the run, where it was told already
    rid: str = ""
    #: if another run is in the way, nothing is written down
    is_quiet: bool = False


class Triggers:
    """Lets runs wait for their turn that something other than a due has caused."""

    def __init__(self, context: Context, runner: Runner | None) -> None:
        self._context = context
        self._runner = runner
        #: names this start of Cronitor; None: its runs are wished
        self._start: str | None = uuid4().hex
        self.alarm = Alarm()

    @property
    def is_there(self) -> bool:
        """Whether anything can be run here."""
        return self._runner is not None

    async def fire(self, slug: str, cause: Cause) -> View | None:
        """The run, waiting or skipped; None: another one is in the way.

        Raises NotFound, Conflict for a paused job unless Cronitor itself has started,
        as nobody hears that, and Unavailable.
        """
        if not self.is_there:
            raise Unavailable("this server runs nothing")

        async def unit(tx: Transaction) -> tuple[View | None, Next]:
            now = self._context.clock.now()
            watched = await self._context.ledger.load_slug(tx, slug, now)
            command = watched.job.definition.command
            if command is None:
                raise NotFound(f"{slug} is not run by Cronitor")
            if cause.trigger is not Trigger.START:
                wishes.check_not_paused(watched)
            wished = _wished(watched, command, cause, now)
            known = await storage.executions.by_key(tx, watched.job.id, wished.key)
            if known is not None:
                return run_views.run(known, slug), NOTHING
            following = await self._queue(tx, watched, wished, now, cause=cause)
            made = await storage.executions.by_key(tx, watched.job.id, wished.key)
            if made is None:
                return None, following
            about: dict[str, object] = {"trigger": cause.trigger.value, "by": cause.by}
            await note(tx, now, cause.actor, "run_wished", slug, after=about)
            return run_views.run(made, slug), following

        view, following = await self._context.db.write(unit)
        self._context.wakes.after(following)
        if following.runs:
            said = {"action": "run_wished", "job": slug}
            logger.info("a run of %s was started by %s", slug, cause.by, extra=said)
        elif view is not None and following is not NOTHING:
            said, why = {"action": "run_skipped", "job": slug}, view["reason"]
            logger.info("%s is not run by %s: %s", slug, cause.by, why, extra=said)
        return view

    async def _queue(
        self,
        tx: Transaction,
        watched: Watched,
        wished: Execution,
        now: datetime,
        *,
        cause: Cause,
    ) -> Next:
        command = watched.job.definition.command or Command(argv=())
        job_id, rows = watched.job.id, Rows()
        others = await wishes.unended_by_job(tx, [job_id])
        skips = await storage.executions.skips(tx, [job_id])
        waiting = Wishes(
            watched,
            command,
            others[job_id],
            skips=skips.get(job_id, 0),
            now=now,
            ledger=self._context.ledger,
            rows=rows,
        )
        if cause.is_quiet and waiting.blocker():
            return NOTHING
        paused = wishes.paused(watched)
        if paused:
            waiting.skip(wished, paused)
        waits = not paused and waiting.take(wished)
        await rows.save(tx)
        await storage.executions.count_skips(tx, job_id, waiting.skips)
        decided = [(watched, waiting.transition)]
        following = await self._context.ledger.save(tx, decided, now)
        return merged(following, Next(runs=waits))

    async def step(self) -> bool:
        """Wish the runs of this start, once; True if that was done now.

        What has ended while Cronitor was away is no run that still goes on, so that
        comes first.
        """
        if self._start is None or self._runner is None:
            return False
        if not self._runner.has_collected:
            return False
        await self.at_start(self._start)
        self._start = None
        return True

    async def at_start(self, start: str) -> None:
        """Let every job run that has `on_start`; `start` names this start, once."""
        if not self.is_there:
            return
        slugs = await self._context.db.read(storage.jobs.on_start)
        cause = Cause(
            trigger=Trigger.START, by="the start of Cronitor", key=f"s{start}"
        )
        for slug in slugs:
            try:
                await self.fire(slug, cause)
            except Unavailable:
                raise
            except CronitorError as exc:
                # removed meanwhile, or what is stored of it cannot be read
                said = {"action": "run_wished", "job": slug}
                logger.info("%s is not run at this start: %s", slug, exc, extra=said)


def _wished(
    watched: Watched, command: Command, cause: Cause, now: datetime
) -> Execution:
    return Execution(
        id=NEW,
        job_id=watched.job.id,
        key=cause.key or f"t{uuid4().hex}",
        trigger=cause.trigger,
        by=cause.by,
        params={param.name: param.default for param in command.params},
        handed=cause.handed,
        priority=command.priority,
        queued_at=now,
        ready_at=now,
        rid=cause.rid or str(uuid4()),
    )
