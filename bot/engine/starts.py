"""Starts runs that wait, as far as there are places, and ends those that are to end."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import storage.executions
from bot.core import dispatch
from bot.core.executions import End, Execution, ExecutionId, Stage
from bot.core.kinds import JobId
from bot.core.models import Job
from bot.engine import orders, wishes
from bot.engine.context import Context
from bot.engine.ends import Collector
from bot.engine.results import Result, Results
from bot.errors import Unavailable
from bot.executors.base import (
    GRACE_S,
    Executor,
    Order,
    Refusal,
    Refused,
    Report,
    Started,
    State,
)
from storage.queries import Transaction

logger = logging.getLogger(__name__)

#: runs that are started together
AT_ONCE = 500


class Starter:
    """One look at who waits."""

    def __init__(
        self,
        context: Context,
        executor: Executor,
        results: Results,
        collector: Collector,
        *,
        wanted: asyncio.Event,
        places: int,
        output_limit: int,
        restored_at: datetime | None,
    ) -> None:
        #: set before the executor is asked for the first time
        self.wanted = wanted
        self._context = context
        self._executor = executor
        self._results = results
        self._collector = collector
        #: runs that may go on at the same time, of all jobs together
        self._places = places
        self._output_limit = output_limit
        self._restored_at = restored_at
        self.alarm = context.wakes.runs
        #: not set: runs are being handed over, and what can wait waits
        self.calm = asyncio.Event()
        self.calm.set()
        #: no more runs are begun
        self.is_draining = False

    async def step(self) -> bool:
        """Start or end a batch; True when there may be more."""
        try:
            is_more = await self._step()
        except Unavailable:
            self.calm.set()
            raise
        if not is_more:
            self.calm.set()
        return is_more

    async def _step(self) -> bool:
        pending = await self._context.db.read(storage.executions.pending)
        ended = await self._end(pending)
        if self.is_draining or self._context.ledger.pulse.is_behind:
            return ended
        if await self._let_go(pending):
            return True
        chosen = await self._choose(pending)
        if not chosen:
            return ended
        self.calm.clear()
        return await self._start(chosen) or ended

    async def next_at(self) -> datetime | None:
        """When the next one may start, if nothing else is in the way."""
        now = self._context.clock.now()
        at = await self._context.db.read(storage.executions.next_ready)
        # one that is ready waits for a place, and is told when there is one
        return at if at is not None and at > now else None

    # -- ending ----------------------------------------------------------------------

    async def _end(self, pending: Sequence[Execution]) -> bool:
        """Whoever is to end and has not begun is over; the others are told to end.

        They are told again until their report says that they are being ended: the
        supervisor that heard it first may have been killed.
        """
        unwanted = [each for each in pending if each.cancelled_by]
        waiting = [each for each in unwanted if each.stage is Stage.WAITING]
        if waiting:
            await self._results.save([_cancelled(each) for each in waiting])
        active = [each for each in unwanted if each.is_active]
        paused = await self._paused(pending)
        if not active and not paused:
            return bool(waiting)
        self.wanted.set()
        ends = [*map(_cancelled, active), *(_skipped(*each) for each in paused)]
        ids = [each.execution.dispatch_id for each in ends]
        reports = {each.id: each for each in await self._executor.reports(ids)}
        over = [
            each
            for each in ends
            if each.execution.dispatch_id not in reports
            and self._limbo([each.execution])
        ]
        if over:
            await self._results.save(over)
        going = [reports[i] for e in active if (i := e.dispatch_id) in reports]
        untold = [each.id for each in going if _is_untold(each)]
        if untold:
            await self._executor.cancel(untold, GRACE_S)
        return bool(waiting or over)

    async def _paused(
        self, pending: Sequence[Execution]
    ) -> Sequence[tuple[Execution, str]]:
        """Those in limbo that are to begin no more, as their job is paused, and why."""
        limbo = [each for each in self._limbo(pending) if not each.cancelled_by]
        if not limbo:
            return []
        now, ids = self._context.clock.now(), {each.job_id for each in limbo}
        ledger = self._context.ledger
        found = await self._context.db.read(lambda q: ledger.load_ids(q, ids, now))
        why = {job_id: wishes.paused(watched) for job_id, watched in found.items()}
        return [(each, text) for each in limbo if (text := why.get(each.job_id))]

    def _limbo(self, pending: Iterable[Execution]) -> list[Execution]:
        """Those that were handed over before, and nothing was heard of them."""
        return [
            each
            for each in pending
            if each.stage is Stage.STARTING and not self._collector.knows(each)
        ]

    async def _let_go(self, pending: Sequence[Execution]) -> bool:
        """What an older database wants to begin may have begun, and ended, long ago."""
        at = self._restored_at
        if at is None:
            return False
        old = [each for each in pending if each.queued_at < at]
        if not old:
            return False
        self.wanted.set()
        ids = [each.dispatch_id for each in old]
        known = {report.id for report in await self._executor.reports(ids)}
        lost = [
            Result(execution=each, end=End.LOST, reason=dispatch.RESTORED)
            for each in old
            if each.dispatch_id not in known and each.stage is not Stage.RUNNING
        ]
        begun = [
            replace(each, stage=Stage.STARTING)
            for each in old
            if each.dispatch_id in known and each.stage is Stage.WAITING
        ]
        if begun:
            await self._context.db.write(
                lambda tx: storage.executions.save_many(tx, begun)
            )
        await self._results.save(lost)
        return bool(lost or begun)

    # -- starting --------------------------------------------------------------------

    async def _choose(self, pending: Sequence[Execution]) -> list[Execution]:
        now = self._context.clock.now()
        wanted = [each for each in pending if not each.cancelled_by]
        waiting = [each for each in wanted if each.stage is Stage.WAITING]
        again = self._limbo(wanted)
        ready = {each.job_id for each in waiting if each.ready_at <= now}
        if not ready:
            return again[:AT_ONCE]
        limits = await self._limits(ready)
        going = await self._context.db.read(storage.executions.active_by_job)
        free = min(self._places - sum(going.values()), AT_ONCE)
        return [*again, *dispatch.choose(waiting, going, limits, free, now)][:AT_ONCE]

    async def _limits(self, ids: set[JobId]) -> Mapping[JobId, int]:
        jobs = await self._jobs(ids)
        commands = {job_id: job.definition.command for job_id, job in jobs.items()}
        return {
            job_id: dispatch.limit_of(command)
            for job_id, command in commands.items()
            if command is not None
        }

    async def _jobs(self, ids: set[JobId]) -> Mapping[JobId, Job]:
        ledger = self._context.ledger
        return await self._context.db.read(lambda q: ledger.jobs(q, ids))

    async def _start(self, chosen: Sequence[Execution]) -> bool:
        """Write down that they are handed over, hand them over; whether one is new.

        A crash in between is no harm: the executor never starts one id twice. That they
        have begun is written down by whoever collects, and no start waits for that.
        """

        async def unit(tx: Transaction) -> list[Execution]:
            # somebody may have ended one, or a newer run have taken its place
            fresh = await storage.executions.by_ids(tx, [each.id for each in chosen])
            begins = [
                replace(each, stage=Stage.STARTING)
                for number in chosen
                if (each := fresh.get(number.id))
                and each.stage in (Stage.STARTING, Stage.WAITING)
                and not each.cancelled_by
            ]
            await storage.executions.save_many(tx, begins)
            return begins

        starting = await self._context.db.write(unit)
        jobs = await self._jobs({each.job_id for each in chosen})
        made, refused = await asyncio.to_thread(
            self._orders, starting, jobs, self._output_limit
        )
        self.wanted.set()
        answers = await self._executor.start(list(made.values())) if made else []
        by_id = {each.dispatch_id: each for each in starting}
        self._collector.begun(
            replace(by_id[a.id], stage=Stage.RUNNING, started_at=a.started_at)
            for a in answers
            if isinstance(a, Started)
        )
        denied = [each for each in answers if isinstance(each, Refused)]
        refused += await self._denied(denied, by_id)
        if refused:
            await self._results.save(refused)
        later = [each for each in denied if each.why is Refusal.NOT_RECORDED]
        if later:
            raise Unavailable(f"runs cannot be started: {later[0].reason}")
        return bool(refused) or len(denied) < len(answers)

    async def _denied(
        self, denied: Sequence[Refused], by_id: Mapping[str, Execution]
    ) -> list[Result]:
        seen = [by_id[each.id] for each in denied if each.why is Refusal.SEEN]
        final = (Refusal.COULD_NOT_START, Refusal.INVALID)
        could_not = [each for each in denied if each.why in final]
        return [
            *await self._gone(seen),
            *(_could_not(by_id[e.id], e) for e in could_not),
        ]

    async def _gone(self, seen: Sequence[Execution]) -> list[Result]:
        """What was begun once and is in no report has been lost."""
        if not seen:
            return []
        ids = [each.dispatch_id for each in seen]
        known = {report.id for report in await self._executor.reports(ids)}
        gone = [each for each in seen if each.dispatch_id not in known]
        return [Result(execution=each, end=End.LOST) for each in gone]

    @staticmethod
    def _orders(
        chosen: Sequence[Execution], jobs: Mapping[JobId, Job], limit: int
    ) -> tuple[dict[ExecutionId, Order], list[Result]]:
        """Orders for those that can be made, and what is wrong with the others."""
        made, refused = {}, []
        for each in chosen:
            job = jobs.get(each.job_id)
            command = None if job is None else job.definition.command
            if job is None or command is None:
                reason = "its job is no longer there"
                refused.append(Result(execution=each, end=End.CANCELLED, reason=reason))
                continue
            try:
                made[each.id] = orders.order(job, command, each, limit)
            except orders.CannotPrepare as exc:
                refused.append(
                    Result(execution=each, end=End.NOT_STARTED, reason=str(exc))
                )
        return made, refused


def _is_untold(report: Report) -> bool:
    return report.state is not State.ENDED and report.stopping is None


def _cancelled(execution: Execution) -> Result:
    by = execution.cancelled_by
    return Result(execution=execution, end=End.CANCELLED, reason=by)


def _skipped(execution: Execution, why: str) -> Result:
    return Result(execution=execution, end=End.SKIPPED, reason=why)


def _could_not(execution: Execution, answer: Refused) -> Result:
    return Result(execution=execution, end=End.NOT_STARTED, reason=answer.reason)
