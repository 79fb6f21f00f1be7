"""Time zones as stretches of constant offset, found by asking zoneinfo."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

#: No schedule is followed before this year or from `END_YEAR` on (systemd ends there).
FIRST_YEAR = 1970
END_YEAR = 2200

#: No zone has two changes closer than a week (tested), so a probe a day sees each.
_PROBE = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The time between two changes of a zone's offset; wall times are naive."""

    start: datetime
    end: datetime
    offset: timedelta
    #: the wall clock at the start, after the change
    wall_start: datetime
    #: the wall clock when the segment ends, before the next change
    wall_end: datetime
    #: what the wall clock would show at the start without the change
    previous_wall_end: datetime

    def wall(self, at: datetime) -> datetime:
        """The wall time of an instant inside the segment."""
        return at.replace(tzinfo=None) + self.offset

    def instant(self, wall: datetime) -> datetime:
        """The instant of a wall time; one that is before the start is at the start."""
        return max((wall - self.offset).replace(tzinfo=UTC), self.start)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every zone name that this machine knows."""
    return frozenset(available_timezones())


def is_known(name: str) -> bool:
    """Whether the name is a zone: `Europe` is not, although zoneinfo has such a place."""
    return name in names()


def suggestions(name: str) -> list[str]:
    """Known names that look like this one, the best first."""
    by_key = {key: known for known in sorted(names()) for key in _keys(known)}
    wanted = name.strip().lower().replace(" ", "_")
    close = difflib.get_close_matches(wanted, by_key, n=6, cutoff=0.75)
    return list(dict.fromkeys(by_key[key] for key in close))[:3]


def _keys(name: str) -> tuple[str, ...]:
    """How people write a zone: the whole name, or its city alone."""
    return name.lower(), name.lower().rpartition("/")[2]


def segments(name: str, at: datetime) -> Iterator[Segment]:
    """The segment that holds the instant, and those after it, up to `END_YEAR`."""
    for year in range(at.year - 1, END_YEAR):
        for segment in _segments(name, year):
            if segment.end > at:
                yield segment


@lru_cache(maxsize=4096)
def _segments(name: str, year: int) -> tuple[Segment, ...]:
    """The segments that start in the year (UTC)."""
    zone = ZoneInfo(name)
    edges = (*_edges(name, year), _edges(name, year + 1)[0])
    return tuple(_segment(zone, start, end) for start, end in pairwise(edges))


def _segment(zone: ZoneInfo, start: datetime, end: datetime) -> Segment:
    offset = _offset(zone, start)
    bare = start.replace(tzinfo=None)
    return Segment(
        start=start,
        end=end,
        offset=offset,
        wall_start=bare + offset,
        wall_end=end.replace(tzinfo=None) + offset,
        previous_wall_end=bare + _offset(zone, start - _SECOND),
    )


@lru_cache(maxsize=4096)
def _edges(name: str, year: int) -> tuple[datetime, ...]:
    """The changes of offset in the year (UTC); its first moment where it has none."""
    zone = ZoneInfo(name)
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = []
    low, offset = start - _SECOND, _offset(zone, start - _SECOND)
    while low < end - _SECOND:
        high = min(low + _PROBE, end - _SECOND)
        new = _offset(zone, high)
        if new != offset:
            found.append(_change(zone, low, high))
        low, offset = high, new
    return tuple(found) or (start,)


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second with another offset than `low` has, by halving."""
    before = _offset(zone, low)
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
