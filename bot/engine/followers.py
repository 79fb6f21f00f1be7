"""Jobs that follow on the end of another one: wished in the transaction of that end."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import storage.executions
import storage.follows
from bot.core import executed
from bot.core.commands import Command
from bot.core.executions import Execution, Trigger
from bot.core.kinds import After, JobId
from bot.core.told_ends import ToldEnd
from bot.core.transitions import Transition, Watched
from bot.engine import wishes
from bot.engine.context import Context
from bot.engine.wakes import NOTHING, Next, merged
from bot.engine.wishes import NEW, Rows, Wishes
from storage.queries import Transaction


async def wish(
    tx: Transaction, context: Context, ends: Sequence[ToldEnd], now: datetime
) -> Next:
    """Let the jobs that follow on these wait for their turn."""
    below = await storage.follows.of(tx, {each.slug for each in ends})
    ids = sorted({job_id for found in below.values() for job_id in found})
    if not ids:
        return NOTHING
    watched = await context.ledger.load_ids(tx, ids, now)
    others = await wishes.unended_by_job(tx, ids)
    skips = await storage.executions.skips(tx, ids)
    rows, waiting = Rows(), dict[JobId, Wishes]()
    for job_id, before in watched.items():
        command = before.job.definition.command
        if command is not None:
            waiting[job_id] = Wishes(
                before,
                command,
                others[job_id],
                skips=skips.get(job_id, 0),
                now=now,
                ledger=context.ledger,
                rows=rows,
            )
    for end in ends:
        for job_id in below.get(end.slug, ()):
            if job_id in waiting:
                _follow(waiting[job_id], context, end, now)
    await rows.save(tx)
    for job_id, each in waiting.items():
        await storage.executions.count_skips(tx, job_id, each.skips)
    decided: list[tuple[Watched, Transition]] = [
        (watched[job_id], each.transition) for job_id, each in waiting.items()
    ]
    following = await context.ledger.save(tx, decided, now)
    return merged(following, Next(runs=bool(rows)))


def _follow(waiting: Wishes, context: Context, end: ToldEnd, now: datetime) -> None:
    if not _wants(waiting.command, end):
        return
    if end.is_late and waiting.blocker():
        # of several ends that were kept one is followed
        return
    watched = waiting.transition.watched
    wished = Execution(
        id=NEW,
        job_id=watched.job.id,
        key=end.key,
        due_at=now,
        trigger=Trigger.AFTER,
        by=f"the end of {end.slug}",
        params={param.name: param.default for param in waiting.command.params},
        priority=waiting.command.priority,
        queued_at=now,
        ready_at=now,
        rid=str(uuid4()),
    )
    paused = wishes.paused(watched)
    if paused:
        waiting.skip(wished, paused)
    elif waiting.take(wished):
        ids = context.ledger.ids
        waiting.apply(executed.on_wish(waiting.transition.watched, now, now, ids))


def _wants(command: Command, end: ToldEnd) -> bool:
    """Whether that is the kind of end that it follows on."""
    wanted = {After.END, After.FAILURE if end.is_bad else After.SUCCESS}
    return any(each.slug == end.slug and each.after in wanted for each in command.after)
