"""What a success means to a job that is well: what the rules come to, in short.

Nearly every ping is one of these, and the rules take ten times as long to find that
nothing is the matter. Whatever is unusual is left to `status`; a test holds both equal.
"""

from datetime import datetime
from operator import attrgetter

from bot.core import blind_times, schedules, slots
from bot.core.blind_times import BlindTime
from bot.core.effects import CloseSlot
from bot.core.kinds import Outcome, PingKind, ScheduleKind, Status
from bot.core.models import Job, JobState
from bot.core.transitions import closed, opened

_looks = attrgetter(
    *("status", "last_outcome", "bad_in_a_row", "open_runs", "remind_at"),
    *("missed_due_at", "guard_due_at", "maintained_until"),
    *("suppressed", "suppressed_due_at"),
)
#: what those are of a job that is well
_WELL = (Status.UP, Outcome.OK, 0, 0, *(None,) * 6)


def is_well(job: Job, state: JobState, now: datetime) -> bool:
    """Whether a success now would change no more than its slot and the counts.

    It is still so after such a success. That its incidents are over is not looked at.
    """
    ends = state.slot_deadline_at
    return (
        _looks(state) == _WELL
        and (ends is None or ends >= now)
        and not _merges(job, state.due_at, now)
    )


def _merges(job: Job, due_at: datetime | None, now: datetime) -> bool:
    """Whether slots after the oldest open one can be satisfied already."""
    if due_at is None or not slots.is_calendar(job.schedule):
        return False
    latest = now + slots.EARLIEST
    if due_at > latest:
        return False
    following = schedules.next_due(job.schedule, due_at)
    if following is None or following > latest:
        return False
    return slots.newest_open(job.schedule, due_at, now) not in (None, due_at)


def success(
    job: Job, state: JobState, now: datetime, blind: tuple[BlindTime, ...]
) -> tuple[JobState, CloseSlot | None]:
    """What a well job comes to by a success without rid, and the slot it satisfied."""
    schedule, due_at = job.schedule, state.due_at
    new = opened(state)
    new.ping_count += 1
    new.good_in_a_row += 1
    new.outcome_count += 1
    new.last_ping_at = now
    new.last_ping_kind = PingKind.SUCCESS
    new.last_duration = None
    taken = None
    if due_at is not None and now >= due_at - schedules.early(schedule, due_at):
        taken = due_at
        new.held_due_at = taken
        new.usual_lateness = blind_times.rolled(state.usual_lateness, now - taken)
    if taken is not None or not slots.is_calendar(schedule):
        due_at = _following(job, taken, now)
        new.due_at = due_at
        ends = None if due_at is None else schedules.deadline(job.definition, due_at)
        new.slot_deadline_at = ends
    else:
        taken = _again(job, state, now)
    new.deadline_at = new.wake_at = new.slot_deadline_at
    after = closed(new)
    return after, None if taken is None else _satisfied(job, after, taken, now, blind)


def _satisfied(
    job: Job,
    state: JobState,
    due_at: datetime,
    now: datetime,
    blind: tuple[BlindTime, ...],
) -> CloseSlot:
    """One that was in doubt names its blind time."""
    hiding = blind_times.hiding_slot(
        blind, job.definition, due_at, state.usual_lateness
    )
    blind_id = None if hiding is None else hiding.id
    return CloseSlot(job.id, due_at, Outcome.OK, now, blind_id)


def _following(job: Job, taken: datetime | None, now: datetime) -> datetime | None:
    """The due that is armed: an interval counts from the ping."""
    schedule = job.schedule
    if schedule.kind is ScheduleKind.INTERVAL:
        return schedules.next_due(schedule, now)
    return None if taken is None else schedules.next_due(schedule, taken)


def _again(job: Job, state: JobState, now: datetime) -> datetime | None:
    """The slot of a calendar that was satisfied last, while its window lasts."""
    held = state.held_due_at
    if held is None or now > schedules.deadline(job.definition, held):
        return None
    return held
