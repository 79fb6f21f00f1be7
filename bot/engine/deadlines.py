"""The watchdog: judges deadlines that have passed, the most overdue first."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import storage.families
import storage.incidents
import storage.jobs
import storage.states
from bot.core import deadlines, inhibition, status
from bot.core.kinds import JobId, NotificationKind
from bot.core.transitions import Ids, Transition, Watched
from bot.engine.context import Context
from bot.engine.wakes import NOTHING, Alarm, Next, merged
from bot.errors import Unavailable, Unreadable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: jobs judged in one transaction; pings wait no longer than that takes
AT_ONCE = 100
#: slots of one job judged in one transaction
SLOTS_AT_ONCE = 200


class Rule(Protocol):
    """What is done to each job that is due."""

    def __call__(self, watched: Watched, now: datetime, ids: Ids) -> Transition:
        """Judge it at `now`."""
        ...


#: takes out of what was decided that which must wait
Hold = Callable[
    [Transaction, list[tuple[Watched, Transition]]],
    Awaitable[list[tuple[Watched, Transition]]],
]
Overdue = Callable[[Queries, datetime, int], Awaitable[list[JobId]]]
Upcoming = Callable[[Queries], Awaitable[datetime | None]]


class Watchdog:
    """Takes the jobs that `overdue` names and applies `rule` to each."""

    def __init__(
        self,
        context: Context,
        alarm: Alarm,
        *,
        overdue: Overdue,
        upcoming: Upcoming,
        rule: Rule,
        hold: Hold | None = None,
    ) -> None:
        self._context = context
        self._hold = hold
        self._overdue = overdue
        self._upcoming = upcoming
        self._rule = rule
        self._alarm = alarm
        #: those that are due wait for pings that came before
        self._waits = False
        #: jobs whose rows break a rule: reported once, then left alone
        self._parked: set[JobId] = set()

    async def step(self) -> bool:
        """Judge one batch; True when there may be more."""
        self._waits = False
        if self._context.ledger.pulse.is_behind:
            return False
        now = self._context.clock.now()
        until = self._context.ledger.arrivals.until(now)
        ids = await self._find(until)
        if not ids:
            if until < now and await self._find(now):
                self._waits = True
                self._context.ledger.arrivals.wake(self._alarm.event, until)
            return False
        try:
            await self._judge(ids)
        except Unavailable:
            raise
        except Exception:
            await self._judge_alone(ids)
        return True

    async def next_at(self) -> datetime | None:
        """When the next job is due; None: it is woken."""
        return None if self._waits else await self._context.db.read(self._upcoming)

    async def _find(self, until: datetime) -> list[JobId]:
        """Who is due and can be judged."""
        limit = AT_ONCE + len(self._parked)

        async def find(q: Queries) -> list[JobId]:
            return await self._overdue(q, until, limit)

        found = await self._context.db.read(find)
        return [job_id for job_id in found if job_id not in self._parked]

    async def _judge(self, ids: list[JobId]) -> None:
        """Judge these jobs in one transaction."""

        async def unit(tx: Transaction) -> tuple[Next, list[JobId]]:
            now = self._context.clock.now()
            until = self._context.ledger.arrivals.until(now)
            # what has come in since they were looked for may have seen to some
            due = set(await self._overdue(tx, until, AT_ONCE + len(self._parked)))
            left = [job_id for job_id in ids if job_id in due]
            return await self._judge_families(tx, left, now)

        following, stuck = await self._context.db.write(unit)
        self._context.wakes.after(following)
        for job_id in stuck:
            await self._park(job_id, "nothing comes of it")

    async def _judge_families(
        self, tx: Transaction, ids: list[JobId], now: datetime
    ) -> tuple[Next, list[JobId]]:
        """Judge those above before those below; what follows, and who is stuck."""
        links = await storage.families.above(tx, ids)
        pairs = [(link.job_id, link.above_id) for link in links]
        following, moved = NOTHING, set[JobId]()
        for generation in inhibition.generations(ids, pairs):
            after = await self._judge_together(tx, generation, now, moved)
            following = merged(following, after)
        return following, [job_id for job_id in ids if job_id not in moved]

    async def _judge_together(
        self, tx: Transaction, ids: list[JobId], now: datetime, moved: set[JobId]
    ) -> Next:
        """Judge jobs of which none stands above another; adds to `moved`."""
        watched = await self._context.ledger.load_ids(tx, ids, now)
        hold, numbers = self._hold, self._context.ledger.ids
        if hold is not None:
            # it takes out itself what must wait
            watched = {n: replace(w, is_cut_off=False) for n, w in watched.items()}
        decided = [(each, self._rule(each, now, numbers)) for each in watched.values()]
        if hold is not None:
            decided = await hold(tx, decided)
        moved |= {each.job.id for each, after in decided if _moved(each, after)}
        return await self._context.ledger.save(tx, decided, now)

    async def _park(self, job_id: JobId, why: str) -> None:
        """Leave a row alone that would keep the watchdog busy for ever, and say so."""

        async def unit(tx: Transaction) -> str:
            slug = await storage.jobs.slug_of(tx, job_id)
            await self._context.ledger.announce(
                tx,
                NotificationKind.JOB_PARKED,
                f"Job {slug} is not watched until the next start: it breaks a rule of"
                f" Cronitor itself ({why}). `cronitor job show {slug}` may say more",
                self._context.clock.now(),
            )
            return slug

        slug = await self._context.db.write(unit)
        self._parked.add(job_id)
        logger.error(
            "job %s cannot be judged (%s) and is left alone until the next start",
            slug,
            why,
            extra={"action": "row_parked"},
        )
        self._context.wakes.after(Next(tells=True))

    async def _judge_alone(self, ids: list[JobId]) -> None:
        """One of them breaks a rule: find it, park it, go on with the others."""
        for job_id in ids:
            try:
                await self._judge([job_id])
            except Unavailable:
                raise
            except Exception as exc:
                if not isinstance(exc, Unreadable):
                    logger.exception("job %s breaks a rule", job_id)
                await self._park(job_id, type(exc).__name__)


def _moved(before: Watched, after: Transition) -> bool:
    """Whether the job is no longer due for the same reason."""
    return (
        after.watched.state != before.state or after.watched.incident != before.incident
    )


def judge(watched: Watched, now: datetime, ids: Ids) -> Transition:
    """The rule of a passed deadline."""
    return deadlines.on_time(watched, now, ids, SLOTS_AT_ONCE)


def of_deadlines(context: Context, hold: Hold) -> Watchdog:
    """The watchdog of slots, runs and reminders; `hold`: what must wait."""
    return Watchdog(
        context,
        context.wakes.deadlines,
        overdue=storage.states.overdue,
        upcoming=storage.states.next_wake,
        rule=judge,
        hold=hold,
    )


def of_sounds(context: Context) -> Watchdog:
    """The watchdog of silences that end and of reminders of open incidents."""
    return Watchdog(
        context,
        context.wakes.reviews,
        overdue=storage.incidents.to_review,
        upcoming=storage.incidents.next_review,
        rule=status.on_review,
    )
