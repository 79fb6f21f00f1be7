"""Time zones as stretches of constant offset, found by asking zoneinfo."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

#: No schedule is followed before this year, or from `END_YEAR` on (systemd's limit).
FIRST_YEAR = 1970
END_YEAR = 2200

#: Since 1970 no zone changed twice within six days, so a look a day sees every change.
_PROBE = timedelta(days=1)
_SECOND = timedelta(seconds=1)

#: Listed beside the zones, but no place: they mean another thing on another machine.
_NO_ZONES = {"Factory", "localtime"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The time between two changes of a zone's offset; its wall times are naive."""

    start: datetime
    end: datetime
    offset: timedelta
    #: the wall clock at the start, after the change
    wall_start: datetime
    #: the wall clock at the end, before the next change
    wall_end: datetime
    #: what the wall clock would show at the start if nothing had changed
    previous_wall_end: datetime

    def wall(self, at: datetime) -> datetime:
        """The wall time of an instant inside the segment."""
        return at.replace(tzinfo=None) + self.offset

    def instant(self, wall: datetime) -> datetime:
        """The instant of a wall time; the start for one that lies before it."""
        return max((wall - self.offset).replace(tzinfo=UTC), self.start)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every zone name that this machine knows."""
    return frozenset(available_timezones() - _NO_ZONES)


def is_known(name: str) -> bool:
    """Whether it is a zone; `Europe` is none, though ZoneInfo finds a folder there."""
    return name in names()


def hint(name: str) -> str:
    """What to write instead of a name that is not known."""
    by_key = {key: known for known in sorted(names()) for key in _keys(known)}
    wanted = name.strip().lower().replace(" ", "_")
    keys = difflib.get_close_matches(wanted[:64], by_key, n=6, cutoff=0.75)
    close = list(dict.fromkeys(by_key[key] for key in keys))[:3]
    return "did you mean " + " or ".join(close) if close else "such as Europe/Berlin"


def _keys(name: str) -> tuple[str, str]:
    """How people write a zone: in full, or its city alone."""
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
    first = datetime(year, 1, 1, tzinfo=UTC)
    # from the last second before the year to its own last second
    end = datetime(year + 1, 1, 1, tzinfo=UTC) - _SECOND
    found = []
    low = first - _SECOND
    while low < end:
        high = min(low + _PROBE, end)
        if _offset(zone, low) != _offset(zone, high):
            found.append(_change(zone, low, high))
        low = high
    return tuple(found) or (first,)


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second whose offset is not that of `low`, by halving."""
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
