"""Local days and weeks: from which instant to which, and how a picture divides them.

A day has 23, 24, 25 or 24.5 hours, and now and then none at all (Apia, 30 Dec 2011). A
week goes from Monday to Sunday.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core import zones

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
#: how long a column of a day's picture is; the last one may be shorter
HOUR = timedelta(hours=1)
#: columns that a week's picture has for each day; the last one takes what is left
COLUMNS_A_DAY = 4
_HOURS_A_COLUMN = 6
DAYS_A_WEEK = 7
#: no zone is further ahead of UTC than that
_FURTHEST = timedelta(hours=16)


class PeriodKind(StrEnum):
    """How long a report looks back."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One local day or week; build it with `day` or `week`."""

    kind: PeriodKind
    #: the local date; of a week its Monday
    label: date
    #: IANA name
    zone: str
    start: datetime
    #: the first moment after it
    end: datetime

    @property
    def length(self) -> timedelta:
        """The real time between its ends; nothing for a day that a zone left out."""
        return self.end - self.start

    @property
    def last(self) -> date:
        """The last local date in it."""
        days = DAYS_A_WEEK - 1 if self.kind is PeriodKind.WEEK else 0
        return self.label + days * _DAY

    @property
    def name(self) -> str:
        """`Mon 2026-11-23`, or `week 2026-11-16 to 2026-11-22`."""
        if self.kind is PeriodKind.DAY:
            return f"{self.label:%a %Y-%m-%d}"
        return f"week {self.label} to {self.last}"

    def holds(self, at: datetime) -> bool:
        """Whether the moment is in it."""
        return self.start <= at < self.end


def midnight(label: date, zone: str) -> datetime:
    """The first instant (UTC) at which the zone's calendar shows this date or a later.

    The end of the gap where midnight is left out, and the first of two midnights.
    """
    wall = datetime.combine(label, time())
    before = (wall - _FURTHEST - _DAY).replace(tzinfo=UTC)
    for segment in zones.segments(zone, before):
        if segment.wall_end > wall:
            return segment.instant(wall)
    raise ValueError(f"no calendar is known for {label}")


def day(label: date, zone: str) -> Period:
    """The local day of this date."""
    return Period(
        kind=PeriodKind.DAY,
        label=label,
        zone=zone,
        start=midnight(label, zone),
        end=midnight(label + _DAY, zone),
    )


def week(label: date, zone: str) -> Period:
    """The local week, Monday to Sunday, that holds this date."""
    monday = label - label.weekday() * _DAY
    return Period(
        kind=PeriodKind.WEEK,
        label=monday,
        zone=zone,
        start=midnight(monday, zone),
        end=midnight(monday + _WEEK, zone),
    )


def build(kind: PeriodKind, label: date, zone: str) -> Period:
    """The day or the week of this date."""
    return day(label, zone) if kind is PeriodKind.DAY else week(label, zone)


def before(period: Period) -> Period:
    """The day or the week before; days that a zone left out are no days."""
    found = build(period.kind, period.label - _DAY, period.zone)
    return found if found.length else before(found)


def local_date(at: datetime, zone: str) -> date:
    """What the calendar on the wall shows."""
    return at.astimezone(ZoneInfo(zone)).date()


def days(period: Period) -> Iterator[Period]:
    """The local days in it, those that a zone left out among them."""
    label = period.label
    while label <= period.last:
        yield day(label, period.zone)
        label += _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a period with columns of one width: a column is found by division."""

    start: datetime
    end: datetime
    width: timedelta
    #: the number of its first column, and how many it has; the last one takes the rest
    first: int
    count: int


def stretches(period: Period) -> tuple[Stretch, ...]:
    """The columns of its picture: elapsed hours since local midnight.

    A day has one for each hour, the last one maybe shorter: 23, 24 or 25. A week has
    always 28, four for each day, the last of which takes what the day has left.
    """
    if period.kind is PeriodKind.DAY:
        count = max(-(-period.length // HOUR), 1)
        stretch = Stretch(
            start=period.start, end=period.end, width=HOUR, first=0, count=count
        )
        return (stretch,)
    return tuple(
        Stretch(
            start=each.start,
            end=each.end,
            width=_HOURS_A_COLUMN * HOUR,
            first=index * COLUMNS_A_DAY,
            count=COLUMNS_A_DAY,
        )
        for index, each in enumerate(days(period))
    )


def columns(period: Period) -> tuple[datetime, ...]:
    """Where each column of its picture begins, see `stretches`."""
    return tuple(
        min(each.start + index * each.width, each.end)
        for each in stretches(period)
        for index in range(each.count)
    )


def covered(
    columns: Sequence[datetime], end: datetime, start: datetime, until: datetime
) -> range:
    """The columns that have a moment in [start, until); the last one ends at `end`."""
    if until <= columns[0] or start >= end or until <= start:
        return range(0)
    first = max(bisect_right(columns, start) - 1, 0)
    return range(first, bisect_left(columns, until))
