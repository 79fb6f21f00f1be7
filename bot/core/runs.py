"""Pairing starts with ends, and how long a run may take."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import schedules, slots
from bot.core.models import Definition, Outcome, Ping, PingKind, Run, RunId
from bot.core.transitions import Draft

#: a run of a job without a schedule and without max_runtime
LONGEST = timedelta(hours=24)


def deadline_of(definition: Definition, run: Run) -> datetime:
    """When `run` has run too long.

    max_runtime after its start; without one the deadline of the next slot (calendar),
    an interval plus grace (interval), or 24 hours (no schedule).
    """
    if definition.max_runtime is not None:
        return run.started_at + definition.max_runtime
    schedule = definition.schedule
    if schedule.interval is not None:
        grace = schedules.grace(definition, run.started_at)
        return run.started_at + schedule.interval + definition.jitter + grace
    after = run.started_at
    if run.due_at is not None and not run.late:
        after = max(after, run.due_at)
    following = schedules.next_due(schedule, after)
    if following is None:
        return run.started_at + LONGEST
    return schedules.deadline(definition, following)


def by_rid(runs: list[Run], rid: str) -> Run | None:
    """The run that carries this rid, open or ended."""
    return next((run for run in runs if run.rid == rid), None)


def named_by(runs: list[Run], rid: str | None) -> Run | None:
    """The open run that an end names.

    With a rid the run of that rid; without one the newest that has none, else the only
    open one. Runs that were superseded are never named.
    """
    waiting = [run for run in runs if run.ended_at is None and not run.superseded]
    if rid is not None:
        return by_rid(waiting, rid)
    unnamed = [run for run in waiting if run.rid is None]
    if unnamed:
        return unnamed[-1]
    return waiting[0] if len(waiting) == 1 else None


def begin(draft: Draft, ping: Ping) -> None:
    """A start opens a run, takes its slot, and supersedes one without rid."""
    if ping.rid is not None and by_rid(draft.runs, ping.rid) is not None:
        return
    if ping.rid is None:
        for run in draft.open_runs():
            if run.rid is None and not run.superseded:
                draft.change_run(run, replace(run, superseded=True))
    due_at, late = slots.claim(draft)
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


def end(draft: Draft, run: Run, ping: Ping) -> Outcome:
    """End `run` by a success or fail ping; returns what became of it."""
    outcome = _outcome(draft.job.definition, run, ping, draft.now)
    if draft.job.definition.max_runtime is not None and run.deadline_at is not None:
        slots.skip_covered(draft, min(draft.now, run.deadline_at))
    ended = replace(
        run, ended_at=draft.now, outcome=outcome, exit_status=ping.exit_status
    )
    draft.change_run(run, ended)
    if run.rid is None:
        _close_superseded(draft)
    draft.state = replace(draft.state, last_duration=ended.duration)
    if run.due_at is not None:
        draft.close_slot(run.due_at, outcome, draft.now)
    return outcome


def _outcome(definition: Definition, run: Run, ping: Ping, now: datetime) -> Outcome:
    if ping.kind is PingKind.FAIL:
        return Outcome.FAILED
    shortest = definition.min_runtime
    if shortest is not None and now - run.started_at < shortest:
        return Outcome.TOO_SHORT
    if run.overran:
        return Outcome.OVERRAN
    return Outcome.LATE if run.late else Outcome.OK


def _close_superseded(draft: Draft) -> None:
    for run in draft.open_runs():
        if run.superseded:
            outcome = Outcome.OVERRAN if run.overran else Outcome.MERGED
            closed = replace(run, ended_at=draft.now, outcome=outcome)
            draft.change_run(run, closed)
            if run.due_at is not None and not run.overran:
                draft.close_slot(run.due_at, Outcome.MERGED, draft.now)


def remember_lone_end(draft: Draft, ping: Ping, outcome: Outcome) -> None:
    """Keep an end with an unknown rid: its start, if it comes later, is then known."""
    if ping.rid is None:
        return
    run = Run(
        id=RunId(next(draft.ids.runs)),
        job_id=draft.job.id,
        rid=ping.rid,
        started_at=draft.now,
        ended_at=draft.now,
        outcome=outcome,
        exit_status=ping.exit_status,
    )
    draft.runs.append(run)


def close_all(draft: Draft, outcome: Outcome) -> None:
    """End every open run without a verdict (pause, removal)."""
    for run in draft.open_runs():
        draft.change_run(run, replace(run, ended_at=draft.now, outcome=outcome))
        if run.due_at is not None and not run.overran:
            draft.close_slot(run.due_at, outcome, draft.now)
