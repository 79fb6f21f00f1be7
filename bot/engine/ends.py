"""Asks the executor which runs are over, and has their results written down."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import storage.executions
from bot.core import cut_outputs
from bot.core.commands import Command
from bot.core.executions import BAD, End, Execution, ExecutionId, Stage
from bot.core.kinds import JobId
from bot.core.results import length, verdict
from bot.engine import machine
from bot.engine.context import Context
from bot.engine.expectations import Expectations
from bot.engine.results import Result, Results
from bot.executors.base import Ending, Executor, Report, State

logger = logging.getLogger(__name__)

#: how the executor calls ends that are not told by the exit code
_ENDS = {
    Ending.TIMED_OUT: End.TIMEOUT,
    Ending.CANCELLED: End.CANCELLED,
    Ending.COULD_NOT_START: End.NOT_STARTED,
    Ending.LOST: End.LOST,
}
#: results whose output is fetched and written together
AT_ONCE = 50
#: what is said of an output whose files cannot be read
UNREADABLE = "it could not be read"
#: how long results wait for runs that are just being started
CALM_S = 1.0


class Collector:
    """One look at what has ended."""

    def __init__(
        self,
        context: Context,
        executor: Executor,
        results: Results,
        wanted: asyncio.Event,
    ) -> None:
        #: set before the executor is asked for the first time
        self.wanted = wanted
        self._context = context
        self._executor = executor
        self._results = results
        self._expectations = Expectations()
        #: they go on, which is not written down
        self._begun: dict[ExecutionId, Execution] = {}
        self.alarm = context.wakes.ends
        #: those that were named as lost, and whose process lives
        self._lost: set[str] = set()

    def begun(self, begun: Iterable[Execution]) -> None:
        """The executor says that these go on; it is written down at the next look."""
        self._begun |= {each.id: each for each in begun}
        if self._begun:
            self.alarm.event.set()

    def knows(self, execution: Execution) -> bool:
        """Whether it was told so of that one."""
        return execution.id in self._begun

    async def step(self, calm: asyncio.Event) -> bool:
        """Write down what is over, and what nobody knows of any more.

        Between two batches it waits until it is `calm`, a second in all at the most.
        """
        clock = self._context.clock
        hurries_at = clock.monotonic() + CALM_S

        async def until_calm() -> None:
            await clock.wait(calm, max(hurries_at - clock.monotonic(), 0.0))

        await until_calm()
        begun = list(self._begun.values())
        if begun:
            await self._results.began(begun)
            for each in begun:
                self._begun.pop(each.id, None)
        unended = await self._context.db.read(storage.executions.unended)
        active = {each.dispatch_id: each for each in unended if each.is_active}
        if not active:
            return False
        self.wanted.set()
        reports = {each.id: each for each in await self._executor.reports()}
        self._tell_lost(active, reports)
        await self._found_again(active, reports)
        over = [each for each in reports.values() if _is_over(each)]
        ended = [(active[each.id], each) for each in over if each.id in active]
        for at in range(0, len(ended), AT_ONCE):
            await until_calm()
            await self._write(ended[at : at + AT_ONCE])
        lost = [
            Result(execution=each, end=End.LOST)
            for run_id, each in active.items()
            if run_id not in reports and each.stage is Stage.RUNNING
        ]
        if lost:
            await self._results.save(lost)
        await self._forget_strangers([x.id for x in over if x.id not in active])
        return bool(begun or ended or lost)

    async def _write(self, ended: Sequence[tuple[Execution, Report]]) -> None:
        commands = await self._commands({each.job_id for each, _ in ended})
        ids = [each.id for each, _ in ended]
        # who is told to end one has that written down before
        fresh = await self._context.db.read(lambda q: storage.executions.by_ids(q, ids))
        found = [(fresh.get(each.id, each), report) for each, report in ended]
        slow = [pair for pair in found if _is_slow(commands.get(pair[0].job_id))]
        # what can be judged at once waits for no pattern
        for part in ([pair for pair in found if pair not in slow], slow):
            judged = [self._result(*pair, commands) for pair in part]
            if judged:
                await self._results.save(await asyncio.gather(*judged))
                await self._executor.forget([report.id for _, report in part])

    async def _forget_strangers(self, ids: Sequence[str]) -> None:
        """Those of former times were written down by a process that was killed then.

        What was begun since the look is none: that stands in the store before.
        """
        if not ids:
            return
        unended = await self._context.db.read(storage.executions.unended)
        known = {each.dispatch_id for each in unended}
        strangers = [each for each in ids if each not in known]
        if strangers:
            await self._executor.forget(strangers)

    async def _found_again(
        self, active: Mapping[str, Execution], reports: Mapping[str, Report]
    ) -> None:
        """Those that had begun when the answer to that was lost."""
        begun = [
            replace(
                each,
                stage=Stage.RUNNING,
                started_at=reports[run_id].started_at or self._context.clock.now(),
            )
            for run_id, each in active.items()
            if each.stage is Stage.STARTING
            and run_id in reports
            and reports[run_id].started_at is not None
        ]
        if begun:
            await self._results.began(begun)

    def _tell_lost(
        self, active: Mapping[str, Execution], reports: Mapping[str, Report]
    ) -> None:
        """Name those whose process lives and whose exit code nobody will know."""
        lost = {
            run_id: reports[run_id].pid
            for run_id in active
            if run_id in reports and reports[run_id].state is State.LOST
        }
        for run_id, pid in lost.items():
            if run_id not in self._lost:
                logger.warning(
                    "run %s goes on as process %s, and its end will not be known: %s",
                    active[run_id].id,
                    pid,
                    reports[run_id].reason,
                    extra={"action": "run_lost_sight"},
                )
        self._lost = set(lost)

    async def _commands(self, ids: set[JobId]) -> Mapping[JobId, Command]:
        ledger = self._context.ledger
        jobs = await self._context.db.read(lambda q: ledger.jobs(q, ids))
        commands = {i: job.definition.command for i, job in jobs.items()}
        return {i: command for i, command in commands.items() if command}

    async def _output(self, report: Report) -> tuple[bytes, str]:
        """All that is kept of it, with a mark where something was left out.

        And why something is missing: a file that cannot be read must not keep the
        end of its run from being told.
        """
        if not report.output_size:
            return b"", report.output_error
        try:
            chunks = await self._executor.output(report.id)
        except OSError as exc:
            reason = exc.strerror or str(exc)
            said = {"action": "output_unreadable"}
            logger.warning("run %s: no output: %s", report.id, reason, extra=said)
            return b"", f"{UNREADABLE}: {reason}"
        kept, end = bytearray(), 0
        for chunk in chunks:
            if chunk.offset > end:
                kept += cut_outputs.mark(chunk.offset - end)
            kept += chunk.data
            end = chunk.end
        return bytes(kept), report.output_error

    async def _result(
        self, execution: Execution, report: Report, commands: Mapping[JobId, Command]
    ) -> Result:
        output, output_error = await self._output(report)
        command = commands.get(execution.job_id, Command(argv=()))
        end = verdict(command, report.exit_code, report.signal)
        if report.ending in _ENDS:
            end = _ENDS[report.ending]
        is_abandoned = end is End.CANCELLED and not execution.cancelled_by
        if is_abandoned:
            # its executor was told to stop, or the whole machine: nobody wanted that
            end = End.LOST
        if execution.started_at is None and report.started_at is not None:
            execution = replace(execution, started_at=report.started_at)
        reason = report.reason or execution.cancelled_by
        if end is End.LOST and report.pid and not is_abandoned:
            reason = f"process {report.pid}: {reason}"
        if end is End.TIMEOUT:
            reason = f"timed out after {length(command.timeout)}"
        result = Result(
            execution=execution,
            end=end,
            reason=reason,
            exit_status=report.exit_code,
            signal=report.signal,
            ended_at=_ended_at(report),
            output=output,
            output_size=report.output_size,
            evidence=_took(report, output_error),
        )
        unread = output_error if output_error.startswith(UNREADABLE) else ""
        result = await self._expectations.judge(command, result, unread)
        if result.end not in BAD:
            return result
        around = await asyncio.to_thread(machine.measure, command.cwd)
        return replace(result, evidence={**result.evidence, **around})


def _is_slow(command: Command | None) -> bool:
    """A process has to be made for it."""
    return command is not None and bool(command.expect.pattern or command.expect.count)


def _is_over(report: Report) -> bool:
    """All is known of it that ever will be."""
    return report.state is State.ENDED


def _ended_at(report: Report) -> datetime | None:
    """A clock that was set back meanwhile makes no end before its beginning."""
    moments = [at for at in (report.started_at, report.ended_at) if at is not None]
    return max(moments) if report.ended_at is not None else None


def _took(report: Report, output_error: str) -> dict[str, object]:
    found = {
        "max_rss_bytes": report.max_rss_bytes,
        "user_s": report.user_s,
        "system_s": report.system_s,
        "output_error": output_error or None,
    }
    return {name: value for name, value in found.items() if value is not None}
