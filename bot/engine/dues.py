"""Turns the dues of jobs that Cronitor runs into runs that wait, or says why not."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import storage.executions
from bot.core import dispatch, executed, schedules
from bot.core.commands import Command
from bot.core.executions import (
    End,
    Execution,
    ExecutionId,
    Stage,
    Trigger,
    key_of_due,
)
from bot.core.kinds import JobId, ScheduleKind, Status
from bot.core.transitions import Transition, Watched
from bot.engine.context import Context
from bot.engine.wakes import Next, merged
from storage.executions import Dispatch
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: jobs whose dues are seen to in one transaction; pings wait no longer than that takes
AT_ONCE = 100
#: an id that the table gives
NEW = ExecutionId(0)
MAKES_ROOM = "a newer run takes its place"


class Dues:
    """One look at what is due."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.alarm = context.wakes.dues

    async def step(self) -> bool:
        """See to a batch of jobs; True when there may be more."""
        if self._context.ledger.pulse.is_behind:
            return False
        now = self._context.clock.now()

        async def look(q: Queries) -> list[Dispatch]:
            return await storage.executions.due(q, now, AT_ONCE)

        if not await self._context.db.read(look):
            return False

        async def unit(tx: Transaction) -> Next:
            moment = self._context.clock.now()
            found = await storage.executions.due(tx, moment, AT_ONCE)
            return await self._see_to(tx, found, moment)

        self._context.wakes.after(await self._context.db.write(unit))
        return True

    async def next_at(self) -> datetime | None:
        """When the next due comes."""
        return await self._context.db.read(storage.executions.next_due)

    async def _see_to(
        self, tx: Transaction, found: Sequence[Dispatch], now: datetime
    ) -> Next:
        ids = [each.job_id for each in found]
        watched = await self._context.ledger.load_ids(tx, ids, now)
        others = await _by_job(tx, ids)
        decided, rows = [], Changed()
        for each in found:
            before = watched.get(each.job_id)
            command = None if before is None else before.job.definition.command
            if before is None or command is None:
                await storage.executions.see_to(tx, each.job_id, None)
                continue
            job = Due(before, command, each, others.get(each.job_id, []), now)
            after = job.decide(self._context, rows)
            await storage.executions.see_to(
                tx, each.job_id, job.goes_on_at(after), job.skips
            )
            decided.append((before, after))
        await storage.executions.insert_many(tx, rows.added)
        await storage.executions.save_many(tx, rows.changed)
        following = await self._context.ledger.save(tx, decided, now)
        return merged(following, Next(runs=bool(rows.added or rows.changed)))


async def _by_job(q: Queries, ids: Sequence[JobId]) -> Mapping[JobId, list[Execution]]:
    """Those that have not ended, by job."""
    found: dict[JobId, list[Execution]] = {}
    for each in await storage.executions.unended(q, ids):
        found.setdefault(each.job_id, []).append(each)
    return found


class Changed:
    """Rows to write for a whole batch."""

    def __init__(self) -> None:
        self.added: list[Execution] = []
        self.changed: list[Execution] = []


class Due:
    """The dues of one job that have passed, one after the other."""

    def __init__(
        self,
        before: Watched,
        command: Command,
        cursor: Dispatch,
        others: list[Execution],
        now: datetime,
    ) -> None:
        self._before, self._command = before, command
        self._cursor, self._others, self._now = cursor, others, now
        self.skips = cursor.skips
        self._transition = Transition(before)
        self._taken = dispatch.take(
            before.job.definition, command, cursor.next_due_at, now
        )

    def decide(self, context: Context, rows: Changed) -> Transition:
        """Add runs and what is skipped to the rows; what becomes of the job."""
        if self._before.state.status is Status.PAUSED:
            return self._transition
        for due_at, why in self._taken.skipped:
            self._skip(context, rows, due_at, why, in_a_row=0)
        for due_at in self._taken.run:
            found = dispatch.overlap(self._command, self._others)
            if found.skip:
                self.skips += 1
                self._skip(context, rows, due_at, found.skip, in_a_row=self.skips)
                continue
            self.skips = 0
            for dropped in make_room(found, self._others, rows, self._now):
                if dropped.due_at is not None:
                    self._pass_over(context, dropped.due_at, MAKES_ROOM, in_a_row=0)
            wished = self._wish(due_at)
            rows.added.append(wished)
            self._others.append(wished)
        return self._transition

    def goes_on_at(self, after: Transition) -> datetime | None:
        """The first due that nothing was decided about."""
        schedule = self._before.job.schedule
        if self._before.state.status is Status.PAUSED:
            return schedules.next_due(schedule, self._now)
        if schedule.kind is ScheduleKind.INTERVAL:
            # a run that goes on names the next one at its end
            return None if self._others else after.watched.state.due_at
        return self._taken.next_due_at

    def _wish(self, due_at: datetime) -> Execution:
        return Execution(
            id=NEW,
            job_id=self._before.job.id,
            key=key_of_due(due_at),
            due_at=due_at,
            trigger=Trigger.SCHEDULE,
            by="schedule",
            params={param.name: param.default for param in self._command.params},
            priority=self._command.priority,
            queued_at=self._now,
            ready_at=self._now,
            rid=str(uuid4()),
        )

    def _skip(
        self,
        context: Context,
        rows: Changed,
        due_at: datetime,
        why: str,
        *,
        in_a_row: int,
    ) -> None:
        """Nothing is run for that due, which is written down with the reason."""
        wished = self._wish(due_at)
        rows.added.append(ended(wished, End.SKIPPED, why, self._now))
        self._pass_over(context, due_at, why, in_a_row=in_a_row)

    def _pass_over(
        self, context: Context, due_at: datetime, why: str, *, in_a_row: int
    ) -> None:
        ids, before = context.ledger.ids, self._transition
        after = executed.on_skip(
            before.watched, due_at, why, self._now, ids, in_a_row=in_a_row
        )
        self._transition = replace(after, effects=before.effects + after.effects)


def make_room(
    found: dispatch.Overlapped, others: list[Execution], rows: Changed, now: datetime
) -> tuple[Execution, ...]:
    """What goes on is to be ended for a newer run, and what waits is given up: those."""
    for each in found.drop:
        others.remove(each)
        gone = ended(each, End.SKIPPED, MAKES_ROOM, now)
        if each.id == NEW:
            rows.added[rows.added.index(each)] = gone
        else:
            rows.changed.append(gone)
    for each in found.cancel:
        if not each.cancelled_by:
            rows.changed.append(replace(each, cancelled_by=MAKES_ROOM))
    return found.drop


def ended(execution: Execution, end: End, why: str, now: datetime) -> Execution:
    """It was never tried."""
    return replace(execution, stage=Stage.ENDED, end=end, reason=why, ended_at=now)
