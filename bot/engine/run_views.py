"""Runs as they are shown."""

from bot.core.executions import Execution
from bot.core.views import View, moment


def run(execution: Execution, slug: str) -> View:
    """One attempt, for programs and for people."""
    started_at, ended_at = execution.started_at, execution.ended_at
    duration = None
    if started_at is not None and ended_at is not None:
        duration = (ended_at - started_at).total_seconds()
    return {
        "id": execution.id or None,
        "job": slug,
        "run_id": execution.rid,
        "attempt": execution.attempt,
        "due_at": moment(execution.due_at),
        "trigger": execution.trigger.value,
        "by": execution.by,
        "params": dict(execution.params),
        "changed": execution.handed.get("changed", "").splitlines(),
        "stage": execution.stage.value,
        "queued_at": moment(execution.queued_at),
        "ready_at": moment(execution.ready_at),
        "started_at": moment(started_at),
        "ended_at": moment(ended_at),
        "duration": duration,
        "end": None if execution.end is None else execution.end.value,
        "exit_status": execution.exit_status,
        "signal": execution.signal,
        "reason": execution.reason,
        "output_size": execution.output_size,
        "cancelled_by": execution.cancelled_by or None,
    }
