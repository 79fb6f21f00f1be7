"""What silences an incident or makes it louder, apart from its job and itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.kinds import (
    IncidentId,
    InhibitorKind,
    MuteId,
    MuteScope,
    ScheduleKind,
    Severity,
    StormId,
    WindowId,
    WindowScope,
)
from bot.core.models import Schedule

_ONCE = Schedule()
_NO_TIME = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Silence with an end, a reason and an owner."""

    id: MuteId
    scope: MuteScope
    #: slug or tag; empty for everything
    target: str = ""
    reason: str = ""
    created_by: str
    created_at: datetime
    until_at: datetime
    #: also ends when the job recovers
    until_recovery: bool = False
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Planned work: once, or whenever its schedule says."""

    id: WindowId
    #: what a file calls it; empty for one that somebody made by hand
    name: str = ""
    scope: WindowScope
    #: slug, tag or node; empty for everything
    target: str = ""
    reason: str = ""
    created_by: str
    created_at: datetime
    #: nothing is covered before: the start of a single one, else when it was made
    starts_at: datetime
    #: when it starts again and again; of kind none for a single one
    schedule: Schedule = _ONCE
    duration: timedelta
    #: it was ended early, or taken out of its file
    ended_at: datetime | None = None

    @property
    def is_recurring(self) -> bool:
        """Whether it comes back."""
        return self.schedule.kind is not ScheduleKind.NONE

    @property
    def ends_at(self) -> datetime | None:
        """When the last of it is over; None: not foreseen."""
        planned = None if self.is_recurring else self.starts_at + self.duration
        if self.ended_at is None or planned is None:
            return self.ended_at or planned
        return min(self.ended_at, planned)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when to when people are not to be woken; build it with `quiet_hours`."""

    #: as it was typed, such as 22:00-07:00
    text: str
    begins: Schedule
    ends: Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibitor:
    """Something above a job that is not well, and is heard or taken care of."""

    kind: InhibitorKind
    #: the node, or the slug of the parent
    name: str
    #: None for what has no incident of its own
    incident_id: IncidentId | None = None
    #: it silences misses that opened then or later
    opened_at: datetime
    #: when it may silence nothing any more, as far as that is known
    until: datetime | None = None
    #: the job depends on itself by way of this: at one moment the older number wins
    is_mutual: bool = False
    #: it may have worked meanwhile: what was heard is not silenced again
    wavers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """Many incidents at once that are told as one."""

    id: StormId
    #: `node nas`, `tag db` or `all`
    group: str
    opened_at: datetime
    #: when the newest member joined
    joined_at: datetime
    #: when it is over unless another one joins
    ends_at: datetime
    #: incidents that have joined
    count: int
    #: counts changes, from 1
    revision: int = 1
    #: all of them were resolved
    ended_at: datetime | None = None
    #: of its members, the one that calls people for all of them
    speaker: IncidentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who is called once an incident was open so long; ids are Discord's."""

    #: since the first sound of the round
    after: timedelta
    #: mentioned in the channel
    roles: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    #: written to directly
    direct: tuple[int, ...] = ()
    #: it is said in the fallback channel as well
    fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Steps, from the first to the last, that are gone through again and again."""

    #: never empty, each later than the one before
    steps: tuple[Step, ...]
    rounds: int
    #: a round begins so long after the round before; longer than its last step
    repeat_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of one round."""

    #: after the rung before
    wait: timedelta
    #: from 1
    round: int
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRules:
    """The policies of the settings; a tag comes before a severity."""

    by_tag: Mapping[str, Escalation] = field(default_factory=dict)
    by_severity: Mapping[Severity, Escalation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silencers:
    """Everything around one job that may silence its incident."""

    #: every mute that is running, of whatever scope
    mutes: tuple[Mute, ...] = ()
    #: windows of any scope, with those that ended lately
    windows: tuple[Window, ...] = ()
    quiet_hours: QuietHours | None = None
    #: what stands above this job and silences its misses now
    inhibitors: tuple[Inhibitor, ...] = ()
    #: the storm that its incident is in
    storm: Storm | None = None
    #: how long a new incident of this job waits for others
    group_wait: timedelta = _NO_TIME
    #: who is called when nobody takes care of it
    escalation: Escalation | None = None


NOTHING = Silencers()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundRules:
    """What the settings say about sounds."""

    quiet_hours: QuietHours | None = None
    #: how long new incidents of jobs with a tag wait for others
    group_waits: Mapping[str, timedelta] = field(default_factory=dict)
    #: None: nobody is called
    escalations: EscalationRules | None = None


#: without settings there is no silence
ALWAYS = SoundRules()
