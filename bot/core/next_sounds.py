"""When an incident will sound next: what `audible` and `incidents` will decide.

It is foreseen, not decided here; a test lets time pass on the real rules and compares.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import audible, durations, escalations, incidents, mutes
from bot.core.audible import Silence
from bot.core.kinds import IncidentKind, IncidentStatus, SilenceKind
from bot.core.models import Definition, Incident
from bot.core.transitions import Watched

#: silences that follow each other; more than that are not foreseen
_LOOKED_AT = 50

#: what comes to an end
_ENDS = {
    SilenceKind.MAINTENANCE: "the maintenance",
    SilenceKind.MUTE: "the mute",
    SilenceKind.ACKNOWLEDGEMENT: "the acknowledgement",
    SilenceKind.INHIBITION: "the incident above it",
    SilenceKind.QUIET_HOURS: "the quiet of the night",
    SilenceKind.STORM: "the storm",
    SilenceKind.GROUP_WAIT: "the wait for others",
}


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
    silences, at = _silences(watched, incident, now)
    if silences:
        if silences[0].kind is SilenceKind.STORM and _calls_at(watched, incident):
            return _called(watched, incident, now)
        return _silenced(watched, incident, silences, at)
    if incident.sound_due is not None or incident.silenced:
        return NextSound(text="At once: nothing silences it any more.", at=now)
    return _heard(watched, incident, now)


def _silences(
    watched: Watched, incident: Incident, now: datetime
) -> tuple[list[Silence], datetime | None]:
    """What silences it one after the other, and when all of that has ended.

    None: the end of the last one is not known.
    """
    found: list[Silence] = []
    definition, state = watched.job.definition, watched.state
    at: datetime | None = now
    while at is not None and len(found) < _LOOKED_AT:
        then = incidents.lapse(incident, at)
        quiet = audible.silence(then, definition, state, watched.silencers, at)
        if quiet is None:
            return found, at
        found.append(quiet)
        at = quiet.until
    return found, None


def _silenced(
    watched: Watched, incident: Incident, silences: list[Silence], at: datetime | None
) -> NextSound:
    first, *others = silences
    following = [_ENDS[each.kind] for each in others]
    match first.kind:
        case SilenceKind.PAUSED:
            return _paused(watched, incident)
        case SilenceKind.ACKNOWLEDGEMENT:
            found = _acknowledged(watched.job.definition, incident)
            if following:
                text = f"{found.text[:-1]}; but not before the end of "
                text += f"{' and '.join(following)}."
                return replace(found, text=text, at=at)
            return found
    acknowledged = [e for e in others if e.kind is SilenceKind.ACKNOWLEDGEMENT]
    if acknowledged:
        found = _acknowledged(watched.job.definition, incident)
        text = f"{found.text} Nothing is heard before {_ENDS[first.kind]} ends."
        return NextSound(text=text, at=at)
    if at is None:
        text = f"When {_ENDS[silences[-1].kind]} is over, if it is still bad then."
        return NextSound(text=text)
    ends = " and then ".join([_ENDS[first.kind], *following])
    text = f"When {ends} ends, if it is still bad then."
    if first.mute is not None and first.mute.until_recovery:
        text = f"It is muted until it recovers; if it has not when {ends} ends, then."
    return NextSound(text=text, at=at)


def _resolved(incident: Incident, at: datetime, now: datetime) -> NextSound:
    text = "Never: it is resolved."
    if now - at <= incidents.REOPEN_WITHIN:
        within = durations.about(incidents.REOPEN_WITHIN)
        text += f" If it is bad again within {within} of that, it opens again."
    return NextSound(text=text)


def _paused(watched: Watched, incident: Incident) -> NextSound:
    text = "Not while the job is paused. Once it is resumed and still bad, it sounds"
    waits = ["the mute"] if _is_muted(watched) else []
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        waits.append("the acknowledgement")
    if waits:
        text += f", but not before the end of {' and '.join(waits)}"
    return NextSound(text=f"{text}.")


def _is_muted(watched: Watched) -> bool:
    definition = watched.job.definition
    return any(mutes.covers(mute, definition) for mute in watched.silencers.mutes)


def _acknowledged(definition: Definition, incident: Incident) -> NextSound:
    sooner, worse = _sooner(definition, incident)
    text = "When the acknowledgement ends, if it is still bad then"
    if incident.acknowledged_until is None:
        text = "Not while it is acknowledged"
    text += f"; at once {sooner}." if sooner else "."
    return NextSound(text=text, at=incident.acknowledged_until, worse=worse)


def _heard(watched: Watched, incident: Incident, now: datetime) -> NextSound:
    """Open and heard: reminders, a silence that ends, or something worse."""
    definition = watched.job.definition
    sooner, worse = _sooner(definition, incident)
    every, last = definition.realert_every, incident.last_sound_at
    remind_at = None if every is None or last is None else max(last + every, now)
    call_at = _calls_at(watched, incident)
    sound_at = min((at for at in (remind_at, call_at) if at is not None), default=None)
    quiet_at = audible.next_silence(incident, definition, watched.silencers, now)
    at: datetime | None
    if quiet_at is not None and (sound_at is None or quiet_at <= sound_at):
        silences, at = _silences(watched, incident, quiet_at)
        ends = " and then ".join(_ENDS[each.kind] for each in silences)
        text = f"When {ends} to come has ended, if it is still bad then"
    elif call_at is not None and call_at == sound_at:
        return _called(watched, incident, now)
    elif every is not None and remind_at is not None:
        at = remind_at
        text = f"A reminder every {durations.about(every)} until it is acknowledged"
    else:
        text = f"Only {sooner}." if sooner else "Not again while it is open."
        return NextSound(text=text, worse=worse)
    text += f"; at once {sooner}." if sooner else "."
    return NextSound(text=text, at=at, worse=worse)


def _calls_at(watched: Watched, incident: Incident) -> datetime | None:
    """When its escalation goes a step further; None if it does not."""
    climbs = escalations.climbs(incident, watched.silencers)
    return incident.escalate_at if climbs else None


def _called(watched: Watched, incident: Incident, now: datetime) -> NextSound:
    sooner, worse = _sooner(watched.job.definition, incident)
    text = "The next step of its escalation, unless somebody acknowledges it before"
    text += f"; at once {sooner}." if sooner else "."
    call_at = _calls_at(watched, incident)
    at = None if call_at is None else max(call_at, now)
    return NextSound(text=text, at=at, worse=worse)


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
