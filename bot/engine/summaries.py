"""Writes one report for each local day and week, and answers for any other.

The row and the notification are one transaction, and UNIQUE keeps a second one out:
a kill before it leaves nothing, and after it there is nothing more to do.
"""

import asyncio
import logging
from datetime import date, datetime, timedelta

import storage.blind_times
import storage.jobs
import storage.meta
import storage.states
import storage.summaries
from bot.core import blind_times, periods, summary_dues, summary_views, summary_words
from bot.core.job_reports import MOST_DAYS
from bot.core.kinds import NotificationKind
from bot.core.models import Schedule
from bot.core.periods import Period, PeriodKind
from bot.core.summaries import JobReport, Lateness, Report
from bot.core.summary_dues import Post, SummaryPlan
from bot.core.views import View, moment
from bot.engine import job_reports
from bot.engine.context import Context
from bot.engine.report_facts import Gatherer
from bot.engine.wakes import Alarm, Next
from bot.errors import Invalid, Problem, Unavailable
from storage.queries import Queries, Transaction
from storage.summaries import Written

logger = logging.getLogger(__name__)

#: how long a report waits for deadlines that have passed to be judged
PATIENCE = timedelta(seconds=60)
#: after one that could not be made
RETRY_AFTER = timedelta(minutes=10)
#: lines that the log has beside the headline
SAID_LINES = 8
_SINCE = "summaries_since_"
_LATE = "Cronitor could not write it in time"
#: dates that a calendar is known for, with some room
_FIRST, _LAST = date(1971, 1, 1), date(2190, 1, 1)


