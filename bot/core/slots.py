"""Which due an event belongs to, and which due is armed next (SEMANTICS, section 3)."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import blind_times, schedules
from bot.core.kinds import Outcome, ScheduleKind, Status
from bot.core.models import Job, JobState, Schedule
from bot.core.transitions import Draft

TICK = timedelta(microseconds=1)
#: a slot may be satisfied this much before its due at the most
EARLIEST = timedelta(seconds=60)
#: merged slots that are stored one by one; more than that say nothing new
MERGED_AT_MOST = 1000
#: a job that never reported is brought to mind after this long at the latest
REMIND_AFTER = timedelta(days=7)


def is_calendar(schedule: Schedule) -> bool:
    """Whether dues are named by a calendar and not by the last event."""
    return schedule.kind in (ScheduleKind.CRON, ScheduleKind.ON_CALENDAR)


def arm(draft: Draft, due_at: datetime | None) -> None:
    """Make `due_at` the oldest open slot; None arms nothing."""
    ends = _deadline(draft.job, due_at)
    draft.change(due_at=due_at, slot_deadline_at=ends)


def _deadline(job: Job, due_at: datetime | None) -> datetime | None:
    return None if due_at is None else schedules.deadline(job.definition, due_at)


def awaits_end(draft: Draft) -> bool:
    """Whether the end of a run that Cronitor has begun names the next due.

    Of an interval only, and until that run has taken too long.
    """
    definition = draft.job.definition
    counts = definition.schedule.kind is ScheduleKind.INTERVAL
    if not counts or definition.command is None:
        return False
    return any(not run.overran for run in draft.open_runs())


def arm_after(draft: Draft) -> None:
    """Arm the first due after now that no event has satisfied ahead of time."""
    schedule, held = draft.job.schedule, draft.state.held_due_at
    after = draft.now
    if awaits_end(draft):
        arm(draft, None)
        return
    if held is not None and is_calendar(schedule):
        after = max(after, held)
    arm(draft, schedules.next_due(schedule, after))


def arm_new(job: Job, state: JobState, now: datetime) -> JobState:
    """A new job makes no miss before its first event, unless it is strict.

    What Cronitor runs itself needs no first event.
    """
    if job.definition.strict_start or job.definition.command is not None:
        due_at = schedules.next_due(job.schedule, now)
        ends = _deadline(job, due_at)
        return replace(
            state,
            due_at=due_at,
            slot_deadline_at=ends,
            deadline_at=ends,
            wake_at=ends,
            remind_at=None,
        )
    remind_at = now + _remind_after(job, now)
    return replace(state, remind_at=remind_at, wake_at=remind_at)


def _remind_after(job: Job, now: datetime) -> timedelta:
    due_at = schedules.next_due(job.schedule, now)
    period = due_at and schedules.period(job.schedule, due_at)
    return min(3 * period, REMIND_AFTER) if period else REMIND_AFTER


def claim(draft: Draft) -> tuple[datetime | None, bool]:
    """The slot that a start or a lone finish belongs to, and whether it was missed.

    In this order: the newest open slot whose window holds now (older open ones are
    merged), the newest missed slot (it becomes late), and for a second word about the
    slot that was satisfied last, that slot while its window lasts. All that comes after
    a missed slot of a calendar and before the next window is late; of an interval only
    the first, as that one moves the due.
    """
    if not is_calendar(draft.job.schedule):
        return _claim_interval(draft)
    due_at = _claim_open(draft)
    if due_at is not None:
        return due_at, False
    missed = draft.state.missed_due_at
    if missed is not None:
        return missed, True
    held = draft.state.held_due_at
    if held is None or draft.now > schedules.deadline(draft.job.definition, held):
        return None, False
    return held, False


def claim_due(draft: Draft, due_at: datetime) -> tuple[datetime, bool]:
    """The slot that a run is known to be of, and whether it was decided without it.

    Slots before it that are still open are merged.
    """
    oldest = draft.state.due_at
    if oldest is None or due_at < oldest:
        if draft.state.missed_due_at == due_at:
            _hold(draft, due_at, oldest)
        return due_at, True
    _merge(draft, oldest, due_at)
    _roll(draft, due_at)
    calendar = is_calendar(draft.job.schedule)
    following = schedules.next_due(draft.job.schedule, due_at) if calendar else None
    _hold(draft, due_at, following)
    return due_at, False


def pass_over(draft: Draft, due_at: datetime) -> None:
    """Nothing is run for that due: it is waited for no longer.

    An interval counts from now on, as it has no due between.
    """
    oldest, schedule = draft.state.due_at, draft.job.schedule
    if oldest is not None and oldest <= due_at:
        _merge(draft, oldest, due_at)
        since = due_at if is_calendar(schedule) else draft.now
        following = None if awaits_end(draft) else schedules.next_due(schedule, since)
        arm(draft, following)


def waiting(draft: Draft) -> datetime | None:
    """The due that an event would take now: an open one, else the newest missed one."""
    due_at = draft.state.due_at
    if due_at is not None and _has_begun(draft, due_at):
        return due_at
    return draft.state.missed_due_at


def _has_begun(draft: Draft, due_at: datetime) -> bool:
    return draft.now >= due_at - schedules.early(draft.job.schedule, due_at)


def _hold(draft: Draft, due_at: datetime | None, following: datetime | None) -> None:
    """An event has satisfied `due_at`, if that is one; `following` is armed."""
    state = draft.state
    draft.change(
        due_at=following,
        slot_deadline_at=_deadline(draft.job, following),
        missed_due_at=state.missed_due_at if due_at is None else None,
        held_due_at=due_at or state.held_due_at,
    )


def _roll(draft: Draft, due_at: datetime) -> None:
    """An event came in time for `due_at`: learn when one usually does."""
    usual = blind_times.rolled(draft.state.usual_lateness, draft.now - due_at)
    draft.change(usual_lateness=usual)


def _claim_interval(draft: Draft) -> tuple[datetime | None, bool]:
    """An event before the window moves the due and satisfies nothing but a miss."""
    due_at, missed = draft.state.due_at, draft.state.missed_due_at
    if due_at is not None and _has_begun(draft, due_at):
        _roll(draft, due_at)
        _hold(draft, due_at, None)
        return due_at, False
    _hold(draft, missed, None)
    return missed, missed is not None


def _claim_open(draft: Draft) -> datetime | None:
    schedule, oldest = draft.job.schedule, draft.state.due_at
    if oldest is None:
        new = draft.state.status is Status.NEW
        return _claim_first(draft) if new else None
    due_at = newest_open(schedule, oldest, draft.now)
    if due_at is None:
        return None
    _merge(draft, oldest, due_at)
    _roll(draft, due_at)
    _hold(draft, due_at, schedules.next_due(schedule, due_at))
    return due_at


def newest_open(schedule: Schedule, oldest: datetime, now: datetime) -> datetime | None:
    """The newest due from `oldest` on whose window has begun at `now`."""
    due_at = schedules.newest_due(schedule, now + EARLIEST, oldest - TICK)
    while due_at is not None and due_at - schedules.early(schedule, due_at) > now:
        due_at = schedules.newest_due(schedule, due_at - TICK, oldest - TICK)
    return due_at


def _claim_first(draft: Draft) -> datetime | None:
    """The first event of a new job arms it, and satisfies a slot that is open now."""
    job, now = draft.job, draft.now
    definition = job.definition
    widest = definition.jitter + (definition.grace or timedelta(minutes=30))
    floor = max(job.created_at, now - widest - TICK)
    due_at = newest_open(job.schedule, floor + TICK, now)
    if due_at is not None and schedules.deadline(definition, due_at) < now:
        due_at = None
    if due_at is not None:
        _roll(draft, due_at)
    _hold(draft, due_at, schedules.next_due(job.schedule, max(now, due_at or now)))
    return due_at


def _merge(draft: Draft, oldest: datetime, newest: datetime) -> None:
    """Older open slots are neutral once a newer one is satisfied."""
    dues = schedules.due_between(
        draft.job.schedule, oldest - TICK, newest - TICK, limit=MERGED_AT_MOST
    )
    for due_at in dues:
        draft.close_slot(due_at, Outcome.MERGED, draft.now)


def skip_covered(draft: Draft, until: datetime) -> None:
    """Open slots that fell due until then were covered by a run: still running."""
    due_at = draft.state.due_at
    while due_at is not None and due_at <= until:
        draft.close_slot(due_at, Outcome.SKIPPED, draft.now)
        due_at = schedules.next_due(draft.job.schedule, due_at)
        arm(draft, due_at)


def drop(draft: Draft, outcome: Outcome) -> None:
    """Close the open slots that have fallen due and arm nothing.

    What an event satisfied ahead of its due stays satisfied, and the end of a run that
    is older than a miss still does not resolve it.
    """
    due_at, closed = draft.state.due_at, 0
    while due_at is not None and due_at <= draft.now and closed < MERGED_AT_MOST:
        draft.close_slot(due_at, outcome, draft.now)
        due_at, closed = schedules.next_due(draft.job.schedule, due_at), closed + 1
    arm(draft, None)
    draft.change(missed_due_at=None)
