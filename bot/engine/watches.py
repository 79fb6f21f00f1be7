"""Changes of files that start jobs: gathered until they settle, then one run."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import storage.executions
import storage.jobs
from bot.core import watches
from bot.core.commands import Command
from bot.core.executions import Execution, Trigger
from bot.core.kinds import JobId, Overlap
from bot.core.transitions import Watched
from bot.core.watches import CHAINED_AT_MOST, Change
from bot.engine.context import Context
from bot.engine.triggers import Cause, Triggers
from bot.engine.wakes import Alarm
from bot.errors import CronitorError, Unavailable
from storage.queries import Queries

logger = logging.getLogger(__name__)

#: runs of a job that are looked at
_RUNS = 20


class Paths(NamedTuple):
    """What a job watches."""

    job_id: JobId
    paths: tuple[str, ...]


class _Known(NamedTuple):
    """A job with what it takes to judge a change."""

    slug: str
    command: Command
    runs: list[Execution]


class _Pending(NamedTuple):
    """Changes that have not settled."""

    change: Change
    told_at: datetime


class Watches:
    """Judges changes that `bot.watching` notices."""

    def __init__(self, context: Context, triggers: Triggers) -> None:
        self._context = context
        self._triggers = triggers
        self.alarm = Alarm()
        #: set when another job watches, or watches something else
        self.changed = context.wakes.watches
        #: noticed, and not judged yet
        self._noticed: list[tuple[JobId, Change]] = []
        #: judged, and not settled yet
        self._pending: dict[JobId, _Pending] = {}
        #: runs in a row that followed on changes that the job itself may have made
        self._chains: dict[JobId, int] = {}

    async def wanted(self) -> list[Paths]:
        """What is to be watched."""
        if not self._triggers.is_there:
            return []
        found = await self._context.db.read(storage.jobs.watching)
        return [Paths(*each) for each in found]

    def notice(
        self, job_id: JobId, root: str, paths: tuple[str, ...], since: datetime
    ) -> None:
        """Something has changed below or at `root`, no earlier than `since`."""
        change = Change(
            since=since,
            at=self._context.clock.now(),
            root=root,
            paths=paths[: watches.PATHS_AT_MOST],
            count=len(paths),
        )
        self._noticed.append((job_id, change))
        self.alarm.event.set()

    async def step(self) -> bool:
        """Judge what was noticed, and start what has settled; True if something has."""
        if not self._noticed and not self._pending:
            return False
        noticed, self._noticed = self._noticed, []
        ids = {job_id for job_id, _ in noticed} | self._pending.keys()
        try:
            known = await self._context.db.read(lambda q: self._load(q, ids))
        except Unavailable:
            self._noticed = noticed + self._noticed
            raise
        for job_id, change in noticed:
            if job_id in known:
                self._judge(job_id, known[job_id], change)
        now, has_settled = self._context.clock.now(), False
        for job_id, pending in list(self._pending.items()):
            if job_id not in known:
                # it has gone, or watches no more
                del self._pending[job_id]
            elif pending.told_at <= now:
                await self._start(job_id, known[job_id].slug, pending.change)
                has_settled = True
        return has_settled

    async def next_at(self) -> datetime | None:
        """When the next one has settled."""
        return min((each.told_at for each in self._pending.values()), default=None)

    async def _load(self, q: Queries, ids: set[JobId]) -> Mapping[JobId, _Known]:
        now = self._context.clock.now()
        found = await self._context.ledger.load_ids(q, sorted(ids), now)
        return {
            job_id: _Known(
                watched.job.slug,
                command,
                await storage.executions.newest(q, job_id, _RUNS),
            )
            for job_id, watched in found.items()
            if (command := _watching(watched)) is not None
        }

    def _judge(self, job_id: JobId, job: _Known, change: Change) -> None:
        command = job.command
        if watches.is_own(change, job.runs, command.watch_settle):
            if command.overlap is Overlap.SKIP:
                return
            if self._chains.get(job_id, 0) >= CHAINED_AT_MOST:
                self._warn(job_id, job.slug)
                return
            change = replace(change, is_own=True)
        before = self._pending.get(job_id)
        whole = watches.joined(None if before is None else before.change, change)
        told_at = watches.told_at(whole, command.watch_settle)
        self._pending[job_id] = _Pending(whole, told_at)

    def _warn(self, job_id: JobId, slug: str) -> None:
        """Say it once for each chain."""
        if self._chains[job_id] > CHAINED_AT_MOST:
            return
        self._chains[job_id] += 1
        logger.warning(
            "%s seems to change what it watches: %s runs in a row came of changes made "
            "while it ran, so such changes do not count until there is another one",
            slug,
            CHAINED_AT_MOST,
            extra={"action": "watch_loop", "job": slug},
        )

    async def _start(self, job_id: JobId, slug: str, change: Change) -> None:
        handed = {
            "changed": watches.text(change.paths),
            "changed_count": str(change.count),
        }
        cause = Cause(
            trigger=Trigger.WATCH,
            by=f"a change of {change.root}",
            handed=handed,
            is_quiet=True,
        )
        try:
            await self._triggers.fire(slug, cause)
        except Unavailable:
            # it stays, and is tried again
            raise
        except CronitorError as exc:
            logger.debug("a change starts nothing: %s", exc)
        self._chains[job_id] = self._chains.get(job_id, 0) + 1 if change.is_own else 0
        del self._pending[job_id]


def _watching(watched: Watched) -> Command | None:
    command = watched.job.definition.command
    return command if command is not None and command.watch else None