class Summaries:
    """The loop that posts reports, and the questions about them."""

    def __init__(self, context: Context, plan: SummaryPlan) -> None:
        self._context = context
        self._plan = plan
        self._began = context.clock.now()
        #: of each kind the time in which nothing is owed, as far as is known
        self._rests: dict[PeriodKind, tuple[datetime, datetime]] = {}
        #: since when each kind is wanted: nothing is owed from before; None: not known
        self._since: dict[PeriodKind, datetime] | None = None
        #: of each kind the due that waits for deadlines to be judged, and since when
        self._waits: dict[PeriodKind, tuple[datetime, datetime]] = {}
        #: one is made after the other, whoever asks
        self._turn = asyncio.Lock()
        self.alarm = Alarm()

    @property
    def zone(self) -> str:
        """Whose days reports are about."""
        return self._plan.zone

    async def step(self) -> bool:
        """Write what is owed; a report that cannot be made ends nothing."""
        now = self._context.clock.now()
        if self._context.ledger.pulse.is_behind:
            return False
        if self._since is None:
            self._since = await self._wanted_since()
        for kind, schedule in self._plan.posts.items():
            begin, end = self._rests.get(kind, (now, now))
            if not begin <= now < end:
                await self._see_to(kind, schedule, now)
        return False

    async def next_at(self) -> datetime | None:
        """When something is due next."""
        return summary_dues.next_due(self._plan, self._context.clock.now())

    async def _wanted_since(self) -> dict[PeriodKind, datetime]:
        """Since when each kind is wanted; what is not wanted any more is forgotten."""

        async def find(q: Queries) -> dict[PeriodKind, datetime]:
            texts = [(k, await storage.meta.get(q, _SINCE + k)) for k in PeriodKind]
            return {kind: datetime.fromisoformat(text) for kind, text in texts if text}

        known = await self._context.db.read(find)
        since = {kind: known.get(kind, self._began) for kind in self._plan.posts}
        if since == known:
            return since

        async def unit(tx: Transaction) -> None:
            for kind in known.keys() - since.keys():
                await storage.meta.remove(tx, _SINCE + kind)
            for kind, at in since.items():
                await storage.meta.put(tx, _SINCE + kind, at.isoformat())

        await self._context.db.write(unit)
        return since

    async def _see_to(
        self, kind: PeriodKind, schedule: Schedule, now: datetime
    ) -> None:
        post = await self._owed(kind, schedule, now)
        following = summary_dues.next_due(self._plan, now) or now + RETRY_AFTER
        if post is None:
            self._rests[kind] = now, following
            return
        if await self._must_wait(post, now):
            return
        try:
            await self._write(post, now)
        except Unavailable:
            raise
        except Exception:
            logger.exception(
                "the report of %s cannot be made; it is tried again",
                post.period.name,
                extra={"action": "summary_failed"},
            )
            following = now + RETRY_AFTER
        self._rests[kind] = now, following

    async def _owed(
        self, kind: PeriodKind, schedule: Schedule, now: datetime
    ) -> Post | None:
        """The report that is to be written; None: there is none, or no job for it."""

        async def find(q: Queries) -> Post | None:
            since = (self._since or {}).get(kind, self._began)
            newest = await storage.summaries.newest_due(q, kind, now)
            first = await storage.jobs.first_made_at(q)
            if first is None:
                return None
            floor = max(newest or since, since)
            post = summary_dues.owed(kind, schedule, now, floor, first)
            if post is None:
                return None
            is_there = await storage.summaries.is_there(q, kind, post.period.label)
            return None if is_there else post

        return await self._context.db.read(find)

    async def _must_wait(self, post: Post, now: datetime) -> bool:
        """Deadlines that have passed are judged first, if that does not take long."""

        async def find(q: Queries) -> bool:
            return bool(await storage.states.overdue(q, now, 1))

        if not await self._context.db.read(find):
            return False
        due_at, since = self._waits.get(post.period.kind, (None, now))
        if due_at != post.due_at:
            since = now
        self._waits[post.period.kind] = post.due_at, since
        return now - since < PATIENCE

    async def _write(self, post: Post, now: datetime) -> None:
        lateness = Lateness(
            written_at=now,
            due_at=post.due_at,
            why=await self._why_late(post, now),
            skipped=post.skipped,
        )
        report = await self._gather(post.period, lateness)
        view = await asyncio.to_thread(summary_views.report_view, report)
        written = Written(
            kind=post.period.kind,
            label=post.period.label,
            due_at=post.due_at,
            made_at=now,
            late=lateness.why,
            headline=summary_words.headline(report),
        )
        lines = summary_words.lines(report)[:SAID_LINES]

        async def unit(tx: Transaction) -> bool:
            if not await storage.summaries.insert(tx, written, view):
                return False
            await self._context.ledger.announce(
                tx,
                NotificationKind.SUMMARY,
                summary_words.title(report),
                self._context.clock.now(),
                more={"report": view, "lines": lines},
            )
            return True

        if await self._context.db.write(unit):
            self._context.wakes.after(Next(tells=True))

    async def _why_late(self, post: Post, now: datetime) -> str:
        """Why it was not written when it was due; empty: it was."""
        if now < post.is_late_from:
            return ""

        async def find(q: Queries) -> list[blind_times.BlindTime]:
            return await storage.blind_times.of_period(q, post.due_at, now, limit=100)

        found = await self._context.db.read(find)
        if not found:
            return _LATE
        longest = max(found, key=lambda each: (each.ended_at or now) - each.began_at)
        return blind_times.WORDS[longest.reason]

    async def report(self, kind: PeriodKind, label: date) -> Report:
        """The report of a day or a week as of now; raises Invalid, Unavailable."""
        period = self.period(kind, label)
        lateness = Lateness(written_at=self._context.clock.now())
        return await self._gather(period, lateness)

    async def _gather(self, period: Period, lateness: Lateness) -> Report:
        async with self._turn:
            return await Gatherer(self._context.db, period, lateness).gather()

    async def job(self, slug: str, days: int) -> JobReport:
        """One job over the last days, today among them; raises NotFound, Invalid."""
        if not 1 <= days <= MOST_DAYS:
            problem = Problem(
                "days", "is out of range", f"1 to {MOST_DAYS}, such as 30"
            )
            raise Invalid(problem)
        now = self._context.clock.now()
        async with self._turn:
            return await job_reports.gather(
                self._context.db, slug, days=days, zone=self.zone, now=now
            )

    def period(self, kind: PeriodKind, label: date) -> Period:
        """The day or the week of this date; raises Invalid for one to come, or none."""
        today = periods.local_date(self._context.clock.now(), self.zone)
        if not _FIRST <= label <= _LAST:
            raise _refused(f"{label} is out of range")
        period = periods.build(kind, label, self.zone)
        if period.label > today:
            raise _refused(f"{label} is still to come")
        if not period.length:
            raise _refused(f"there is no {label} in {self.zone}")
        return period

    def today(self) -> date:
        """The local date."""
        return periods.local_date(self._context.clock.now(), self.zone)

    async def view(self, kind: PeriodKind, label: date, *, anew: bool = False) -> View:
        """A report as plain data: as it was posted, else (or `anew`) as of now."""
        period = self.period(kind, label)

        async def find(q: Queries) -> dict[str, object] | None:
            return await storage.summaries.facts(q, kind, period.label)

        stored = None if anew else await self._context.db.read(find)
        if stored is not None:
            return {**stored, "is_stored": True}
        report = await self.report(kind, label)
        view = await asyncio.to_thread(summary_views.report_view, report)
        return {**view, "is_stored": False}

    async def list(
        self, *, kind: PeriodKind | None = None, limit: int = 100, offset: int = 0
    ) -> list[View]:
        """Reports that were posted, the newest first, without their facts."""

        async def find(q: Queries) -> list[Written]:
            return await storage.summaries.newest(
                q, kind=kind, limit=limit, offset=offset
            )

        return [_listed(each) for each in await self._context.db.read(find)]


def _listed(written: Written) -> View:
    return {
        "kind": written.kind,
        "date": written.label.isoformat(),
        "due_at": moment(written.due_at),
        "written_at": moment(written.made_at),
        "late": written.late,
        "headline": written.headline,
    }


def _refused(reason: str) -> Invalid:
    return Invalid(Problem("date", reason, "a day up to today, such as 2026-11-23"))
