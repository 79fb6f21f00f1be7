"""Dues of calendar schedules by looking: every day, each minute where clocks change.

Shares nothing with the product's schedules: Debian's rule is that of `debian_cron`, and
OnCalendar is read by a small grammar of its own (weekdays, date, time with seconds).
"""

from collections.abc import Iterator
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
#: dues are known this long after the end of a world, for the gaps of the last ones
BEYOND = timedelta(days=40)

_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
    first, last = after.year - 1, until.year + 1
    known = _all(
        schedule.kind,
        schedule.expression,
        schedule.timezone,
        schedule.flavour,
        date(first, 12, 1),
        date(last, 2, 1),
    )
    return [due for due in known if after < due <= until]


@cache
def _all(
    kind: ScheduleKind, text: str, zone: str, flavour: Flavour, first: date, last: date
) -> tuple[datetime, ...]:
    calendar = Calendar(text) if kind is ScheduleKind.ON_CALENDAR else None
    entry = None if calendar else debian_cron.Entry(text)
    line: Line = calendar or entry  # type: ignore[assignment]  # one of them is there
    found: list[datetime] = []
    for start, end, is_rough in _stretches(zone, first, last):
        if not is_rough:
            found.extend(_plain(line, zone, start, end))
        elif entry is not None and flavour is Flavour.CRON:
            found.extend(debian_cron.runs(entry, _clock(zone, start, end)))
        else:
            found.extend(_first_showings(line, _clock(zone, start, end)))
    if calendar is not None and calendar.seconds != [0]:
        found = [at + timedelta(seconds=s) for at in found for s in calendar.seconds]
    return tuple(found)


def _first_showings(line: Line, clock: debian_cron.Clock) -> list[datetime]:
    return debian_cron.first_showings(line, clock)  # type: ignore[arg-type]


def _plain(line: Line, zone: str, start: date, end: date) -> Iterator[datetime]:
    """Dues of days on which the offset stays what it is."""
    local = ZoneInfo(zone)
    day = start
    while day < end:
        noon = datetime.combine(day, time(12), tzinfo=local)
        offset = noon.utcoffset()
        assert offset is not None
        for hour, minute in product(sorted(line.hours), sorted(line.minutes)):
            wall = datetime.combine(day, time(hour, minute))
            if line.matches(wall):
                yield (wall - offset).replace(tzinfo=UTC)
        day += DAY


@cache
def _stretches(
    zone: str, first: date, last: date
) -> tuple[tuple[date, date, bool], ...]:
    """The days from first to last, cut where the zone's clock changes."""
    local = ZoneInfo(zone)
    rough: set[date] = set()
    for at in debian_cron.changes(zone, first.year, last.year + 1):
        day = at.astimezone(local).date()
        rough |= {day + n * DAY for n in range(-ROUGH_DAYS, ROUGH_DAYS + 1)}
    found: list[tuple[date, date, bool]] = []
    day = first
    while day < last:
        start, is_rough = day, day in rough
        while day < last and (day in rough) == is_rough:
            day += DAY
        found.append((start, day, is_rough))
    return tuple(found)


@cache
def _clock(zone: str, start: date, end: date) -> debian_cron.Clock:
    """What the zone's clock shows, from the minute before the first midnight on."""
    local = ZoneInfo(zone)
    begin = datetime.combine(start, time(), tzinfo=local).astimezone(UTC)
    last = datetime.combine(end, time(), tzinfo=local).astimezone(UTC)
    minute = debian_cron.MINUTE
    return debian_cron.wall_clock(zone, begin - minute, last - minute)
