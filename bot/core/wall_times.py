"""From wall times to instants: who wins where a zone's clock jumps.

A schedule names naive wall times; a zone shows some of them twice and others never.
The rules are those of Debian's cron and of systemd, see `Rule`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.core import zones

#: Debian's cron takes a longer jump for a clock that was set: nothing is made up for,
#: nothing is held back. It sees one minute more in a jump ahead, so that three hours
#: are too long ahead and not yet too long back (Antarctica/Casey does both).
CORRECTION = timedelta(hours=3)

#: Schedules are asked for whole seconds: the step from "after" to "from ... on".
_TICK = timedelta(seconds=1)
#: A wall time so far ahead is gone to directly, without a look at each year between;
#: by systemd's rule alone, since the others may repeat one that is not far.
_FAR = timedelta(days=3653)
#: No zone's clock differs by more from UTC, jumps included.
_WIDEST = timedelta(days=3)
_NEVER = datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=None)

#: The first wall time of a schedule strictly after a wall time; None: there is none.
Step = Callable[[datetime], datetime | None]


class Rule(StrEnum):
    """What becomes of wall times that a change of offset repeats or leaves out."""

    #: cron with a wildcard minute or hour: every wall time that exists, twice too
    ELAPSED = "elapsed"
    #: cron at fixed times: the first of two, and left out ones once, at the change
    ONCE = "once"
    #: systemd: the first of two, and never what is left out
    SYSTEMD = "systemd"


def first_after(zone: str, rule: Rule, step: Step, after: datetime) -> datetime | None:
    """The first instant strictly after `after` at which the schedule is due.

    There is no match between `low` and `wall`, so that one answer of `step` serves
    every segment that ends before it.
    """
    low, wall = _NEVER, _NEVER
    for segment in zones.segments(zone, after):
        start = _first_wall(rule, segment) - _TICK
        if segment.start <= after:
            start = max(start, segment.wall(after))
        if not low <= start < wall:
            found = step(start)
            if found is None:
                return None
            low, wall = start, found
        if wall < segment.wall_end:
            return segment.instant(wall)
        if rule is Rule.SYSTEMD and wall - segment.wall_end > _FAR:
            near = (wall - _WIDEST).replace(tzinfo=UTC)
            return first_after(zone, rule, step, near)
    return None


def _first_wall(rule: Rule, segment: zones.Segment) -> datetime:
    """The first wall time that counts for this segment and not for the one before."""
    jump = segment.wall_start - segment.previous_wall_end
    if rule is Rule.SYSTEMD:
        return max(segment.wall_start, segment.previous_wall_end)
    if rule is Rule.ONCE and -CORRECTION <= jump < CORRECTION:
        return segment.previous_wall_end
    return segment.wall_start
