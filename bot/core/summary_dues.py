"""When a report is to be posted, and which: one for each local day and week."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core import periods, schedules
from bot.core.day_times import DAYS
from bot.core.kinds import ScheduleKind
from bot.core.models import Schedule
from bot.core.periods import Period, PeriodKind

#: what comes later than that says so
LATE_FROM = timedelta(minutes=5)
#: how far back dues are looked for that passed unseen
LOOKS_BACK = timedelta(days=400)
#: at least one due of each kind lies within this time
_WEEK = timedelta(days=8)
NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPlan:
    """What the settings say; build it with `plan`."""

    #: IANA name; the days that reports are about, and the times of day
    zone: str
    #: when each kind is posted; a kind that is not there is not
    posts: Mapping[PeriodKind, Schedule]


#: without settings nothing is posted
NOTHING = SummaryPlan(zone="UTC", posts={})


def plan(
    daily_at: str, weekly_at: str, weekday: str, zone: str, weekdays: Sequence[str]
) -> SummaryPlan:
    """Times such as `08:00` or `never`; `weekdays` has the daily one, () is all."""
    posts = {}
    if daily_at != NEVER:
        days = ",".join(str(DAYS.index(each) + 1) for each in weekdays)
        posts[PeriodKind.DAY] = _at(daily_at, zone, days or "*")
    if weekly_at != NEVER:
        day = str(DAYS.index(weekday) + 1)
        posts[PeriodKind.WEEK] = _at(weekly_at, zone, day)
    return SummaryPlan(zone=zone, posts=posts)


def _at(clock: str, zone: str, days: str) -> Schedule:
    """A time that is left out comes at the end of the gap, and of two the first."""
    hour, minute = clock.split(":")
    expression = f"{int(minute)} {int(hour)} * * {days}"
    return Schedule(kind=ScheduleKind.CRON, expression=expression, timezone=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One report that is owed."""

    period: Period
    due_at: datetime
    #: older ones that are not posted any more, the newest first
    skipped: tuple[date, ...] = ()

    @property
    def is_late_from(self) -> datetime:
        """Written after this moment it is late."""
        return self.due_at + LATE_FROM


def reported(kind: PeriodKind, due_at: datetime, zone: str) -> Period:
    """What is reported at a due: the last local day or week that was over by then."""
    today = periods.build(kind, periods.local_date(due_at, zone), zone)
    return periods.before(today)


def owed(
    kind: PeriodKind, schedule: Schedule, now: datetime, floor: datetime
) -> Post | None:
    """The newest post that was due in (floor, now], with those that it passes over.

    `floor` is the due of the last one that was written, or when reports began to be
    wanted. A clock that was set back finds nothing until it has passed that.
    """
    newest = schedules.newest_due(schedule, now, max(floor, now - _WEEK))
    if newest is None or newest <= floor:
        return None
    period = reported(kind, newest, schedule.timezone)
    return Post(
        period=period, due_at=newest, skipped=tuple(_skipped(period, floor, schedule))
    )


def _skipped(newest: Period, floor: datetime, schedule: Schedule) -> Iterable[date]:
    """The older ones that were due after the floor and never came."""
    dues = schedules.due_between(
        schedule, max(floor, newest.end - LOOKS_BACK), newest.end
    )
    labels = {reported(newest.kind, due, schedule.timezone).label for due in dues}
    return sorted(labels - {newest.label}, reverse=True)


def next_due(plan: SummaryPlan, after: datetime) -> datetime | None:
    """When something is due next."""
    dues = (schedules.next_due(each, after) for each in plan.posts.values())
    return min((due for due in dues if due is not None), default=None)
