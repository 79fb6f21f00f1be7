"""What three clocks that are read again and again say about the time between.

The wall clock says what time it is and may be set; the monotonic one says how long the
process could have lived; the time since the machine started goes on while it sleeps.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.kinds import BlindReason

#: a process that did nothing for so long was held up, and pings waited
STALLED_S = 5.0
#: of two clocks that should agree
DIFFERENCE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All clocks at one moment."""

    wall: datetime
    #: stands still while the machine sleeps
    monotonic_s: float
    #: since the machine started, sleep included
    boot_s: float
    #: another one after every start of the machine; empty: not known
    boot_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The last sign of life that is stored."""

    reading: Reading
    #: it was the last of all, and is exact
    clean: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time in which nothing was seen; `ended_at` None: it has not ended."""

    began_at: datetime
    ended_at: datetime | None
    reason: BlindReason


def between(before: Reading, after: Reading) -> Gap | None:
    """What happened between two readings of one process; None: nothing of note."""
    lived_s = after.monotonic_s - before.monotonic_s
    passed_s = after.boot_s - before.boot_s
    set_by_s = (after.wall - before.wall).total_seconds() - passed_s
    reason: BlindReason | None = None
    if set_by_s <= -DIFFERENCE_S:
        reason = BlindReason.CLOCK_BACK
    elif passed_s - lived_s >= DIFFERENCE_S:
        reason = BlindReason.ASLEEP
    elif set_by_s >= DIFFERENCE_S:
        reason = BlindReason.CLOCK_FORWARD
    elif lived_s >= STALLED_S:
        reason = BlindReason.STALLED
    if reason is None:
        return None
    return _gap(before.wall, after.wall, reason)


def since(last: Alive | None, now: Reading) -> Gap | None:
    """What the time since the last sign of life of an earlier process was."""
    if last is None:
        return None
    reason = BlindReason.STOPPED if last.clean else BlindReason.CRASHED
    if now.wall < last.reading.wall:
        reason = BlindReason.CLOCK_BACK
    return _gap(last.reading.wall, now.wall, reason)


def _gap(began_at: datetime, ended_at: datetime, reason: BlindReason) -> Gap:
    """A clock that is behind has not passed the beginning yet: the gap is open."""
    has_ended = ended_at >= began_at
    return Gap(
        began_at=began_at, ended_at=ended_at if has_ended else None, reason=reason
    )


def is_due(written: Reading | None, now: Reading, every: timedelta) -> bool:
    """Whether the next sign of life is to be written."""
    if written is None:
        return True
    return now.boot_s - written.boot_s >= every.total_seconds()
