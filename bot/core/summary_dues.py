"""When a report is to be posted, and which: one for each local day and week."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

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
#: before everything
BEGINNING = datetime.min.replace(tzinfo=UTC)


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


def reported(kind: PeriodKind, due_at: datetime, schedule: Schedule) -> Period:
    """What is reported at a due: the last local day or week that was over by then."""
    zone = schedule.timezone
    return periods.before(periods.build(kind, _date_of(due_at, schedule), zone))


def _date_of(due_at: datetime, schedule: Schedule) -> date:
    """The date that a due is meant for, on the wall.

    Where clocks go ahead to midnight, as in Nuuk, the due that is left out before it
    comes on the next date; it stands for its own day all the same.
    """
    minute, hour, *_ = schedule.expression.split()
    wall = due_at.astimezone(ZoneInfo(schedule.timezone))
    is_left_out = wall.time() < time(int(hour), int(minute))
    return wall.date() - timedelta(days=is_left_out)


def owed(
    kind: PeriodKind,
    schedule: Schedule,
    now: datetime,
    floor: datetime,
    first: datetime = BEGINNING,
) -> Post | None:
    """The newest post that was due in (floor, now], with those that it passes over.

    `floor` is the due of the last one that was written, or when reports began to be
    wanted. A clock that was set back finds nothing until it has passed that. `first` is
    when the first job was made: nothing is owed of what was over by then.
    """
    newest = schedules.newest_due(schedule, now, max(floor, now - _WEEK))
    if newest is None or newest <= floor:
        return None
    period = reported(kind, newest, schedule)
    if period.end <= first:
        return None
    begin = max(floor, first, period.end - LOOKS_BACK)
    older = _older(period, begin, schedule)
    labels = {each.label for each in older if each.end > first}
    skipped = tuple(sorted(labels - {period.label}, reverse=True))
    return Post(period=period, due_at=newest, skipped=skipped)


def _older(newest: Period, begin: datetime, schedule: Schedule) -> Iterable[Period]:
    """Those that were due after a moment and never came."""
    dues = schedules.due_between(schedule, begin, newest.end)
    return (reported(newest.kind, due, schedule) for due in dues)


def next_due(plan: SummaryPlan, after: datetime) -> datetime | None:
    """When something is due next."""
    dues = (schedules.next_due(each, after) for each in plan.posts.values())
    return min((due for due in dues if due is not None), default=None)
