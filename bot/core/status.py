"""What an event does to a job: (job, event, now) -> Transition."""

from dataclasses import replace
from datetime import datetime

from bot.core import audible, deadlines, incidents, runs, schedules, slots
from bot.core.models import (
    Actor,
    Job,
    Outcome,
    Ping,
    PingKind,
    ScheduleKind,
    Status,
)
from bot.core.transitions import Draft, Ids, Transition, Watched, finish, start

SILENT = (PingKind.LOG, PingKind.IGNORED)


def on_ping(watched: Watched, ping: Ping, now: datetime, ids: Ids) -> Transition:
    """What a classified ping means; deadlines that passed before it come first."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    draft.state = replace(draft.state, ping_count=draft.state.ping_count + 1)
    if ping.kind in SILENT:
        return finish(draft)
    if draft.state.status is Status.PAUSED:
        _resume(draft)
    draft.state = replace(
        draft.state, last_ping_at=now, last_ping_kind=ping.kind, remind_at=None
    )
    if ping.kind is PingKind.START:
        _started(draft, ping)
    else:
        _ended(draft, ping)
    audible.speak(draft)
    return finish(draft)


def _started(draft: Draft, ping: Ping) -> None:
    runs.begin(draft, ping)


def _ended(draft: Draft, ping: Ping) -> None:
    run = runs.named_by(draft.runs, ping.rid)
    if run is not None:
        due_at = run.due_at or run.started_at
        outcome = runs.end(draft, run, ping)
    elif _is_repeated(draft, ping):
        return
    else:
        due_at, outcome = _lone_end(draft, ping)
    _rearm(draft)
    _count(draft, outcome, due_at)


def _is_repeated(draft: Draft, ping: Ping) -> bool:
    """A client that lost our answer sends the same end again: it counts once."""
    if ping.rid is None:
        return False
    known = runs.by_rid(draft.runs, ping.rid)
    if known is None or known.ended_at is None:
        return False
    return (known.outcome is Outcome.FAILED) == (ping.kind is PingKind.FAIL)


def _lone_end(draft: Draft, ping: Ping) -> tuple[datetime, Outcome]:
    draft.state = replace(draft.state, last_duration=None)
    due_at, late = slots.claim(draft)
    outcome = Outcome.LATE if late else Outcome.OK
    if ping.kind is PingKind.FAIL:
        outcome = Outcome.FAILED
    if due_at is not None:
        draft.close_slot(due_at, outcome, draft.now)
    runs.remember_lone_end(draft, ping, outcome)
    return due_at or draft.now, outcome


def _rearm(draft: Draft) -> None:
    """An interval counts from the last end of either kind."""
    if draft.job.schedule.kind is ScheduleKind.INTERVAL:
        slots.arm(draft, schedules.next_due(draft.job.schedule, draft.now))


def _count(draft: Draft, outcome: Outcome, due_at: datetime) -> None:
    """Count what a run or a lone end came to; an older run says nothing of a miss."""
    if outcome in incidents.KIND_OF and outcome is not Outcome.OVERRAN:
        incidents.bad(draft, outcome, draft.now, due_at)
        return
    guard = draft.state.guard_due_at
    if guard is not None and due_at < guard:
        return
    incidents.good(draft, outcome, draft.now, resets=outcome is Outcome.OK)


def on_pause(watched: Watched, actor: Actor, now: datetime, ids: Ids) -> Transition:
    """Close what is open and be silent; an open incident stays, "paused by X"."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    if draft.state.status is Status.PAUSED:
        return finish(draft)
    _close_everything(draft)
    draft.state = replace(
        draft.state,
        status=Status.PAUSED,
        paused_from=draft.state.status,
        paused_by=str(actor),
    )
    draft.record("note", f"paused by {actor}", now, str(actor))
    _touch(draft)
    audible.speak(draft)
    return finish(draft)


def _close_everything(draft: Draft) -> None:
    runs.close_all(draft, Outcome.SKIPPED)
    slots.drop(draft, Outcome.SKIPPED)
    draft.state = replace(draft.state, remind_at=None)


def on_resume(watched: Watched, actor: Actor, now: datetime, ids: Ids) -> Transition:
    """Restore the status and arm the first due after now."""
    draft = start(watched, now, ids)
    if draft.state.status is Status.PAUSED:
        _resume(draft)
        draft.record("note", f"resumed by {actor}", now, str(actor))
        _touch(draft)
    audible.speak(draft)
    return finish(draft)


def _resume(draft: Draft) -> None:
    status = draft.state.paused_from or Status.NEW
    draft.state = replace(draft.state, status=status, paused_from=None, paused_by="")
    _arm_after(draft)


def _arm_after(draft: Draft) -> None:
    """Arm the first due strictly after now, as for a new job if it is one."""
    if draft.state.status is Status.NEW and draft.state.last_ping_at is None:
        draft.state = slots.arm_new(draft.job, draft.state, draft.now)
        return
    slots.arm(draft, schedules.next_due(draft.job.schedule, draft.now))


def on_change(
    watched: Watched, job: Job, now: datetime, ids: Ids, *, rearms: bool, note: str
) -> Transition:
    """Go on with the changed `job`; `rearms`: open slots are dropped."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    draft.job = job
    if rearms and draft.state.status is not Status.PAUSED:
        slots.drop(draft, Outcome.SKIPPED)
        _arm_after(draft)
    for run in draft.open_runs():
        if not run.overran:
            changed = replace(run, deadline_at=runs.deadline_of(job.definition, run))
            draft.change_run(run, changed)
    incident = draft.incident
    if incident is not None and incident.resolved_at is None and note:
        draft.incident = replace(incident, note=note)
        _touch(draft)
        draft.record("note", note, now)
    audible.speak(draft)
    return finish(draft)


def on_remove(watched: Watched, actor: Actor, now: datetime, ids: Ids) -> Transition:
    """The job is archived: its runs end, its incident is resolved "removed by X"."""
    draft = start(watched, now, ids)
    _close_everything(draft)
    incident = draft.incident
    if incident is not None and incident.resolved_at is None:
        resolution = f"removed by {actor}"
        draft.incident = incidents.resolved(incident, now, resolution)
        draft.record("resolved", resolution, now, str(actor))
        audible.speak(draft)
    return finish(draft)


def on_review(watched: Watched, now: datetime, ids: Ids) -> Transition:
    """Ask again what may sound: a silence has ended or a reminder is due."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    audible.speak(draft)
    return finish(draft)


def on_acknowledge(
    watched: Watched, actor: Actor, now: datetime, ids: Ids, until: datetime | None
) -> Transition:
    """Somebody takes care of the open incident."""
    draft = start(watched, now, ids)
    before = draft.incident
    if before is not None:
        draft.incident = incidents.acknowledge(before, actor, now, until)
        if draft.incident is not before:
            draft.record("acknowledged", f"acknowledged by {actor}", now, str(actor))
    audible.speak(draft)
    return finish(draft)


def _touch(draft: Draft) -> None:
    incident = draft.incident
    if incident is not None and incident.resolved_at is None:
        draft.incident = replace(
            incident, updated_at=draft.now, revision=incident.revision + 1
        )
