"""When people are not to be woken, on their own clock (SEMANTICS, section 5)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.core import day_times, schedules, zones
from bot.core.day_times import DAYS, Clock
from bot.core.kinds import ScheduleKind
from bot.core.models import Schedule
from bot.core.silencers import QuietHours
from bot.errors import Invalid, Problem

#: no quiet time lasts longer, on a day of 25 hours either
_LONGEST = timedelta(hours=26)


def parse(text: str, timezone: str = "UTC", days: Iterable[str] = ()) -> QuietHours:
    """Read `22:00-07:00`; on `days` it begins, none: on all. Raises Invalid."""
    span = day_times.span(text)
    if span is None:
        hint = "two different times of a day, such as 22:00-07:00"
        raise _refused("quiet_hours", "is no part of a day", hint)
    if not zones.is_known(timezone):
        raise _refused("timezone", "is no known time zone", zones.hint(timezone))
    wanted = ",".join(str(day) for day in sorted({_day(day) for day in days}))
    return QuietHours(
        text=text.strip(),
        begins=_at(span[0], timezone, wanted or "*"),
        ends=_at(span[1], timezone, "*"),
    )


def _day(name: str) -> int:
    """The weekday as cron counts it."""
    key = name.strip().lower()
    if key not in DAYS:
        raise _refused("quiet_days", "has an unknown day", f"write {', '.join(DAYS)}")
    return DAYS.index(key) + 1


def _at(clock: Clock, timezone: str, days: str) -> Schedule:
    """A time that is left out comes at the end of the gap, and of two the first."""
    expression = f"{clock[1]} {clock[0]} * * {days}"
    return Schedule(kind=ScheduleKind.CRON, expression=expression, timezone=timezone)


def _refused(field: str, reason: str, hint: str) -> Invalid:
    return Invalid(Problem(field, reason, hint))


def ends_at(quiet: QuietHours, now: datetime) -> datetime | None:
    """When the quiet time ends that goes on now; None: none does."""
    begun_at = schedules.newest_due(quiet.begins, now, now - _LONGEST)
    if begun_at is None:
        return None
    ends = schedules.next_due(quiet.ends, begun_at)
    return None if ends is None or ends <= now else ends


def next_start(quiet: QuietHours, after: datetime) -> datetime | None:
    """When it is quiet next, after that moment."""
    return schedules.next_due(quiet.begins, after)
