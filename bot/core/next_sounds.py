"""When an incident will sound next: what `audible` and `incidents` will decide.

It is foreseen, not decided here; a test lets time pass on the real rules and compares.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.core import durations, incidents, mutes
from bot.core.kinds import IncidentKind, IncidentStatus, Status
from bot.core.models import Definition, Incident, Mute
from bot.core.transitions import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSound:
    """What makes an incident heard again."""

    #: a sentence; it names no moment but `at`
    text: str
    #: when it sounds if nothing happens until then; None: time alone brings no sound
    at: datetime | None = None
    #: kinds that would make it sound at once if a bad outcome were one of them
    worse: tuple[IncidentKind, ...] = ()


def foresee(watched: Watched, now: datetime) -> NextSound:
    """When the incident sounds next, and what would make it sound before."""
    incident = watched.incident
    if incident is None:
        return NextSound(text="Never: no incident is open.")
    if incident.resolved_at is not None:
        return _resolved(incident, incident.resolved_at, now)
    incident = incidents.lapse(incident, now)
    mute = mutes.applying(watched.mutes, watched.job.definition, now)
    if watched.state.status is Status.PAUSED:
        return _paused(watched, incident, mute)
    if mute is not None:
        return _muted(watched.job.definition, incident, mute)
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        return _acknowledged(watched.job.definition, incident)
    if incident.sound_due is not None or incident.silenced:
        return NextSound(text="At once: nothing silences it any more.", at=now)
    return _heard(watched.job.definition, incident, now)


def _resolved(incident: Incident, at: datetime, now: datetime) -> NextSound:
    text = "Never: it is resolved."
    if now - at <= incidents.REOPEN_WITHIN:
        within = durations.about(incidents.REOPEN_WITHIN)
        text += f" If it is bad again within {within} of that, it opens again."
    return NextSound(text=text)


def _paused(watched: Watched, incident: Incident, mute: Mute | None) -> NextSound:
    text = "Not while the job is paused. Once it is resumed and still bad, it sounds"
    waits = ["the mute"] if mute is not None else []
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        waits.append("the acknowledgement")
    if waits:
        text += f", but not before the end of {' and '.join(waits)}"
    return NextSound(text=f"{text}.")


def _muted(definition: Definition, incident: Incident, mute: Mute) -> NextSound:
    """A mute is stronger than all; an acknowledgement may outlast it."""
    until, acknowledged = incident.acknowledged_until, IncidentStatus.ACKNOWLEDGED
    outlasted = until is None or until > mute.until_at
    if incident.status is acknowledged and outlasted:
        following = _acknowledged(definition, incident)
        text = f"{following.text} Nothing is heard before the mute ends."
        return NextSound(text=text, at=following.at)
    text = "When the mute ends, if it is still bad then."
    if mute.until_recovery:
        text = "It is muted until it recovers; if it has not when the mute ends, then."
    return NextSound(text=text, at=mute.until_at)


def _acknowledged(definition: Definition, incident: Incident) -> NextSound:
    sooner, worse = _sooner(definition, incident)
    text = "When the acknowledgement ends, if it is still bad then"
    if incident.acknowledged_until is None:
        text = "Not while it is acknowledged"
    text += f"; at once {sooner}." if sooner else "."
    return NextSound(text=text, at=incident.acknowledged_until, worse=worse)


def _heard(definition: Definition, incident: Incident, now: datetime) -> NextSound:
    """Open and heard: reminders, if they are wanted, or something worse."""
    sooner, worse = _sooner(definition, incident)
    every, last = definition.realert_every, incident.last_sound_at
    if every is not None and last is not None:
        text = f"A reminder every {durations.about(every)} until it is acknowledged"
        text += f"; at once {sooner}." if sooner else "."
        return NextSound(text=text, at=max(last + every, now), worse=worse)
    text = f"Only {sooner}." if sooner else "Not again while it is open."
    return NextSound(text=text, worse=worse)


def _sooner(
    definition: Definition, incident: Incident
) -> tuple[str, tuple[IncidentKind, ...]]:
    """What would be heard although nothing is planned, in words and as kinds."""
    if incident.flapping:
        if incident.down_for_good:
            return "", ()
        needs = incidents.down_for_good_needs(definition)
        return f"if it is bad {needs} times in a row (it is flapping)", ()
    rank = incidents.RANK[incident.kind]
    worse = tuple(kind for kind in incidents.RANK if incidents.RANK[kind] > rank)
    words = ", ".join(kind.replace("_", " ") for kind in worse)
    return (f"if it gets worse ({words})" if worse else ""), worse
