"""What a place shows of an incident: one message, brought up to date as it develops."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.audible import Silence
from bot.core.models import Incident, Job, JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything that the message about one incident may say, as of `now`."""

    incident: Incident
    job: Job
    state: JobState
    #: why it makes no sound now; None: nothing silences it
    silence: Silence | None
    #: end of the newest output that a ping of this incident brought, masked; may be ""
    output: str = ""
    now: datetime
    #: stands in the footer; what a message is looked for by when an answer was lost
    mark: str
