"""What a run of Cronitor's own does to its job: (job, event, now) -> Transition.

Its start and its end are pings like those of any other job; here is what a ping cannot
say: which due it is of, that it was lost, cancelled, or never begun.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import audible, deadlines, incidents, runs, slots
from bot.core.kinds import Outcome, PingKind, ScheduleKind, Status
from bot.core.models import Ping, Run
from bot.core.transitions import Draft, Ids, Transition, Watched, finish, start

#: dues in a row that are skipped before that is an incident (SEMANTICS, section 6)
SKIPS_AT_MOST = 3


def on_start(
    watched: Watched, ping: Ping, due_at: datetime | None, now: datetime, ids: Ids
) -> Transition:
    """A run has begun, of that due; None: somebody or something else started it."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    draft.change(ping_count=draft.state.ping_count + 1)
    if draft.state.status is Status.PAUSED:
        # it was handed over before: as one that went on when the job was paused
        runs.begin(draft, ping, lambda _: (due_at, False))
        runs.close_all(draft, Outcome.SKIPPED)
        return finish(draft)

    def claim(draft: Draft) -> tuple[datetime | None, bool]:
        return (None, False) if due_at is None else slots.claim_due(draft, due_at)

    draft.change(last_ping_kind=PingKind.START, remind_at=None)
    runs.begin(draft, ping, claim)
    following = draft.state.due_at
    if following is not None and following > now and slots.awaits_end(draft):
        slots.arm(draft, None)
    audible.speak(draft)
    return finish(draft)


def on_going(watched: Watched, now: datetime, ids: Ids) -> Transition:
    """A job is resumed while a run goes on, whose end names the next due."""
    draft = start(watched, now, ids)
    slots.arm(draft, None)
    return finish(draft)


def on_attempt(
    watched: Watched, ping: Ping, until: datetime, now: datetime, ids: Ids
) -> Transition:
    """An attempt has failed and another one follows, which may take until then."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    draft.change(ping_count=draft.state.ping_count + 1)
    run = runs.named_by(draft.runs, ping.rid)
    if run is not None and run.ended_at is None and not run.overran:
        draft.change_run(run, replace(run, deadline_at=max(until, now)))
    audible.speak(draft)
    return finish(draft)


def on_lost(watched: Watched, rid: str, now: datetime, ids: Ids) -> Transition:
    """Nobody knows what became of a run, and nobody will."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    run = runs.named_by(draft.runs, rid)
    if run is not None:
        ended = _end(draft, run, Outcome.LOST)
        again = run.outcome is Outcome.OVERRAN
        incidents.bad(draft, Outcome.LOST, now, ended.due_at, again=again)
    audible.speak(draft)
    return finish(draft)


def on_cancel(
    watched: Watched, rid: str, note: str, now: datetime, ids: Ids
) -> Transition:
    """Somebody has ended a run, or it made room: neither good nor bad."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    run = runs.named_by(draft.runs, rid)
    if run is not None:
        _end(draft, run, Outcome.SKIPPED)
        incidents.remark(draft, note, now)
    audible.speak(draft)
    return finish(draft)


def _end(draft: Draft, run: Run, outcome: Outcome) -> Run:
    """Nothing more comes of a run; its slot says so, unless it overran before."""
    took = draft.now - run.started_at
    ended = replace(run, superseded=False, ended_at=draft.now, outcome=outcome)
    draft.change_run(run, ended)
    draft.change(last_duration=took)
    if run.due_at is not None and not (run.overran and outcome is Outcome.SKIPPED):
        draft.close_slot(run.due_at, outcome, draft.now)
    _rearm(draft)
    return ended


def on_wish(watched: Watched, due_at: datetime, now: datetime, ids: Ids) -> Transition:
    """Another job's end asks for a run: one that does not begin in time is missed."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    state = draft.state
    waits = state.status is not Status.PAUSED and state.due_at is None
    if waits and draft.job.schedule.kind is ScheduleKind.NONE:
        slots.arm(draft, due_at)
    audible.speak(draft)
    return finish(draft)


def on_skip(
    watched: Watched,
    due_at: datetime | None,
    why: str,
    now: datetime,
    ids: Ids,
    *,
    in_a_row: int,
) -> Transition:
    """Nothing is run for a due; too many of those in a row are an incident.

    One that was skipped because Cronitor was away is told with that blind time. Without
    a due something else has wanted a run, which has no slot and counts all the same.
    """
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    if draft.state.status is Status.PAUSED:
        return finish(draft)
    if due_at is not None:
        _pass_over(draft, due_at)
    if in_a_row >= SKIPS_AT_MOST:
        incidents.bad(draft, Outcome.MISSED, now, due_at)
        _remark(draft, in_a_row, why)
    audible.speak(draft)
    return finish(draft)


def _pass_over(draft: Draft, due_at: datetime) -> None:
    slots.pass_over(draft, due_at)
    hiding = draft.hiding(due_at)
    if hiding is not None:
        draft.skipped_slot(due_at, draft.now, hiding)
    else:
        draft.close_slot(due_at, Outcome.SKIPPED, draft.now)


def _remark(draft: Draft, in_a_row: int, why: str) -> None:
    """Once for each blocker: a webhook may be called a thousand times meanwhile."""
    incident, told = draft.incident, f"times in a row: {why}"
    if incident is not None and told not in incident.note:
        incidents.remark(draft, f"skipped {in_a_row} {told}", draft.now)


def _rearm(draft: Draft) -> None:
    """An interval counts from the last end of any kind."""
    if draft.job.schedule.kind is ScheduleKind.INTERVAL:
        slots.arm_after(draft)


def until_attempt(attempt_at: datetime, timeout: timedelta) -> datetime:
    """Until when the run may take, whose next attempt begins then."""
    return attempt_at + timeout + runs.SPARE
