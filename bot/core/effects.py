"""What should happen as the result of a rule; `engine/effects.py` makes rows of it."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.kinds import BlindId, IncidentId, JobId, MuteId, NotificationKind, Outcome


@dataclass(frozen=True, slots=True)
class CloseSlot:
    """The slot has this outcome now; the last word wins."""

    job_id: JobId
    due_at: datetime
    outcome: Outcome
    at: datetime
    #: the blind time in which its ping may have been missed
    blind_id: BlindId | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something has turned unknown because of a blind time: somebody is to know."""

    blind_id: BlindId


@dataclass(frozen=True, slots=True)
class Notify:
    """Somebody must be told; with a sound unless `sounds` is False."""

    job_id: JobId
    kind: NotificationKind
    at: datetime
    sounds: bool = True
    #: None for what is said of a job without an incident
    incident_id: IncidentId | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A line for the incident's story."""

    incident_id: IncidentId
    at: datetime
    kind: str
    text: str
    actor: str = ""


@dataclass(frozen=True, slots=True)
class EndMute:
    """A mute "until recovery" has done its work."""

    mute_id: MuteId
    at: datetime


Effect = CloseSlot | Unseen | Notify | Record | EndMute
