"""What a pause means for the runs and dues of a job that Cronitor runs itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import storage.executions
from bot.core import executed, schedules
from bot.core.executions import Stage, skipped
from bot.core.kinds import ScheduleKind, Status
from bot.core.transitions import Ids, Transition, Watched
from storage.queries import Transaction

Decided = Sequence[tuple[Watched, Transition]]


async def end_waiting(tx: Transaction, watched: Watched, now: datetime) -> None:
    """The job is paused: what waits is over, further attempts too, and nothing is due.

    What goes on may go on; see `Batch.end`.
    """
    job, why = watched.job, f"paused by {watched.state.paused_by}"
    if job.definition.command is None:
        return
    unended = await storage.executions.unended(tx, [job.id])
    waiting = [each for each in unended if each.stage is Stage.WAITING]
    await storage.executions.save_many(tx, [skipped(e, why, now) for e in waiting])
    await storage.executions.see_to(tx, job.id, None)


async def resume(
    tx: Transaction, decided: Decided, now: datetime, ids: Ids
) -> tuple[Decided, datetime | None]:
    """Those of the decided that are paused no longer are due again, whoever did it.

    Returns them as they are then, with the first of these dues.
    """
    if not any(_is_resumed(*pair) for pair in decided):
        return decided, None
    dues, resumed = [], []
    for before, after in decided:
        if _is_resumed(before, after):
            after, due_at = await _arm(tx, after, now, ids)
            dues.append(due_at)
        resumed.append((before, after))
    return resumed, min((due_at for due_at in dues if due_at), default=None)


def _is_resumed(before: Watched, after: Transition) -> bool:
    return (
        before.state.status is Status.PAUSED
        and after.watched.state.status is not Status.PAUSED
        and before.job.definition.command is not None
    )


async def _arm(
    tx: Transaction, after: Transition, now: datetime, ids: Ids
) -> tuple[Transition, datetime | None]:
    """An interval is due when the run has ended that has gone on since the pause."""
    job, due_at = after.watched.job, after.watched.state.due_at
    unended = await storage.executions.unended(tx, [job.id])
    goes_on = any(each.stage is Stage.RUNNING for each in unended)
    if goes_on and job.schedule.kind is ScheduleKind.INTERVAL:
        waits = executed.on_going(after.watched, now, ids)
        await storage.executions.see_to(tx, job.id, None)
        return replace(waits, effects=after.effects + waits.effects), None
    due_at = due_at or schedules.next_due(job.schedule, now)
    await storage.executions.see_to(tx, job.id, due_at)
    return after, due_at
