"""Pairing starts with ends, and how long a run may take."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import schedules, slots
from bot.core.kinds import Outcome, PingKind, RunId
from bot.core.models import Definition, Ping, Run
from bot.core.transitions import Draft

#: a run of a job without a schedule and without max_runtime
LONGEST = timedelta(hours=24)
#: what it takes to end a command that has reached its timeout
SPARE = timedelta(seconds=60)
#: a client that asks again does so within this time, most often at once; when it
#: comes later, or when another slot waits for it, its rid is used anew
REPEATED_AT_ONCE = timedelta(seconds=30)
REPEATED_WITHIN = timedelta(minutes=10)


def deadline_of(
    definition: Definition, run: Run, since: datetime | None = None
) -> datetime:
    """When `run` has run too long.

    max_runtime after its start; without one the deadline of the next slot (calendar),
    an interval plus grace (interval), or 24 hours (no schedule). `since`: dues and
    intervals count from then instead of from its start.
    """
    if definition.max_runtime is not None:
        return run.started_at + definition.max_runtime
    if definition.command is not None:
        # it is ended at its timeout, attempt by attempt: see `executed`
        return run.started_at + definition.command.timeout + SPARE
    schedule, since = definition.schedule, since or run.started_at
    if run.due_at is not None and not run.late and slots.is_calendar(schedule):
        since = max(since, run.due_at)
    following = schedules.next_due(schedule, since)
    if following is None:
        return run.started_at + LONGEST
    return schedules.deadline(definition, following)


def redate(draft: Draft) -> None:
    """Give open runs the deadlines of a changed job; none of them lies in the past."""
    for run in draft.open_runs():
        if not run.overran:
            ends = deadline_of(draft.job.definition, run, draft.now)
            draft.change_run(run, replace(run, deadline_at=max(ends, draft.now)))


def by_rid(runs: list[Run], rid: str | None) -> Run | None:
    """The newest run that carries this rid, open or ended."""
    if rid is None or not runs:
        return None
    return next((run for run in reversed(runs) if run.rid == rid), None)


def named_by(runs: list[Run], rid: str | None) -> Run | None:
    """The run that an end names.

    With a rid the run of that rid, be it open or given up; without one the newest open
    one that has none, else the only open one. Superseded runs are never named.
    """
    if rid is not None:
        run = by_rid(runs, rid)
        ends = run is not None and (run.ended_at is None or run.superseded)
        return run if ends else None
    if not runs:
        return None
    waiting = [run for run in runs if run.ended_at is None and not run.superseded]
    unnamed = [run for run in waiting if run.rid is None]
    if unnamed:
        return unnamed[-1]
    return waiting[0] if len(waiting) == 1 else None


def repeated(draft: Draft, rid: str | None) -> Run | None:
    """The ended run that a client speaks of again, as it lost our answer.

    None for a client that uses the same rid for another run.
    """
    run = by_rid(draft.runs, rid)
    if run is None or run.ended_at is None:
        return None
    due_at = slots.waiting(draft)
    another_waits = due_at is not None and due_at != run.due_at
    within = REPEATED_AT_ONCE if another_waits else REPEATED_WITHIN
    return run if draft.now - run.ended_at <= within else None


Claim = Callable[[Draft], tuple[datetime | None, bool]]


def begin(draft: Draft, ping: Ping, claim: Claim = slots.claim) -> None:
    """A start opens a run and takes a slot; a known rid keeps the first run.

    `claim` says which slot, and whether that was missed already.
    """
    known = by_rid(draft.runs, ping.rid)
    if known is not None and (known.ended_at is None or repeated(draft, ping.rid)):
        return
    before = _supersede(draft) if ping.rid is None else None
    due_at, late = claim(draft)
    if due_at is None and before is not None and not before.overran:
        due_at, late = before.due_at, before.late
    if due_at is not None and late:
        draft.close_slot(due_at, Outcome.LATE, draft.now)
    run = Run(
        id=RunId(next(draft.ids.runs)),
        job_id=draft.job.id,
        rid=ping.rid,
        started_at=draft.now,
        due_at=due_at,
        late=late,
    )
    definition = draft.job.definition
    draft.runs.append(replace(run, deadline_at=deadline_of(definition, run)))


def _supersede(draft: Draft) -> Run | None:
    """The newest start without rid takes the place of the one before, which it names.

    The deadline of that one still holds: a job that starts again and again and never
    ends is noticed.
    """
    unnamed = [r for r in draft.open_runs() if r.rid is None and not r.superseded]
    for run in unnamed:
        ended_at = draft.now if run.overran else None
        draft.change_run(run, replace(run, superseded=True, ended_at=ended_at))
    return unnamed[-1] if unnamed else None


def end(draft: Draft, run: Run, ping: Ping) -> Outcome:
    """End `run` by a success or fail ping; returns what became of it."""
    definition, now = draft.job.definition, draft.now
    if definition.max_runtime is not None:
        slots.skip_covered(draft, min(now, run.deadline_at or now))
    outcome = _outcome(definition, run, ping, now)
    ended = replace(
        run,
        superseded=False,
        ended_at=now,
        outcome=outcome,
        exit_status=ping.exit_status,
    )
    draft.change_run(run, ended)
    if run.rid is None:
        _merge_superseded(draft)
    if run.due_at is not None:
        draft.close_slot(run.due_at, outcome, now)
    return outcome


def correct(draft: Draft, run: Run, ping: Ping) -> Outcome:
    """The end of an ended run came again with another verdict: the last word wins."""
    outcome = _outcome(draft.job.definition, run, ping, run.ended_at or draft.now)
    again = replace(run, outcome=outcome, exit_status=ping.exit_status)
    draft.change_run(run, again)
    if run.due_at is not None:
        draft.close_slot(run.due_at, outcome, draft.now)
    return outcome


def _outcome(definition: Definition, run: Run, ping: Ping, at: datetime) -> Outcome:
    if ping.kind is PingKind.FAIL:
        return Outcome.FAILED
    shortest = definition.min_runtime
    # a lone end has no deadline, and nobody knows when it started
    measured = run.deadline_at is not None
    if measured and shortest is not None and at - run.started_at < shortest:
        return Outcome.TOO_SHORT
    if run.overran:
        # of one that may have ended unseen nobody can say that it ran too long
        seen = run.outcome is not Outcome.UNKNOWN
        return Outcome.OVERRAN if seen else Outcome.LATE
    return Outcome.LATE if run.late else Outcome.OK


def _merge_superseded(draft: Draft) -> None:
    """The runs whose place was taken say nothing more."""
    for run in draft.open_runs():
        if run.superseded:
            merged = replace(run, ended_at=draft.now, outcome=Outcome.MERGED)
            draft.change_run(run, merged)
            _release(draft, run, Outcome.MERGED)


def _release(draft: Draft, run: Run, outcome: Outcome) -> None:
    """Say what became of the slot of a run without a verdict, unless that is known."""
    if run.due_at is not None and not run.overran and not run.late:
        draft.close_slot(run.due_at, outcome, draft.now)


def give_up(draft: Draft, before: datetime) -> None:
    """A success came: runs that overran and started earlier are not waited for.

    One with a rid still ends when its own end comes after all.
    """
    for run in draft.open_runs() if draft.runs else ():
        if run.overran and run.started_at < before:
            draft.change_run(run, replace(run, superseded=True, ended_at=draft.now))


def remember_lone_end(
    draft: Draft,
    ping: Ping,
    outcome: Outcome,
    due_at: datetime | None,
    *,
    late: bool,
) -> None:
    """Keep an end with an unknown rid: its start, if it comes later, is then known."""
    if ping.rid is None:
        return
    run = Run(
        id=RunId(next(draft.ids.runs)),
        job_id=draft.job.id,
        rid=ping.rid,
        started_at=draft.now,
        due_at=due_at,
        late=late,
        ended_at=draft.now,
        outcome=outcome,
        exit_status=ping.exit_status,
    )
    draft.runs.append(run)


def close_all(draft: Draft, outcome: Outcome) -> None:
    """Wait for no open run any more (pause, removal); see `give_up` for its own end."""
    for run in draft.open_runs():
        verdict = (run.outcome if run.overran else None) or outcome
        closed = replace(run, superseded=True, ended_at=draft.now, outcome=verdict)
        draft.change_run(run, closed)
        _release(draft, run, outcome)
