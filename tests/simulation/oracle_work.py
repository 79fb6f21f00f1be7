"""The oracle's maintenance: when planned work goes on at one job."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.core.kinds import ScheduleKind
from tests.simulation.dues import dues
from tests.simulation.worlds import Life, Work, World, is_for

Span = tuple[datetime, datetime]


class Plan:
    """All the planned work at one job, as it was in the end."""

    def __init__(self, world: World, life: Life) -> None:
        mine = [work for work in world.works if is_for(work, life.definition)]
        self.spans = list(joined(s for work in mine for s in spans(work, world.end)))
        self._starts = [start for start, _ in self.spans]

    def end_at(self, moment: datetime) -> datetime | None:
        """When the work that goes on then is done; None: there is none."""
        at = bisect_right(self._starts, moment) - 1
        if at < 0 or moment >= self.spans[at][1]:
            return None
        return self.spans[at][1]

    def next_edge(self, after: datetime) -> datetime | None:
        """When work begins or ends next."""
        at = bisect_right(self._starts, after) - 1
        if at >= 0 and self.spans[at][1] > after:
            return self.spans[at][1]
        return self._starts[at + 1] if at + 1 < len(self._starts) else None


def spans(work: Work, until: datetime) -> Iterator[Span]:
    """From when to when it goes on: not before it was made, nor after it was ended."""
    starts = [work.starts_at]
    if work.schedule.kind is not ScheduleKind.NONE:
        starts = dues(work.schedule, work.made_at - work.length, until)
    for start in starts:
        begins, ends = max(start, work.made_at), start + work.length
        if work.ended_at is not None:
            ends = min(ends, work.ended_at)
        if begins < ends:
            yield begins, ends


def joined(known: Iterable[Span]) -> Iterator[Span]:
    """Where some overlap or follow each other, the last end is the end."""
    begins = ends = None
    for start, end in sorted(known):
        if begins is None or ends is None:
            begins, ends = start, end
        elif start <= ends:
            ends = max(ends, end)
        else:
            yield begins, ends
            begins, ends = start, end
    if begins is not None and ends is not None:
        yield begins, ends
