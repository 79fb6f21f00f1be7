"""Debian's cron, minute by minute: slow, plain, and with a clock of its own.

Written from what its manual page and its main loop do, and independent of every
parser in use: crontab(5) for the fields, a virtual clock for jumps of the time.
Only what Debian's cron understands can be asked: no L, W, #, H or wrapping ranges.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
THREE_HOURS = 3 * 60
SOON = 5

Clock = Sequence[tuple[datetime, datetime]]

_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun")
_MORE_MONTHS = ("jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class Entry:
    """One line of a crontab: a set of values per field, and who began with a star."""

    def __init__(self, text: str) -> None:
        minute, hour, day, month, weekday = text.lower().split()
        self.minutes = _values(minute, 0, 59)
        self.hours = _values(hour, 0, 23)
        self.days = _values(day, 1, 31)
        self.months = _values(month, 1, 12, (*_MONTHS, *_MORE_MONTHS))
        # Sunday is 0 and 7
        self.weekdays = {value % 7 for value in _values(weekday, 0, 7, _WEEKDAYS)}
        self.wildcard = minute.startswith("*") or hour.startswith("*")
        self.either_day_starred = day.startswith("*") or weekday.startswith("*")

    def matches(self, wall: datetime) -> bool:
        """Whether the wall time is one that the line names."""
        return (
            wall.minute in self.minutes
            and wall.hour in self.hours
            and wall.month in self.months
            and self._matches_day(wall)
        )

    def _matches_day(self, wall: datetime) -> bool:
        by_day = wall.day in self.days
        by_weekday = wall.isoweekday() % 7 in self.weekdays
        if self.either_day_starred:
            return by_day and by_weekday
        return by_day or by_weekday


def _values(text: str, low: int, high: int, names: Sequence[str] = ()) -> set[int]:
    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        if first == "*":
            start, end = low, high
        else:
            start = _value(first, names)
            end = _value(last, names) if last else start
        found.update(range(start, end + 1, int(step or 1)))
    return found


def _value(text: str, names: Sequence[str]) -> int:
    return names.index(text) if text in names else int(text)


def wall_clock(zone: str, start: datetime, end: datetime) -> Clock:
    """What the zone's clock shows at each minute from start to end."""
    local = ZoneInfo(zone)
    shown = []
    at = start
    while at <= end:
        shown.append((at, at.astimezone(local).replace(tzinfo=None)))
        at += MINUTE
    return shown


def runs(entry: Entry, clock: Clock) -> list[datetime]:
    """The minutes (UTC) at which the daemon starts the job, each once."""
    return [at for at, walls in _wakeups(clock) if _starts(entry, walls)]


def _starts(entry: Entry, walls: tuple[Sequence[datetime], Sequence[datetime]]) -> bool:
    for_wildcards, for_fixed = walls
    looked_at = for_wildcards if entry.wildcard else for_fixed
    return any(entry.matches(wall) for wall in looked_at)


def _wakeups(
    clock: Clock,
) -> Iterator[tuple[datetime, tuple[Sequence[datetime], Sequence[datetime]]]]:
    """Each minute with the wall times tried for wildcard and for fixed-time lines."""
    virtual = clock[0][1]
    for at, now in clock[1:]:
        behind = round((now - virtual) / MINUTE)
        missed = [virtual + n * MINUTE for n in range(1, behind + 1)]
        if 0 < behind <= SOON:
            # woken late, or in time: every minute is made up for
            virtual = now
            yield at, (missed, missed)
        elif SOON < behind <= THREE_HOURS:
            # the clock went ahead: wildcards go by what it shows, the rest catches up
            virtual = now
            yield at, ([now], missed)
        elif -THREE_HOURS < behind <= 0:
            # the clock went back: the rest has run, and waits until it is reached again
            yield at, ([now], [])
        else:
            # somebody set the clock: on from there
            virtual = now
            yield at, ([now], [now])


def changes(zone: str, first_year: int, end_year: int) -> list[datetime]:
    """Moments at most half a day after each change of the zone's offset."""
    local, step = ZoneInfo(zone), timedelta(hours=12)
    found = []
    at = datetime(first_year, 1, 1, tzinfo=UTC)
    before = at.astimezone(local).utcoffset()
    while at.year < end_year:
        at += step
        offset = at.astimezone(local).utcoffset()
        if offset != before:
            found.append(at)
        before = offset
    return found


def first_showings(entry: Entry, clock: Clock) -> list[datetime]:
    """The minutes (UTC) of systemd's rule: wall times that exist, the first time each.

    Plain about jumps: a wall time counts if the clock never showed as late a one.
    """
    found = []
    latest = clock[0][1]
    for at, wall in clock[1:]:
        if wall > latest:
            latest = wall
            if entry.matches(wall):
                found.append(at)
    return found
