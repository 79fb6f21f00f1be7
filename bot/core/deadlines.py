"""What a passed deadline means: a miss, an overrun, or a reminder."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import audible, blind_times, incidents, schedules, slots
from bot.core.blind_times import BlindTime
from bot.core.effects import Notify
from bot.core.kinds import BlindId, NotificationKind, Outcome, ScheduleKind
from bot.core.models import Run
from bot.core.transitions import Draft, Ids, Transition, Watched, finish, start

#: of a calendar's unknown slots in one blind time about so many are stored, the newest
UNKNOWN_AT_MOST = 1000
#: so far back each of them is stored, however rare they are
_LONGEST = timedelta(days=3653)


def on_time(watched: Watched, now: datetime, ids: Ids, limit: int = 1000) -> Transition:
    """Judge at most `limit` deadlines that passed before `now`, oldest first."""
    draft = start(watched, now, ids)
    settle(draft, limit)
    return finish(draft)


def settle(draft: Draft, limit: int | None = None) -> None:
    """Bring a job up to date: overruns and misses in the order they happened.

    What has passed after `draft.judged_until` waits for the pings that came before it.

    An overrun and a miss at one instant count once, as the overrun. All that has passed
    makes one sound, even if the event at hand resolves it.
    """
    if _is_up_to_date(draft):
        return
    judged = 0
    while limit is None or judged < limit:
        run_at, slot = _next_overrun(draft), _passed_slot(draft)
        work_at = _end_of_maintenance(draft)
        first = min((at for at in (run_at, slot and slot[1]) if at), default=None)
        if work_at is not None and (first is None or work_at < first):
            _maintained(draft, work_at)
        elif run_at is not None and (slot is None or run_at <= slot[1]):
            counted = _overran(draft, run_at)
            if slot is not None and slot[1] == run_at:
                _slot_passed(draft, *slot, counted=not counted)
        elif slot is not None:
            _slot_passed(draft, *slot, counted=True)
        else:
            break
        judged += 1
    if judged:
        audible.speak(draft)
    _remind(draft)


def _is_up_to_date(draft: Draft) -> bool:
    """Whether nothing has passed, which is so at nearly every ping."""
    state, now = draft.state, draft.judged_until
    ends, remind_at = state.slot_deadline_at, state.remind_at
    return (
        (ends is None or ends >= now)
        and (remind_at is None or remind_at >= now)
        and state.maintained_until is None
        and (not draft.runs or _next_overrun(draft) is None)
    )


def _passed_slot(draft: Draft) -> tuple[datetime, datetime] | None:
    """Due and deadline of the oldest open slot, if that has passed."""
    due_at, ends = draft.state.due_at, draft.state.slot_deadline_at
    if draft.is_cut_off:
        return None
    if due_at is None or ends is None or ends >= draft.judged_until:
        return None
    return due_at, ends


def _end_of_maintenance(draft: Draft) -> datetime | None:
    """When the planned work has ended that has suppressed something, if it has."""
    until, now = draft.state.maintained_until, draft.judged_until
    if until is None or until < now:
        return until
    goes_on = draft.maintenance_at(now)
    if goes_on is None:
        # it was ended early; an end as planned has passed after its moment only, so
        # that a deadline of the same moment comes before it
        return None if until == now else now
    if goes_on.ends_at != until:
        # of two windows the longer one was ended early
        draft.change(maintained_until=goes_on.ends_at)
    return None


def _maintained(draft: Draft, at: datetime) -> None:
    """Maintenance has ended: the newest outcome inside counts now if it was bad."""
    goes_on = draft.maintenance_at(at)
    if goes_on is not None:
        draft.change(maintained_until=goes_on.ends_at)
        return
    state, schedule = draft.state, draft.job.schedule
    outcome, due_at = state.suppressed, state.suppressed_due_at
    draft.change(maintained_until=None, suppressed=None, suppressed_due_at=None)
    waits = schedule.kind is ScheduleKind.INTERVAL and state.due_at is None
    # the deadline of a run guards the time until its end, unless that has passed
    if waits and all(run.overran for run in draft.open_runs()):
        slots.arm(draft, schedules.next_due(schedule, at))
    if outcome is not None:
        incidents.count(draft, outcome, at, due_at, inside=True)


def _next_overrun(draft: Draft) -> datetime | None:
    """The first deadline of an open run that has passed."""
    late = [
        run.deadline_at
        for run in draft.runs
        if run.ended_at is None
        and not run.overran
        and run.deadline_at is not None
        and run.deadline_at < draft.judged_until
    ]
    return min(late, default=None)


def _overran(draft: Draft, at: datetime) -> bool:
    """The runs whose deadline is `at` have run too long; together they count once.

    False: nothing was counted, as the end of none of them would have been seen.
    """
    ended = [
        run for run in draft.open_runs() if run.deadline_at == at and not run.overran
    ]
    usual, since = draft.state.usual_runtime, at
    late = []
    for run in ended:
        hiding = blind_times.hiding_run(draft.blind, run, usual)
        if hiding is None:
            late.append(run)
            continue
        _run_unknown(draft, run, at, hiding)
        since = max(since, blind_times.seen_again_at(hiding, draft.now))
    for run in late:
        _give_up(draft, run, Outcome.OVERRAN, at)
        if run.due_at is not None:
            draft.close_slot(run.due_at, Outcome.OVERRAN, at)
    if late:
        _guard(draft, late[-1].started_at)
        incidents.bad(draft, Outcome.OVERRAN, at, late[-1].due_at)
        _remark(draft, late[-1].started_at, at)
    schedule = draft.job.schedule
    if schedule.kind is ScheduleKind.INTERVAL and draft.state.due_at is None:
        slots.arm(draft, schedules.next_due(schedule, since))
    return bool(late)


def _give_up(
    draft: Draft,
    run: Run,
    outcome: Outcome,
    at: datetime,
    blind_id: BlindId | None = None,
) -> None:
    """Its deadline has passed; nothing can name a superseded one any more."""
    passed = replace(
        run,
        overran=True,
        outcome=outcome,
        ended_at=at if run.superseded else None,
        blind_id=blind_id,
    )
    draft.change_run(run, passed)


def _run_unknown(draft: Draft, run: Run, at: datetime, hiding: BlindTime) -> None:
    """Its end may have come while Cronitor could not see: neither good nor bad."""
    _give_up(draft, run, Outcome.UNKNOWN, at, hiding.id)
    if run.due_at is not None:
        draft.unknown_slot(run.due_at, at, hiding)
    draft.unseen(hiding)


def _slot_passed(
    draft: Draft, due_at: datetime, at: datetime, *, counted: bool
) -> None:
    """The oldest open slot was not satisfied by its deadline `at`."""
    inside = draft.maintenance_at(due_at)
    if inside is not None and draft.job.schedule.kind is ScheduleKind.INTERVAL:
        # an interval starts anew when the planned work is done
        draft.close_slot(due_at, Outcome.MISSED, at)
        slots.arm(draft, None)
        until = inside.ends_at
        draft.change(last_outcome=Outcome.SUPPRESSED, maintained_until=until)
        return
    since, schedule = due_at, draft.job.schedule
    if _is_covered(draft, due_at):
        draft.close_slot(due_at, Outcome.SKIPPED, at)
    elif (hiding := draft.hiding(due_at)) is not None:
        if draft.job.definition.command is not None:
            # it would be known if it had run
            draft.skipped_slot(due_at, at, hiding)
        else:
            draft.unknown_slot(due_at, at, hiding)
            draft.unseen(hiding)
            draft.change(missed_due_at=due_at)
        since = max(since, _goes_on_at(draft, due_at, hiding))
    else:
        _missed(draft, due_at, at, counted=counted)
    slots.arm(draft, schedules.next_due(schedule, since))


def _goes_on_at(draft: Draft, due_at: datetime, hiding: BlindTime) -> datetime:
    """After which moment the next due is looked for, once a slot is unknown.

    Of an interval at the end of the blind time: an end that was not seen moved the due.
    Of a calendar after this one, unless there are more than anybody would read.
    """
    schedule = draft.job.schedule
    seen_again_at = blind_times.seen_again_at(hiding, draft.now)
    if schedule.kind is ScheduleKind.INTERVAL:
        return seen_again_at
    period = schedules.period(schedule, due_at) or timedelta()
    return seen_again_at - min(period * UNKNOWN_AT_MOST, _LONGEST)


def _missed(draft: Draft, due_at: datetime, at: datetime, *, counted: bool) -> None:
    """Nothing came, and if something had come it would have been seen."""
    draft.close_slot(due_at, Outcome.MISSED, at)
    draft.change(missed_due_at=due_at)
    if counted:
        _guard(draft, due_at)
        incidents.bad(draft, Outcome.MISSED, at, due_at)
        _remark(draft, due_at - schedules.early(draft.job.schedule, due_at), at)


def _remark(draft: Draft, since: datetime, until: datetime) -> None:
    """A blind time that excuses nothing is still named."""
    blind = blind_times.met(draft.blind, since, until, timedelta())
    if blind is not None:
        incidents.remark(draft, blind_times.words(blind), until)


def _guard(draft: Draft, since: datetime) -> None:
    """The end of a run that started before `since` resolves nothing any more."""
    guard = max(since, draft.state.guard_due_at or since)
    draft.change(guard_due_at=guard)


def _is_covered(draft: Draft, due_at: datetime) -> bool:
    """Whether a run with an explicit max_runtime is still going at that due."""
    if draft.job.definition.max_runtime is None:
        return False
    return any(
        run.started_at <= due_at <= (run.deadline_at or due_at)
        for run in draft.open_runs()
    )


def _remind(draft: Draft) -> None:
    remind_at = draft.state.remind_at
    if remind_at is None or remind_at >= draft.judged_until:
        return
    draft.change(remind_at=None)
    draft.effects.append(
        Notify(draft.job.id, NotificationKind.NEVER_SEEN, draft.now, False)
    )
