"""What may sound now: one pure function for every incident and every moment."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core import incidents, mutes
from bot.core.effects import Notify
from bot.core.kinds import IncidentStatus, NotificationKind, Status
from bot.core.models import Definition, Incident, JobState, Mute
from bot.core.transitions import Draft


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing may sound, and until when as far as that is known."""

    reason: str
    until: datetime | None
    #: the mute that does it, if it is one
    mute: Mute | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The incident after asking, and what is to be said (None: nothing)."""

    incident: Incident
    notify: Notify | None


def silence(
    incident: Incident,
    definition: Definition,
    state: JobState,
    running: tuple[Mute, ...],
    now: datetime,
) -> Silence | None:
    """What silences an incident at `now`, the strongest reason first, or None.

    Precedence: paused, mute, acknowledgement.
    """
    if state.status is Status.PAUSED:
        return Silence(f"paused by {state.paused_by}", None)
    mute = mutes.applying(running, definition, now)
    if mute is not None:
        return Silence(f"muted by {mute.created_by}", mute.until_at, mute)
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        by = incident.acknowledged_by
        return Silence(f"acknowledged by {by}", incident.acknowledged_until)
    return None


def decide(
    incident: Incident,
    definition: Definition,
    state: JobState,
    running: tuple[Mute, ...],
    now: datetime,
) -> Decision:
    """Make the sound that is owed, if it may be made, and say when to ask again."""
    if incident.resolved_at is not None:
        return _told(incident, now)
    incident = incidents.lapse(incident, now)
    quiet = silence(incident, definition, state, running, now)
    if quiet is not None:
        return _silenced(incident, quiet)
    kind = _owed(incident, definition.realert_every, now)
    if kind is None:
        return Decision(_reviewed(incident, definition.realert_every), None)
    incident = replace(
        incident,
        sound_due=None,
        silenced=False,
        sounds=incident.sounds + 1,
        last_sound_at=now,
    )
    notify = Notify(incident.job_id, kind, now, True, incident.id)
    return Decision(_reviewed(incident, definition.realert_every), notify)


def _owed(
    incident: Incident, realert_every: timedelta | None, now: datetime
) -> NotificationKind | None:
    if incident.sound_due is not None:
        return incident.sound_due
    if incident.silenced:
        return NotificationKind.UNSILENCED
    last = incident.last_sound_at
    if realert_every is not None and last is not None and now >= last + realert_every:
        return NotificationKind.REMINDER
    return None


def _reviewed(incident: Incident, realert_every: timedelta | None) -> Incident:
    review_at = None
    if realert_every is not None and incident.last_sound_at is not None:
        review_at = incident.last_sound_at + realert_every
    return replace(incident, review_at=review_at, silenced=False)


def _silenced(incident: Incident, quiet: Silence) -> Decision:
    """Nothing now; what was owed is said when the silence ends."""
    acknowledged = incident.status is IncidentStatus.ACKNOWLEDGED
    return Decision(
        replace(
            incident,
            silenced=not acknowledged,
            sound_due=None if acknowledged else incident.sound_due,
            review_at=quiet.until,
        ),
        None,
    )


def _told(incident: Incident, now: datetime) -> Decision:
    """A resolution is told once, without a sound; what was still owed is dropped."""
    notify = None
    if incident.sound_due is NotificationKind.RESOLVED:
        notify = Notify(
            incident.job_id, NotificationKind.RESOLVED, now, False, incident.id
        )
    quiet = replace(incident, sound_due=None, silenced=False, review_at=None)
    return Decision(quiet, notify)


def speak(draft: Draft) -> None:
    """Ask `decide` about the incident of a decision in progress."""
    if draft.incident is None:
        return
    decision = decide(
        draft.incident, draft.job.definition, draft.state, draft.mutes, draft.now
    )
    draft.incident = decision.incident
    if decision.notify is not None:
        draft.effects.append(decision.notify)
