"""What an event does to a job: (job, event, now) -> Transition."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import (
    audible,
    blind_times,
    deadlines,
    drifting,
    escalations,
    incidents,
    mutes,
    runs,
    slots,
)
from bot.core.kinds import Outcome, PingKind, ScheduleKind, Status
from bot.core.models import Actor, Job, Ping, Run
from bot.core.silencers import Silencers
from bot.core.transitions import Draft, Ids, Transition, Watched, finish, start

SILENT = (PingKind.LOG, PingKind.IGNORED)


def on_ping(watched: Watched, ping: Ping, now: datetime, ids: Ids) -> Transition:
    """What a classified ping means; deadlines that passed before it come first."""
    draft = start(watched, now, ids)
    take(draft, ping)
    return finish(draft)


def take(draft: Draft, ping: Ping) -> None:
    """As `on_ping`, for one of several pings that are judged together."""
    deadlines.settle(draft)
    if ping.kind in SILENT:
        draft.change(ping_count=draft.state.ping_count + 1)
        return
    if draft.state.status is Status.PAUSED:
        _resume(draft, "a ping")
    if ping.kind is PingKind.START:
        _received(draft, ping, draft.state.last_duration)
        runs.begin(draft, ping)
    else:
        _ended(draft, ping)
    audible.speak(draft)


def _received(draft: Draft, ping: Ping, duration: timedelta | None) -> None:
    """A start changes the kind of the last ping and not its time (section 4)."""
    state = draft.state
    draft.change(
        ping_count=state.ping_count + 1,
        last_ping_at=state.last_ping_at if ping.kind is PingKind.START else draft.now,
        last_ping_kind=ping.kind,
        last_duration=duration,
        remind_at=None,
    )


def _ended(draft: Draft, ping: Ping) -> None:
    """An end of a run, of one that has ended already, or of none that is known."""
    run = runs.named_by(draft.runs, ping.rid)
    if run is not None:
        _run_ended(draft, run, ping)
        return
    run = runs.repeated(draft, ping.rid)
    if run is not None:
        _repeated(draft, run, ping)
        return
    _lone_end(draft, ping)


def _run_ended(draft: Draft, run: Run, ping: Ping) -> None:
    took = draft.now - run.started_at
    _received(draft, ping, took)
    if ping.kind is PingKind.SUCCESS:
        usual = blind_times.rolled(draft.state.usual_runtime, took)
        draft.change(usual_runtime=usual)
    outcome = runs.end(draft, run, ping)
    _rearm(draft)
    if ping.kind is PingKind.SUCCESS:
        runs.give_up(draft, run.started_at)
    _count(
        draft, outcome, run.due_at, run.started_at, again=run.outcome is Outcome.OVERRAN
    )


def _repeated(draft: Draft, run: Run, ping: Ping) -> None:
    """A client that lost our answer sends the same end again: it counts once."""
    _received(draft, ping, draft.state.last_duration)
    _rearm(draft)
    if (run.outcome is Outcome.FAILED) == (ping.kind is PingKind.FAIL):
        return
    outcome = runs.correct(draft, run, ping)
    _count(draft, outcome, run.due_at, run.started_at)


def _lone_end(draft: Draft, ping: Ping) -> None:
    _received(draft, ping, None)
    due_at, late = slots.claim(draft)
    outcome = Outcome.LATE if late else Outcome.OK
    if ping.kind is PingKind.FAIL:
        outcome = Outcome.FAILED
    if due_at is not None:
        draft.close_slot(due_at, outcome, draft.now)
    runs.remember_lone_end(draft, ping, outcome, due_at, late=late)
    _rearm(draft)
    if ping.kind is PingKind.SUCCESS:
        runs.give_up(draft, draft.now)
    _count(draft, outcome, due_at, draft.now)


def _rearm(draft: Draft) -> None:
    """An interval counts from the last end of either kind."""
    if draft.job.schedule.kind is ScheduleKind.INTERVAL:
        slots.arm_after(draft)


def _count(
    draft: Draft,
    outcome: Outcome,
    due_at: datetime | None,
    since: datetime,
    *,
    again: bool = False,
) -> None:
    """Count what a run of `since` or a lone end came to; an old run resolves no miss.

    `again`: that run was counted as bad already, when it overran.
    """
    if outcome in incidents.KIND_OF and outcome is not Outcome.OVERRAN:
        incidents.bad(draft, outcome, draft.now, due_at, again=again)
        return
    guard = draft.state.guard_due_at
    if guard is not None and since < guard:
        return
    incidents.good(draft, outcome, draft.now, resets=outcome is Outcome.OK)


def on_pause(watched: Watched, actor: Actor, now: datetime, ids: Ids) -> Transition:
    """Close what is open and be silent; an open incident stays, "paused by X"."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    if draft.state.status is Status.PAUSED:
        return finish(draft)
    _close_everything(draft)
    draft.change(
        status=Status.PAUSED,
        paused_from=draft.state.status,
        paused_by=str(actor),
    )
    _note(draft, f"paused by {actor}", str(actor))
    audible.speak(draft)
    return finish(draft)


