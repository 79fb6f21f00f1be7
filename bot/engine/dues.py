"""Turns the dues of jobs that Cronitor runs into runs that wait, or says why not."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import uuid4

import storage.executions
import storage.passed_dues
from bot.core import blind_times, dispatch
from bot.core.blind_times import BlindTime
from bot.core.commands import Command
from bot.core.dispatch import Taken
from bot.core.executions import (
    BY_CATCHING_UP,
    BY_SCHEDULE,
    Execution,
    Trigger,
    key_of_due,
)
from bot.core.kinds import ScheduleKind, Status
from bot.core.transitions import Transition, Watched
from bot.engine import wishes
from bot.engine.context import Context
from bot.engine.runner import Runner
from bot.engine.wakes import Next, merged
from bot.engine.wishes import NEW, Rows, Wishes
from storage.executions import Dispatch
from storage.passed_dues import Passed
from storage.queries import Queries, Transaction

#: jobs whose dues are seen to in one transaction; pings wait no longer than that takes
AT_ONCE = 100


class Dues:
    """One look at what is due."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner
        self.alarm = context.wakes.dues

    async def step(self) -> bool:
        """See to a batch of jobs; True when there may be more."""
        if self._context.ledger.pulse.is_behind or not self._runner.has_collected:
            # what has ended while Cronitor was away is in nobody's way
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
        if not self._runner.has_collected:
            return None
        return await self._context.db.read(storage.executions.next_due)

    async def _see_to(
        self, tx: Transaction, found: Sequence[Dispatch], now: datetime
    ) -> Next:
        ids, ledger = [each.job_id for each in found], self._context.ledger
        watched = await ledger.load_ids(tx, ids, now)
        others = await wishes.unended_by_job(tx, ids)
        decided, rows = [], Rows()
        passed, left = list[Passed](), dispatch.DUES_AT_ONCE
        restored_at = self._runner.restored_at
        for each in found:
            if left <= 0:
                # the others come in the next step
                break
            before = watched.get(each.job_id)
            command = None if before is None else before.job.definition.command
            if before is None or command is None:
                await storage.executions.see_to(tx, each.job_id, None)
                continue
            waiting = Wishes(
                before,
                command,
                others[each.job_id],
                skips=each.skips,
                now=now,
                ledger=ledger,
                rows=rows,
            )
            taken = _decide(waiting, before, each.next_due_at, now, left, restored_at)
            left -= len(taken.run) + len(taken.skipped) + len(taken.counted)
            passed += _passed(before, taken.counted)
            goes_on_at = taken.next_due_at
            await storage.executions.see_to(tx, each.job_id, goes_on_at, waiting.skips)
            decided.append((before, waiting.transition))
        await rows.save(tx)
        following = await ledger.save(tx, decided, now)
        await storage.passed_dues.count(tx, passed, now)
        return merged(following, Next(runs=bool(rows)))


def _decide(
    waiting: Wishes,
    before: Watched,
    next_due_at: datetime,
    now: datetime,
    limit: int,
    restored_at: datetime | None,
) -> Taken:
    """Let runs wait for the dues that have passed; what was said of which of them."""
    definition, command = before.job.definition, waiting.command
    if before.state.status is Status.PAUSED:
        # whoever resumes it names the next one
        return Taken((), (), None)
    taken = dispatch.take(definition, command, next_due_at, now, limit, restored_at)
    if taken.counted:
        first, last = taken.counted[0], taken.counted[-1]
        more = f"and {len(taken.counted) - 1} more, until {last:%Y-%m-%d %H:%M} UTC"
        waiting.skip(_wished(before, command, first, now), f"{taken.why}; {more}")
    for due_at, why in taken.skipped:
        waiting.skip(_wished(before, command, due_at, now), why)
    by = BY_CATCHING_UP if taken.is_caught_up else BY_SCHEDULE
    for due_at in taken.run:
        waiting.take(_wished(before, command, due_at, now, by))
    if definition.schedule.kind is ScheduleKind.INTERVAL:
        # a run that waits or goes on names the next one at its end
        armed = None if waiting.others else _armed(waiting.transition)
        return taken._replace(next_due_at=armed)
    return taken


def _passed(before: Watched, dues: Sequence[datetime]) -> list[Passed]:
    """Dues that are only counted, by the blind times that are to tell of them."""
    job, found = before.job, []
    usual = before.state.usual_lateness

    def hiding(due_at: datetime) -> BlindTime | None:
        return blind_times.hiding_slot(before.blind, job.definition, due_at, usual)

    for blind, group in groupby(dues, hiding):
        if blind is not None:
            each = list(group)
            found.append(Passed(job.id, blind.id, len(each), each[0], each[-1]))
    return found


def _armed(after: Transition) -> datetime | None:
    return after.watched.state.due_at


def _wished(
    before: Watched,
    command: Command,
    due_at: datetime,
    now: datetime,
    by: str = BY_SCHEDULE,
) -> Execution:
    return Execution(
        id=NEW,
        job_id=before.job.id,
        key=key_of_due(due_at),
        due_at=due_at,
        trigger=Trigger.SCHEDULE,
        by=by,
        params={param.name: param.default for param in command.params},
        priority=command.priority,
        queued_at=now,
        ready_at=now,
        rid=str(uuid4()),
    )
