"""When Cronitor itself could not see, and what that makes of slots and runs.

A slot or a run whose ping may have been missed becomes unknown instead of missed or
overrun; every other one is judged as always (SEMANTICS, section 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core import schedules
from bot.core.kinds import BlindId, BlindReason, Outcome
from bot.core.models import Definition, Run

#: clients that were turned away come again within this time
AFTER = timedelta(seconds=60)
#: a longer blind time is told even if nothing is unknown because of it
TOLD_FROM = timedelta(seconds=30)
#: what turns unknown after a telling waits this long to be told together
BATCH = timedelta(seconds=60)
#: a blind time that begins this soon after one of the same reason is one with it
JOINED_WITHIN = timedelta(seconds=60)

#: outcomes of a slot that a blind time put in doubt, and that events have decided
IN_DOUBT = (
    *(Outcome.OK, Outcome.LATE, Outcome.FAILED, Outcome.TOO_SHORT, Outcome.OVERRAN),
)

WORDS = {
    BlindReason.STOPPED: "Cronitor was stopped",
    BlindReason.CRASHED: "Cronitor ended without a stop (a crash, a kill, a power cut)",
    BlindReason.ASLEEP: "the machine slept",
    BlindReason.STALLED: "Cronitor was held up (a stopped or overloaded machine)",
    BlindReason.REFUSED: "nothing could be stored, so pings were refused",
    BlindReason.CLOCK_FORWARD: "the clock was set forward",
    BlindReason.CLOCK_BACK: "the clock was set back, or had not been set yet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindTime:
    """A time in which pings were not accepted."""

    id: BlindId
    began_at: datetime
    #: None: it still is one
    ended_at: datetime | None = None
    reason: BlindReason
    #: when it was told of last; None: never
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Slots (and runs without one) of a job that a blind time put in doubt."""

    slug: str
    outcome: Outcome
    count: int
    #: the first and the last due; of a run its start
    first_at: datetime
    last_at: datetime


def met(
    times: Sequence[BlindTime],
    begins: datetime,
    ends: datetime,
    after: timedelta | None = None,
) -> BlindTime | None:
    """The newest blind time that has a moment in common, or the time after it.

    That is AFTER unless it is said.
    """
    after = AFTER if after is None else after
    for each in times:
        if each.ended_at is not None and each.ended_at + after < begins:
            # the newest end comes first
            return None
        if each.began_at <= ends:
            return each
    return None


def hiding_slot(
    times: Sequence[BlindTime],
    definition: Definition,
    due_at: datetime,
    usual: timedelta | None,
) -> BlindTime | None:
    """The blind time that its deadline, or the time its pings usually come, lies in.

    They come from the due to the due + `usual` lateness; None: there is no history.
    """
    if not times:
        return None
    deadline_at = schedules.deadline(definition, due_at)
    usually_until = min(due_at + (usual or timedelta()), deadline_at)
    return met(times, deadline_at, deadline_at) or met(times, due_at, usually_until)


def hiding_run(
    times: Sequence[BlindTime], run: Run, usual: timedelta | None
) -> BlindTime | None:
    """The blind time that the deadline, or the usual end, of an open run lies in.

    It usually ends between half of the `usual` time and the whole; None: there is no
    history, so that its end may come at any time.
    """
    ends = run.deadline_at
    if not times or ends is None:
        return None
    begins, usually_until = run.started_at, ends
    if usual is not None:
        begins, usually_until = begins + usual / 2, min(begins + usual, ends)
    return met(times, ends, ends) or met(times, begins, usually_until)


def seen_again_at(blind: BlindTime, now: datetime) -> datetime:
    """When pings were accepted again; not after `now`."""
    return now if blind.ended_at is None else min(blind.ended_at, now)


def newest_end(blind: BlindTime) -> tuple[bool, datetime, int]:
    """What blind times are sorted by: those that have not ended come last."""
    return blind.ended_at is None, blind.ended_at or blind.began_at, blind.id


def tell_at(blind: BlindTime) -> datetime | None:
    """When it is told for its own sake: on return, if it was long."""
    ended_at = blind.ended_at
    if ended_at is None or ended_at - blind.began_at <= TOLD_FROM:
        return None
    return ended_at


def rolled(usual: timedelta | None, seen: timedelta) -> timedelta:
    """A rolling upper figure: up at once, down by an eighth of the difference."""
    seen = max(seen, timedelta())
    if usual is None or seen >= usual:
        return seen
    return usual - (usual - seen) / 8


def words(blind: BlindTime) -> str:
    """`blind 02:10-02:11 UTC`, as exact as it must be."""
    return f"blind {span(blind)}"


def span(blind: BlindTime) -> str:
    """From when to when, in UTC."""
    began = blind.began_at.astimezone(UTC)
    if blind.ended_at is None:
        return f"since {began:%Y-%m-%d %H:%M:%S} UTC"
    ended = blind.ended_at.astimezone(UTC)
    clock = (
        "%H:%M" if began.strftime("%H:%M") != ended.strftime("%H:%M") else "%H:%M:%S"
    )
    if began.date() != ended.date():
        return f"{began:%Y-%m-%d %H:%M} - {ended:%Y-%m-%d %H:%M} UTC"
    return f"{began.strftime(clock)}-{ended.strftime(clock)} UTC"
