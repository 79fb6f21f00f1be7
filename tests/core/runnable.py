"""Jobs that Cronitor runs, and attempts at them."""

from dataclasses import replace
from typing import Any

from bot.core.commands import Command
from bot.core.executions import Execution, ExecutionId, Trigger
from bot.core.kinds import JobId, JobKind
from bot.core.models import Definition, Schedule
from tests.core.moments import HOURLY, T0

RUN = Command(argv=("/bin/true",))


def job(schedule: Schedule = HOURLY, **fields: Any) -> Definition:
    """A job that Cronitor runs."""
    return Definition(
        slug="nightly",
        kind=JobKind.COMMAND,
        schedule=schedule,
        command=replace(RUN, **fields),
    )


def execution(number: int = 1, **fields: Any) -> Execution:
    """An attempt that waits."""
    known = {
        "id": ExecutionId(number),
        "job_id": JobId(1),
        "key": f"t{number}",
        "trigger": Trigger.SCHEDULE,
        "queued_at": T0,
        "ready_at": T0,
        "rid": f"rid-{number}",
    }
    return Execution(**{**known, **fields})
