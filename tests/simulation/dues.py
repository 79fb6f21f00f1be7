"""Dues of calendar schedules by looking: every day, each minute where clocks change.

Shares nothing with the product's schedules: Debian's rule is that of `debian_cron`, and
OnCalendar is read by a small grammar of its own (weekdays, date, time with seconds).
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import product
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.core.kinds import Flavour, ScheduleKind
from bot.core.models import Schedule
from tests.core import debian_cron

DAY = timedelta(days=1)
#: so many days on both sides of a change of the clock are looked at minute by minute
ROUGH_DAYS = 2
#: no world begins earlier or ends later
FIRST_YEAR, LAST_YEAR = 2025, 2034

_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row, in which the clock changes (rough) or not."""

    start: date
    end: date
    is_rough: bool


class Line(Protocol):
    """What `debian_cron` asks of a line of a crontab, and the hours to try."""

    minutes: set[int]
    hours: set[int]

    def matches(self, wall: datetime) -> bool:
        """Whether the wall time is one that the line names."""
        ...


class Calendar:
    """An OnCalendar expression: `[Mon..Fri] [*-*-01,15] H:M[:S]`."""

    def __init__(self, text: str) -> None:
        parts = text.lower().split()
        clock = parts.pop()
        self.weekdays = set(range(7))
        self.months, self.days = set(range(1, 13)), set(range(1, 32))
        for part in parts:
            if part[0].isalpha():
                self.weekdays = _names(part)
            else:
                _, month, day = part.split("-")
                self.months, self.days = _numbers(month, 1, 12), _numbers(day, 1, 31)
        hour, minute, *second = clock.split(":")
        self.hours, self.minutes = _numbers(hour, 0, 23), _numbers(minute, 0, 59)
        self.seconds = sorted(_numbers(second[0], 0, 59)) if second else [0]

    def matches(self, wall: datetime) -> bool:
        """Whether a due is in that minute."""
        return (
            wall.minute in self.minutes
            and wall.hour in self.hours
            and wall.day in self.days
            and wall.month in self.months
            and wall.weekday() in self.weekdays
        )


def _names(text: str) -> set[int]:
    found: set[int] = set()
    for item in text.split(","):
        first, _, last = item.partition("..")
        start = _DAY_NAMES.index(first)
        found.update(range(start, _DAY_NAMES.index(last or first) + 1))
    return found


def _numbers(text: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("..")
        start = low if first == "*" else int(first)
        open_ended = first == "*" or bool(step)
        end = int(last) if last else (high if open_ended else start)
        found.update(range(start, end + 1, int(step or 1)))
    return found


def dues(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """Dues strictly after `after`, up to `until`, of a cron or OnCalendar schedule."""
    first, last = after.date() - DAY, until.date() + 2 * DAY
    found: list[datetime] = []
    for stretch in _stretches(schedule.timezone):
        if stretch.end > first and stretch.start < last:
            found += _within(
                schedule.kind,
                schedule.expression,
                schedule.timezone,
                schedule.flavour,
                stretch,
            )
    return found[bisect_right(found, after) : bisect_right(found, until)]


@cache
def _within(
    kind: ScheduleKind, text: str, zone: str, flavour: Flavour, stretch: Stretch
) -> tuple[datetime, ...]:
    calendar = Calendar(text) if kind is ScheduleKind.ON_CALENDAR else None
    entry = None if calendar else debian_cron.Entry(text)
    line: Line = calendar or entry  # type: ignore[assignment]  # one of them is there
    if not stretch.is_rough:
        found = list(_plain(line, zone, stretch))
    elif entry is not None and flavour is Flavour.CRON:
        found = debian_cron.runs(entry, _clock(zone, stretch))
    else:
        found = _first_showings(line, _clock(zone, stretch))
    if calendar is not None and calendar.seconds != [0]:
        found = [at + timedelta(seconds=s) for at in found for s in calendar.seconds]
    return tuple(found)


def _first_showings(line: Line, clock: debian_cron.Clock) -> list[datetime]:
    return debian_cron.first_showings(line, clock)  # type: ignore[arg-type]


def _plain(line: Line, zone: str, stretch: Stretch) -> Iterator[datetime]:
    """Dues of days on which the offset stays what it is."""
    local = ZoneInfo(zone)
    day = stretch.start
    while day < stretch.end:
        offset = datetime.combine(day, time(12), tzinfo=local).utcoffset()
        assert offset is not None
        for hour, minute in product(sorted(line.hours), sorted(line.minutes)):
            wall = datetime.combine(day, time(hour, minute))
            if line.matches(wall):
                yield (wall - offset).replace(tzinfo=UTC)
        day += DAY


@cache
def _stretches(zone: str) -> tuple[Stretch, ...]:
    """The days that there are, cut by months and where the zone's clock changes."""
    local = ZoneInfo(zone)
    rough: set[date] = set()
    for at in debian_cron.changes(zone, FIRST_YEAR, LAST_YEAR):
        day = at.astimezone(local).date()
        rough |= {day + n * DAY for n in range(-ROUGH_DAYS, ROUGH_DAYS + 1)}
    found: list[Stretch] = []
    day, last = date(FIRST_YEAR, 2, 1), date(LAST_YEAR - 1, 12, 1)
    while day < last:
        start, is_rough = day, day in rough
        while (day in rough) == is_rough and (is_rough or day.month == start.month):
            day += DAY
        found.append(Stretch(start, day, is_rough))
    return tuple(found)


@cache
def _clock(zone: str, stretch: Stretch) -> debian_cron.Clock:
    """What the zone's clock shows, from the minute before the first midnight on."""
    local = ZoneInfo(zone)
    begin = datetime.combine(stretch.start, time(), tzinfo=local).astimezone(UTC)
    last = datetime.combine(stretch.end, time(), tzinfo=local).astimezone(UTC)
    minute = debian_cron.MINUTE
    return debian_cron.wall_clock(zone, begin - minute, last - minute)
