"""What becomes of runs: each end goes through the same door as a ping.

The executor's word is level-triggered: it is asked what it knows, and told to forget
what has been written down, so that a crash in between repeats nothing.
"""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import storage.executions
from bot.core import dispatch, durations, executed, status
from bot.core.commands import Command
from bot.core.executions import BAD, End, Execution, ExecutionId, Stage
from bot.core.kinds import JobId, PingKind, ScheduleKind, Status
from bot.core.models import Ping
from bot.core.pings import keep
from bot.core.told_ends import ToldEnd
from bot.core.transitions import Ids, Transition, Watched
from bot.engine import followers, wishes
from bot.engine.context import Context
from bot.engine.wakes import Next, merged
from bot.engine.wishes import NEW
from storage.queries import Transaction

logger = logging.getLogger(__name__)

#: results written in one transaction; pings wait no longer than that takes
AT_ONCE = 50
#: bytes of the end of an output that stand in its ping
TAIL = 10_000
#: ends that say nothing about the command
UNTRIED = frozenset({End.CANCELLED, End.SKIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an attempt ended."""

    execution: Execution
    end: End
    reason: str = ""
    exit_status: int | None = None
    signal: int | None = None
    #: None: just now
    ended_at: datetime | None = None
    output: bytes = b""
    output_size: int = 0
    evidence: Mapping[str, object] = field(default_factory=dict)


class Results:
    """Writes down beginnings and ends."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def began(self, begun: Sequence[Execution]) -> None:
        """These go on now; the first attempt at something is a start of its job."""
        for at in range(0, len(begun), AT_ONCE):
            await self._began(begun[at : at + AT_ONCE])

    async def _began(self, begun: Sequence[Execution]) -> None:
        async def unit(tx: Transaction) -> Next:
            now, ledger = self._context.clock.now(), self._context.ledger
            known = await storage.executions.by_ids(tx, [each.id for each in begun])
            # one that is going or over already has begun before
            fresh = [
                each
                for each in begun
                if each.id in known and known[each.id].stage is Stage.STARTING
            ]
            await storage.executions.save_many(tx, fresh)
            first = [each for each in fresh if each.attempt == 1]
            batch = await Batch.load(tx, self._context, first, now)
            for each in first:
                batch.begin(each)
            following = await ledger.save(tx, batch.decided(), now, batch.pings)
            await batch.await_intervals(tx)
            return following

        self._context.wakes.after(await self._context.db.write(unit))

    async def save(self, ended: Sequence[Result]) -> None:
        """These are over: they count, are tried again, and start what follows them."""
        for at in range(0, len(ended), AT_ONCE):
            await self._save(ended[at : at + AT_ONCE])
        for each in ended:
            _tell(each)

    async def _save(self, ended: Sequence[Result]) -> None:
        async def unit(tx: Transaction) -> Next:
            now, ledger = self._context.clock.now(), self._context.ledger
            ids = [each.execution.id for each in ended]
            fresh = await storage.executions.by_ids(tx, ids)
            left = [each for each in ended if _goes_on(fresh, each.execution)]
            executions = [each.execution for each in left]
            batch = await Batch.load(tx, self._context, executions, now)
            for each in left:
                by = fresh[each.execution.id].cancelled_by
                execution = replace(each.execution, cancelled_by=by)
                batch.end(replace(each, execution=execution))
            await batch.save(tx)
            decided = batch.decided()
            following = await ledger.save(tx, decided, now, batch.pings)
            below = await followers.wish(tx, self._context, batch.told(), now)
            following = merged(following, below)
            due_at = await batch.see_to_intervals(tx)
            return merged(following, Next(runs=True, due_at=due_at))

        self._context.wakes.after(await self._context.db.write(unit))
        if any(each.output for each in ended):
            self._context.wakes.output_stored()


class Batch:
    """The jobs of several executions, and what is decided about them in turn."""

    def __init__(
        self, before: Mapping[JobId, Watched], now: datetime, ids: Ids
    ) -> None:
        self._before = before
        self._now = now
        self._ids = ids
        self._after: dict[JobId, Transition] = {}
        self._ended: list[Result] = []
        self._again: list[Execution] = []
        #: to store, in order
        self.pings: list[Ping] = []
        #: those that are over for good, with their slug
        self.finals: list[tuple[Execution, str]] = []

    @classmethod
    async def load(
        cls,
        tx: Transaction,
        context: Context,
        executions: Sequence[Execution],
        now: datetime,
    ) -> "Batch":
        """With the runs that the executions belong to."""
        ids = {each.job_id for each in executions}
        rids = [each.rid for each in executions]
        watched = await context.ledger.load_ids(tx, ids, now, rids)
        return cls(watched, now, context.ledger.ids)

    def decided(self) -> list[tuple[Watched, Transition]]:
        """What `Ledger.save` takes."""
        return [(self._before[i], after) for i, after in self._after.items()]

    def begin(self, execution: Execution) -> None:
        """A run begins, of its due if it has one."""
        watched = self._watched(execution)
        if watched is None:
            return
        ping = self._ping(execution, PingKind.START, reason=execution.by)
        due_at, now = execution.due_at, self._now
        self._take(executed.on_start(watched, ping, due_at, now, self._ids), ping)

    def end(self, result: Result) -> None:
        """An attempt is over: it is tried again, or that was it."""
        execution = result.execution
        over = replace(
            execution,
            stage=Stage.ENDED,
            end=result.end,
            exit_status=result.exit_status,
            signal=result.signal,
            reason=result.reason,
            ended_at=result.ended_at or self._now,
        )
        result = replace(result, execution=over)
        self._ended.append(result)
        watched = self._watched(execution)
        command = None if watched is None else watched.job.definition.command
        if watched is None or command is None:
            return
        if watched.state.status is Status.PAUSED:
            self._record(watched, result)
            return
        definition, chance = watched.job.definition, secrets.randbelow(1000) / 999
        at = dispatch.retry_at(definition, command, over, self._now, chance)
        if at is not None and not execution.cancelled_by:
            self._try_again(watched, command, result, at)
            return
        self.finals.append((over, watched.job.slug))
        self._finish(watched, result)

    def told(self) -> list[ToldEnd]:
        """The ends that others may follow on."""
        return [
            ToldEnd(slug, execution.end in BAD, f"a{execution.id}")
            for execution, slug in self.finals
            if execution.end is not End.CANCELLED
        ]

    async def save(self, tx: Transaction) -> None:
        """Write the executions, their output, and further attempts."""
        ended = [each.execution for each in self._ended]
        await storage.executions.save_many(tx, ended)
        await storage.executions.insert_many(tx, self._again)
        for each in self._ended:
            number = each.execution.id
            if each.output:
                await storage.executions.put_output(
                    tx, number, each.output, each.output_size
                )
            if each.evidence:
                await storage.executions.put_evidence(tx, number, dict(each.evidence))

    async def await_intervals(self, tx: Transaction) -> None:
        """What has begun keeps its interval from being due before it ends."""
        for before, after in self.decided():
            job, state = after.watched.job, after.watched.state
            waits = before.state.due_at is not None and state.due_at is None
            if waits and job.schedule.kind is ScheduleKind.INTERVAL:
                await storage.executions.see_to(tx, job.id, None)

    async def see_to_intervals(self, tx: Transaction) -> datetime | None:
        """The end of a run names the next due of an interval; the first of them."""
        dues = []
        for execution, _ in self.finals:
            after = self._after.get(execution.job_id)
            if after is None:
                continue
            schedule, due_at = after.watched.job.schedule, after.watched.state.due_at
            if schedule.kind is ScheduleKind.INTERVAL:
                await storage.executions.see_to(tx, execution.job_id, due_at)
                dues.append(due_at)
        return min((due_at for due_at in dues if due_at), default=None)

    # -- one of them -------------------------------------------------------------------

    def _watched(self, execution: Execution) -> Watched | None:
        """Its job as it is by now; None: it was removed."""
        after = self._after.get(execution.job_id)
        return self._before.get(execution.job_id) if after is None else after.watched

    def _take(self, after: Transition, ping: Ping | None = None) -> None:
        job_id = after.watched.job.id
        earlier = self._after.get(job_id)
        if earlier is not None:
            after = replace(after, effects=earlier.effects + after.effects)
        self._after[job_id] = after
        if ping is not None:
            self.pings.append(ping)

    def _try_again(
        self, watched: Watched, command: Command, result: Result, at: datetime
    ) -> None:
        execution, ids = result.execution, self._ids
        if execution.attempt == 1 and execution.started_at is None:
            # it could not be started: its job has begun all the same
            self.begin(execution)
            watched = self._watched(execution) or watched
        self._again.append(
            replace(
                execution,
                id=NEW,
                attempt=execution.attempt + 1,
                stage=Stage.WAITING,
                queued_at=self._now,
                ready_at=at,
                started_at=None,
                ended_at=None,
                end=None,
                exit_status=None,
                signal=None,
                reason="",
            )
        )
        wait = durations.about(at - self._now)
        attempts = max(command.retries, execution.attempt) + 1
        said = f"{_words(result)}; attempt {execution.attempt} of {attempts}"
        ping = self._ping(
            execution, PingKind.LOG, result=result, reason=f"{said}, again in {wait}"
        )
        until = executed.until_attempt(at, command.timeout)
        self._take(executed.on_attempt(watched, ping, until, self._now, ids), ping)

    def _record(self, watched: Watched, result: Result) -> None:
        """Of a paused job an end is written down, and nothing comes of it."""
        if result.end in UNTRIED and not _has_begun(result.execution):
            return
        why = f"{_words(result)}; it only is recorded: the job is"
        reason = f"{why} {wishes.paused(watched)}"
        ping = self._ping(result.execution, PingKind.LOG, result=result, reason=reason)
        self._take(status.on_ping(watched, ping, self._now, self._ids), ping)

    def _finish(self, watched: Watched, result: Result) -> None:
        execution, ids, now = result.execution, self._ids, self._now
        has_begun = _has_begun(execution)
        if result.end in UNTRIED:
            self._cancelled(watched, result, has_begun=has_begun)
            return
        if not has_begun:
            self.begin(execution)
            watched = self._watched(execution) or watched
        if result.end is End.LOST:
            reason = _words(result)
            ping = self._ping(execution, PingKind.LOG, result=result, reason=reason)
            self._take(executed.on_lost(watched, execution.rid, now, ids), ping)
            return
        kind = PingKind.SUCCESS if result.end is End.OK else PingKind.FAIL
        reason = "" if result.end is End.OK else _words(result)
        ping = self._ping(execution, kind, result=result, reason=reason)
        self._take(status.on_ping(watched, ping, now, ids), ping)

    def _cancelled(self, watched: Watched, result: Result, *, has_begun: bool) -> None:
        execution, ids, now = result.execution, self._ids, self._now
        note = _words(result)
        if has_begun:
            ping = self._ping(execution, PingKind.LOG, result=result, reason=note)
            self._take(executed.on_cancel(watched, execution.rid, note, now, ids), ping)
        elif execution.due_at is not None:
            due_at = execution.due_at
            self._take(executed.on_skip(watched, due_at, note, now, ids, in_a_row=0))

    def _ping(
        self,
        execution: Execution,
        kind: PingKind,
        *,
        result: Result | None = None,
        reason: str = "",
    ) -> Ping:
        output = b"" if result is None else result.output
        return Ping(
            job_id=execution.job_id,
            kind=kind,
            said=kind,
            at=self._now,
            exit_status=None if result is None else result.exit_status,
            rid=execution.rid,
            method="",
            source="run",
            body=keep(output, TAIL),
            body_size=0 if result is None else result.output_size,
            reason=reason,
        )


def _has_begun(execution: Execution) -> bool:
    return execution.attempt > 1 or execution.started_at is not None


def _goes_on(fresh: Mapping[ExecutionId, Execution], execution: Execution) -> bool:
    """Whether nobody has written down its end meanwhile."""
    known = fresh.get(execution.id)
    return known is not None and known.stage is not Stage.ENDED


def _words(result: Result) -> str:
    """How it ended, for a person."""
    match result.end:
        case End.FAILED if result.signal is not None:
            return f"ended by signal {result.signal}"
        case End.FAILED:
            return f"exit code {result.exit_status}"
        case End.NOT_STARTED:
            return f"could not be started: {result.reason}"
        case End.CANCELLED:
            return f"cancelled: {result.execution.cancelled_by or result.reason}"
        case End.LOST:
            return f"outcome unknown: {result.reason or 'nothing is known of its end'}"
    return result.reason or result.end.value


def _tell(result: Result) -> None:
    execution = result.execution
    logger.info(
        "run %s ended: %s",
        execution.id,
        _words(result),
        extra={"action": "run_ended"},
    )
