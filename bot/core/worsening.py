"""How an open incident becomes a worse one."""

from dataclasses import replace
from datetime import datetime

from bot.core.kinds import IncidentKind, IncidentStatus, NotificationKind
from bot.core.models import Incident

#: what still has to be said first, however much worse it gets meanwhile
FIRST_WORDS = (NotificationKind.OPENED, NotificationKind.REOPENED)


def is_drift(incident: Incident | None) -> bool:
    """Whether it is no more than a drift: nothing has failed, the job is up."""
    return incident is not None and incident.kind is IncidentKind.DRIFT


def unacknowledged(incident: Incident) -> Incident:
    """The incident as if nobody had taken care of it."""
    return replace(
        incident,
        status=IncidentStatus.OPEN,
        acknowledged_by="",
        acknowledged_at=None,
        acknowledged_until=None,
    )


def sounding(incident: Incident) -> Incident:
    """The worse incident: it is heard again, by its first sound if it still owes it."""
    due = incident.sound_due
    sound_due = due if due in FIRST_WORDS else NotificationKind.WORSENED
    return replace(unacknowledged(incident), sound_due=sound_due)


def failed(
    drift: Incident, kind: IncidentKind, at: datetime, due_at: datetime | None
) -> Incident:
    """A drift that has become more than that; what it was stays in its story."""
    return replace(
        sounding(drift),
        kind=kind,
        updated_at=at,
        revision=drift.revision + 1,
        last_bad_at=at,
        due_at=due_at,
        note="",
    )
