"""Storms and members of them, for tests of what is shown of a storm."""

from typing import Any

from bot.core import storm_cards
from bot.core.audible import Silence
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    IncidentStatus,
    JobId,
    MuteId,
    MuteScope,
    Severity,
    SilenceKind,
    StormId,
)
from bot.core.models import Incident, JobState
from bot.core.silencers import Mute, Storm
from bot.core.storm_cards import Member, StormCard
from tests.core.factories import HOUR, MINUTE, T0, UNSCHEDULED, job

STORM = Storm(
    id=StormId(3),
    group="node nas",
    opened_at=T0,
    joined_at=T0,
    ends_at=T0 + 30 * MINUTE,
    count=4,
)
IN_STORM = Silence("in storm #3", STORM.ends_at, kind=SilenceKind.STORM)
ACKNOWLEDGED = Silence("acknowledged", None, kind=SilenceKind.ACKNOWLEDGEMENT)


def muted(number: int = 1) -> Silence:
    """Somebody has muted the node."""
    mute = Mute(
        id=MuteId(number),
        scope=MuteScope.NODE,
        target="nas",
        created_by="ann",
        created_at=T0,
        until_at=T0 + HOUR,
    )
    return Silence("muted by ann", mute.until_at, mute, kind=SilenceKind.MUTE)


def member(
    number: int, silence: Silence | None = IN_STORM, name: str = "", **fields: Any
) -> Member:
    """An incident that is open in the storm."""
    known = {"opened_at": T0, "updated_at": T0, "last_bad_at": T0, "due_at": T0}
    incident = Incident(
        id=IncidentId(number),
        job_id=JobId(number),
        **{
            "kind": IncidentKind.MISSED,
            "status": IncidentStatus.OPEN,
            "severity": Severity.WARNING,
            "storm_id": STORM.id,
            **known,
            **fields,
        },
    )
    its = job(UNSCHEDULED, slug=f"job-{number}", name=name, node="nas")
    state = JobState(job_id=JobId(number))
    return Member(incident=incident, job=its, state=state, silence=silence)


def over(number: int) -> Member:
    """One that is resolved."""
    return member(number, None, status=IncidentStatus.RESOLVED, resolved_at=T0 + MINUTE)


def had(number: int, by: str = "ann") -> Member:
    """One that somebody has acknowledged."""
    status = IncidentStatus.ACKNOWLEDGED
    return member(number, ACKNOWLEDGED, status=status, acknowledged_by=by)


def card(*members: Member, storm: Storm = STORM, more: int = 0) -> StormCard:
    """The storm of these, and of `more` that were not looked at."""
    tally: dict[IncidentStatus, int] = {}
    for each in members:
        tally[each.incident.status] = tally.get(each.incident.status, 0) + 1
    if more:
        tally[IncidentStatus.OPEN] = tally.get(IncidentStatus.OPEN, 0) + more
    shown = storm_cards.worst_first(members)
    return StormCard(storm=storm, members=shown, tally=tally, mark="k.s3.0")
