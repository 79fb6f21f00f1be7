"""Run again: when two presses of one button are one wish."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.executions import BAD, Execution
from bot.core.kinds import IncidentId
from bot.core.models import Incident

#: presses that come so soon after the end of a run mean that run and not another one
AT_ONCE = timedelta(seconds=10)


def key(incident_id: IncidentId, newest: Execution | None) -> str:
    """What makes a wish of this incident's button another one than those before."""
    return f"{_prefix(incident_id)}{0 if newest is None else newest.id}"


def _prefix(incident_id: IncidentId) -> str:
    return f"c{incident_id}n"


def begun(
    newest: Sequence[Execution], incident_id: IncidentId, now: datetime
) -> Execution | None:
    """The run that another press has just begun; `newest`: of its job, newest first.

    It goes on, or has ended a moment ago: a job that takes milliseconds is over before
    the second person's press arrives.
    """
    prefix = _prefix(incident_id)
    found = next((each for each in newest if each.key.startswith(prefix)), None)
    if found is None:
        return None
    is_fresh = found.ended_at is None or now - found.ended_at < AT_ONCE
    return found if is_fresh else None


def blamed(newest: Sequence[Execution], incident: Incident) -> Execution | None:
    """The run that an incident is about: its newest bad one, else the newest begun.

    What began after it was resolved is not its business.
    """
    until = incident.resolved_at
    known = [
        each
        for each in newest
        if (at := each.started_at or _failed_at(each)) is not None
        and (until is None or at <= until)
    ]
    bad = (each for each in known if each.end in BAD)
    return next(bad, next(iter(known), None))


def _failed_at(execution: Execution) -> datetime | None:
    """When one could not be started."""
    return execution.ended_at if execution.end in BAD else None
