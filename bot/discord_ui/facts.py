"""What a card says about an incident, line by line and field by field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.core import calendars, incidents, run_lengths, zones
from bot.core.cards import Card, Child
from bot.core.kinds import (
    IncidentStatus,
    MuteScope,
    ScheduleKind,
    Severity,
    SilenceKind,
    Status,
)
from bot.core.models import Incident, Schedule
from bot.core.silencers import Mute
from bot.discord_ui import text

#: tags that are named one by one
_TAGS = 8
#: children that are named one by one
_CHILDREN = 12


@dataclass(frozen=True, slots=True)
class Field:
    """A name and what belongs to it; never empty."""

    name: str
    value: str


def summary(card: Card) -> str:
    """What is wrong, how often, and what the job is."""
    incident, definition = card.incident, card.job.definition
    words = incidents.WORDS[incident.kind]
    said = [f"{words[0].upper()}{words[1:]}"]
    if incident.count > 1:
        said[0] += f", {incident.count} times"
    if incident.flapping:
        said.append("flapping: it opens again and again, and stays open and quiet")
    if incident.down_for_good:
        said.append("down for good")
    # what every job has unless somebody says otherwise tells nobody anything
    usual = incident.severity is Severity.WARNING
    about = [] if usual else [f"severity {incident.severity}"]
    if definition.node:
        about.append(f"on {text.name(definition.node, limit=60)}")
    if definition.tags:
        named = [text.name(tag, limit=40) for tag in definition.tags[:_TAGS]]
        more = ["…"] if len(definition.tags) > _TAGS else []
        about.append(f"tags {', '.join(named + more)}")
    shown = [f"**{' · '.join(said)}**", " · ".join(about)]
    return "\n".join(filter(None, shown))


def lines(card: Card) -> Iterator[Field]:
    """The short facts, one to a line: side by side they are tall on a phone."""
    incident = card.incident
    yield Field("Since", both(incident.opened_at))
    if incident.resolved_at is not None:
        ended = text.moment(incident.resolved_at)
        yield Field("Resolved", f"{ended}, after {length(incident)}")
    if incident.due_at is not None:
        yield Field("Due", due(card.job.schedule, incident.due_at))
    last = card.state.last_ping_at
    yield Field("Last ping", "never" if last is None else text.when(last))
    if card.run is not None:
        yield Field("Took", run_lengths.words(card.run))
    if incident.count > 1:
        yield Field("Failures", _failures(card))


def _failures(card: Card) -> str:
    incident, in_a_row = card.incident, card.state.bad_in_a_row
    said = f"{incident.count} in all"
    if incident.resolved_at is None and in_a_row:
        said += f", {in_a_row} in a row"
    if incident.reopened:
        again = "once" if incident.reopened == 1 else f"{incident.reopened} times"
        said += f", opened again {again}"
    return said


def fields(card: Card) -> Iterator[Field]:
    """What may be long, but for the output."""
    if card.incident.resolved_at is None:
        yield from _quiet(card)
        yield from _escalation(card)
    if card.children:
        yield Field("Silent because of it", _children(card.children))
    if card.incident.in_maintenance:
        yield Field("Note", incidents.IN_MAINTENANCE)
    if card.incident.note:
        yield Field("Note", text.name(card.incident.note, limit=300))


def _quiet(card: Card) -> Iterator[Field]:
    """Who has it, and what else keeps it from sounding."""
    incident, silence = card.incident, card.silence
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        said = f"by {text.name(incident.acknowledged_by)}"
        if incident.acknowledged_at is not None:
            said += f", {text.when(incident.acknowledged_at)}"
        yield Field("Acknowledged", said + _until(incident.acknowledged_until))
    if silence is None:
        return
    if silence.mute is not None:
        yield Field("Muted", muted(silence.mute))
    elif card.state.status is Status.PAUSED:
        yield Field("Paused", f"by {text.name(card.state.paused_by)}")
    elif silence.kind not in (SilenceKind.ACKNOWLEDGEMENT, SilenceKind.PAUSED):
        why = f": {text.name(silence.remark, limit=200)}" if silence.remark else ""
        said = f"{text.name(silence.reason, limit=150)}{why}"
        yield Field("Silent", said + _until(silence.until))


def _escalation(card: Card) -> Iterator[Field]:
    """How far it has come, once somebody was called."""
    standing = card.escalation
    if standing is None or not standing.climbed:
        return
    if standing.is_exhausted:
        said = f"all {standing.total} steps are done, and nobody has it"
    else:
        said = f"step {standing.climbed} of {standing.total}"
    if standing.next_at is not None:
        said += f", the next one {text.when(standing.next_at)}"
    yield Field("Escalation", said)


def muted(mute: Mute) -> str:
    """Who muted what, why, and until when."""
    said = f"by {text.name(mute.created_by)}"
    if mute.scope is MuteScope.TAG:
        said += f", with all that has the tag {text.name(mute.target, limit=60)}"
    if mute.scope is MuteScope.NODE:
        said += f", with all of node {text.name(mute.target, limit=60)}"
    if mute.scope is MuteScope.ALL:
        said += ", with everything"
    if mute.reason:
        said += f": {text.name(mute.reason, limit=200)}"
    recovery = "\nuntil it recovers, at the latest" if mute.until_recovery else ""
    return said + (recovery or "\nuntil") + f" {both(mute.until_at)}"


def _children(children: Sequence[Child]) -> str:
    """The jobs below that are silent, the first of many."""
    named = [text.name(child.label, child.slug, limit=60) for child in children]
    more = len(named) - _CHILDREN
    return ", ".join(named[:_CHILDREN]) + (f" and {more} more" if more > 0 else "")


def _until(at: datetime | None) -> str:
    return "" if at is None else f"\nuntil {both(at)}"


def due(schedule: Schedule, at: datetime) -> str:
    """A due on the clock of its schedule, and in UTC if that is another."""
    zone = schedule.timezone
    if schedule.kind is ScheduleKind.ON_CALENDAR:
        zone = calendars.split_zone(schedule.expression)[1] or zone
    utc = at.astimezone(UTC)
    local = at.astimezone(ZoneInfo(zone)) if zones.is_known(zone) else utc
    if local.utcoffset() == utc.utcoffset():
        return f"{_clock(utc)} UTC"
    date = _clock(utc) if local.date() != utc.date() else _hour(utc)
    return f"{_clock(local)} {zone} ({date} UTC)"


def _clock(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b} {_hour(at)}"


def _hour(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def length(incident: Incident) -> str:
    """How long it lasted."""
    return text.span((incident.resolved_at or incident.updated_at) - incident.opened_at)


def both(at: datetime) -> str:
    """Date and time, and how far away that is."""
    return f"{text.moment(at)} ({text.when(at)})"
