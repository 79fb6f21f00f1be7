"""Wishes for runs: what is in the way of one, and the rows that come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import storage.executions
from bot.core import dispatch, executed
from bot.core.commands import Command
from bot.core.executions import Execution, ExecutionId, skipped
from bot.core.kinds import JobId, Status
from bot.core.transitions import Transition, Watched
from bot.engine.ledger import Ledger
from bot.errors import Conflict
from storage.queries import Queries, Transaction

#: an id that the table gives
NEW = ExecutionId(0)
MAKES_ROOM = "a newer run takes its place"


class Rows:
    """What a batch of decisions writes of executions."""

    def __init__(self) -> None:
        self.added: list[Execution] = []
        self.changed: list[Execution] = []

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.added or self.changed)

    async def save(self, tx: Transaction) -> None:
        """Write them."""
        if self.added:
            await storage.executions.insert_many(tx, self.added)
        if self.changed:
            await storage.executions.save_many(tx, self.changed)


async def unended_by_job(
    q: Queries, ids: Sequence[JobId]
) -> Mapping[JobId, list[Execution]]:
    """Those that have not ended, by job."""
    found: dict[JobId, list[Execution]] = {job_id: [] for job_id in ids}
    for each in await storage.executions.unended(q, ids):
        found[each.job_id].append(each)
    return found


def paused(watched: Watched) -> str:
    """Why nothing is run, in words; empty: the job is not paused."""
    state = watched.state
    return f"paused by {state.paused_by}" if state.status is Status.PAUSED else ""


def check_not_paused(watched: Watched) -> None:
    """Raise Conflict for a paused job, with the way to resume it."""
    why, slug = paused(watched), watched.job.slug
    if why:
        raise Conflict(
            f"{slug} is {why} and is not run: resume it first, with"
            f" `cronitor job resume {slug}` or `/job resume`"
        )


class Wishes:
    """The wishes for one job, one after the other, inside somebody's transaction."""

    def __init__(
        self,
        watched: Watched,
        command: Command,
        others: list[Execution],
        *,
        skips: int,
        now: datetime,
        ledger: Ledger,
        rows: Rows,
    ) -> None:
        self.command = command
        #: those of the job that have not ended
        self.others = others
        #: wishes in a row for which nothing was run
        self.skips = skips
        #: what has become of the job so far
        self.transition = Transition(watched)
        self._now = now
        self._ledger = ledger
        self._rows = rows

    def blocker(self) -> str:
        """What would keep a wish from being run, in words; empty: nothing."""
        return dispatch.overlap(self.command, self.others).skip

    def take(self, wished: Execution) -> bool:
        """Let it wait for its turn, or write down why nothing is run for it."""
        found = dispatch.overlap(
            self.command, self.others, is_caught_up=wished.is_caught_up
        )
        if found.skip:
            self.skips += 1
            self.skip(wished, found.skip, in_a_row=self.skips)
            return False
        self.skips = 0
        for each in found.drop:
            self._drop(each)
        for each in found.cancel:
            if not each.cancelled_by:
                self._rows.changed.append(replace(each, cancelled_by=MAKES_ROOM))
        self._rows.added.append(wished)
        self.others.append(wished)
        return True

    def skip(self, wished: Execution, why: str, *, in_a_row: int = 0) -> None:
        """Nothing is run for it, which is written down with the reason."""
        self._rows.added.append(skipped(wished, why, self._now))
        self._pass_over(wished, why, in_a_row=in_a_row)

    def apply(self, after: Transition) -> None:
        """The job is another one now."""
        effects = self.transition.effects + after.effects
        self.transition = replace(after, effects=effects)

    def _drop(self, each: Execution) -> None:
        self.others.remove(each)
        gone = skipped(each, MAKES_ROOM, self._now)
        if each.id == NEW:
            self._rows.added[self._rows.added.index(each)] = gone
        else:
            self._rows.changed.append(gone)
        self._pass_over(each, MAKES_ROOM)

    def _pass_over(self, each: Execution, why: str, *, in_a_row: int = 0) -> None:
        if each.due_at is None and not in_a_row:
            return
        watched, ids = self.transition.watched, self._ledger.ids
        self.apply(
            executed.on_skip(
                watched, each.due_at, why, self._now, ids, in_a_row=in_a_row
            )
        )