def _close_everything(draft: Draft) -> None:
    runs.close_all(draft, Outcome.SKIPPED)
    slots.drop(draft, Outcome.SKIPPED)
    draft.change(
        remind_at=None, maintained_until=None, suppressed=None, suppressed_due_at=None
    )


def on_resume(watched: Watched, actor: Actor, now: datetime, ids: Ids) -> Transition:
    """Restore the status and arm the first due after now."""
    draft = start(watched, now, ids)
    if draft.state.status is Status.PAUSED:
        _resume(draft, str(actor))
    audible.speak(draft)
    return finish(draft)


def _resume(draft: Draft, actor: str) -> None:
    status = draft.state.paused_from or Status.NEW
    draft.change(status=status, paused_from=None, paused_by="")
    _arm(draft)
    _note(draft, f"resumed by {actor}", actor)


def _arm(draft: Draft) -> None:
    """Arm the first due strictly after now, as for a new job if it is one."""
    if _is_unheard(draft):
        draft.state = slots.arm_new(draft.job, draft.state, draft.now)
    else:
        slots.arm_after(draft)


def _is_unheard(draft: Draft) -> bool:
    return draft.state.status is Status.NEW and draft.state.last_ping_kind is None


def on_change(
    watched: Watched,
    job: Job,
    now: datetime,
    ids: Ids,
    *,
    around: Silencers,
    rearms: bool,
    note: str,
) -> Transition:
    """Go on with the changed `job`; `rearms`: open slots are dropped.

    `around`: what may silence the job as it is now; `watched` has what was so far.
    """
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    old, new = draft.job.definition, job.definition
    draft.job, draft.silencers = job, around
    if _is_unheard(draft) and old.strict_start != new.strict_start:
        rearms = True
    if rearms and draft.state.status is not Status.PAUSED:
        slots.drop(draft, Outcome.SKIPPED)
        _arm(draft)
    if rearms or old.max_runtime != new.max_runtime:
        runs.redate(draft)
    if not new.alert_on_drift:
        drifting.end(draft, drifting.NOT_WATCHED)
    incident = draft.incident
    if note and incident is not None and incident.resolved_at is None:
        draft.incident = replace(incidents.as_severe(incident, new), note=note)
        if around.escalation != watched.silencers.escalation:
            draft.incident = escalations.start_over(draft.incident)
        _note(draft, note)
    audible.speak(draft)
    return finish(draft)


def on_remove(watched: Watched, actor: Actor, now: datetime, ids: Ids) -> Transition:
    """The job is archived: its runs end, its incident is resolved "removed by X"."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    _close_everything(draft)
    incident = draft.incident
    if incident is not None and incident.resolved_at is None:
        resolution = f"removed by {actor}"
        draft.incident = incidents.resolved(incident, now, resolution)
        draft.record("resolved", resolution, now, str(actor))
        audible.speak(draft)
    mutes.removed(draft)
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
        after = draft.incident = incidents.acknowledge(before, actor, now, until)
        if after.acknowledged_at != before.acknowledged_at:
            draft.record("acknowledged", f"acknowledged by {actor}", now, str(actor))
        elif after is not before:
            told = f"{actor} has it until another time"
            draft.record("acknowledged", told, now, str(actor))
    audible.speak(draft)
    return finish(draft)


def on_resolve(
    watched: Watched, actor: Actor, now: datetime, ids: Ids, reason: str = ""
) -> Transition:
    """Somebody says that the open incident is over; the job starts afresh.

    What is bad after that counts from the beginning, and within ten minutes it opens
    the same incident again. Deadlines stay as they are.
    """
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    incident, state = draft.incident, draft.state
    if incident is not None and incident.resolved_at is None:
        resolution = f"resolved by {actor}{reason and f': {reason}'}"
        draft.incident = incidents.resolved(incident, now, resolution)
        draft.record("resolved", resolution, now, str(actor))
        draft.change(
            status=_well(state.status),
            paused_from=None if state.paused_from is None else _well(state.paused_from),
            bad_in_a_row=0,
            good_in_a_row=0,
        )
        mutes.recovered(draft)
    audible.speak(draft)
    return finish(draft)


def _well(status: Status) -> Status:
    return Status.UP if status is Status.DOWN else status


def on_note(
    watched: Watched, actor: Actor, now: datetime, ids: Ids, text: str
) -> Transition:
    """Somebody adds to the story of the open incident."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    _note(draft, text, str(actor))
    audible.speak(draft)
    return finish(draft)


def _note(draft: Draft, text: str, actor: str = "") -> None:
    """Add to the story of an incident that is open."""
    incident = draft.incident
    if incident is not None and incident.resolved_at is None:
        draft.incident = replace(
            incident, updated_at=draft.now, revision=incident.revision + 1
        )
        draft.record("note", text, draft.now, actor)
