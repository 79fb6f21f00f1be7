"""A drift as an incident: (job, what was found, now) -> Transition.

It is the mildest kind. The job stays up, and only runs that are as usual end it.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import audible, deadlines, drift, incidents, mutes, worsening
from bot.core.drift import Drift
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    IncidentStatus,
    NotificationKind,
    Status,
)
from bot.core.models import Incident, Job, JobState
from bot.core.transitions import Draft, Ids, Transition, Watched, finish, start

#: why one has ended
AS_USUAL = "as usual again"
NOT_WATCHED = "drift is not watched any more"


def on_drift(
    watched: Watched, found: Sequence[Drift], now: datetime, ids: Ids
) -> Transition:
    """Several of the newest runs were not as usual: an incident, unless there is one.

    What began in maintenance is looked at again after it, with the runs that follow.
    """
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    may = may_open(draft.job, draft.state, draft.incident)
    if may and draft.maintenance_at(now) is None:
        _open(draft, words(draft.job, found))
    audible.speak(draft)
    return finish(draft)


def on_usual(watched: Watched, now: datetime, ids: Ids) -> Transition:
    """The newest runs were as usual, or the habit has come to be what they are."""
    draft = start(watched, now, ids)
    deadlines.settle(draft)
    end(draft, AS_USUAL)
    audible.speak(draft)
    return finish(draft)


def end(draft: Draft, why: str) -> None:
    """Resolve the incident of a decision if it is an open drift."""
    incident = open_drift(draft.incident)
    if incident is not None:
        draft.incident = incidents.resolved(incident, draft.now, why)
        draft.record("resolved", why, draft.now)
        mutes.recovered(draft)


def words(job: Job, found: Sequence[Drift]) -> str:
    """All that is not usual, in one line."""
    zone = ZoneInfo(job.schedule.timezone)
    return "; ".join(drift.explain(each, zone) for each in found)


def may_open(job: Job, state: JobState, incident: Incident | None) -> bool:
    """Whether a drift would be an incident: it is asked for, and the job is up."""
    is_open = incident is not None and incident.resolved_at is None
    asked = job.definition.alert_on_drift
    return asked and state.status is Status.UP and not is_open


def open_drift(incident: Incident | None) -> Incident | None:
    """The incident if it is not resolved and no more than a drift."""
    if incident is None or incident.resolved_at is not None:
        return None
    return incident if worsening.is_drift(incident) else None


def _open(draft: Draft, text: str) -> None:
    now = draft.now
    incident = Incident(
        id=IncidentId(next(draft.ids.incidents)),
        job_id=draft.job.id,
        kind=IncidentKind.DRIFT,
        status=IncidentStatus.OPEN,
        opened_at=now,
        updated_at=now,
        last_bad_at=now,
        sound_due=NotificationKind.OPENED,
        waits_until=incidents.waits_until(draft),
        note=text,
    )
    draft.incident = incidents.as_severe(incident, draft.job.definition)
    draft.record("opened", text, now)
