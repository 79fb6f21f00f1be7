"""The records and enumerations that every room speaks of; frozen, and free of I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.commands import Command
from bot.core.kinds import (
    ActorKind,
    BlindId,
    Flavour,
    IncidentId,
    IncidentKind,
    IncidentStatus,
    JobId,
    JobKind,
    NotificationId,
    NotificationKind,
    Outcome,
    PingKind,
    RunId,
    ScheduleKind,
    Severity,
    Status,
    StormId,
)
from bot.core.records import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it, as the audit log and the cards show it."""

    kind: ActorKind
    name: str

    def __str__(self) -> str:
        """`name (kind)`, as a person reads it."""
        return f"{self.name} ({self.kind})"


SYSTEM = Actor(kind=ActorKind.SYSTEM, name="cronitor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a job is due. Build it with `schedules.parse`, which refuses nonsense."""

    kind: ScheduleKind = ScheduleKind.NONE
    #: the cron or OnCalendar text as it was typed; empty for the other kinds
    expression: str = ""
    #: only for kind interval; 1 s or more
    interval: timedelta | None = None
    #: IANA name; dues of cron and OnCalendar are wall times of this zone
    timezone: str = "UTC"
    flavour: Flavour = Flavour.CRON
    #: what `H` in a cron expression is derived from (the job's UUID), else empty
    hash_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Keyword filters on a ping's body; empty tuples are off (section 4)."""

    success: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    #: what a body without any keyword means, as `ignored` or None for the suffix
    default_ignored: bool = False

    def __bool__(self) -> bool:
        """Whether any filter is on."""
        return bool(self.success or self.failure or self.start or self.default_ignored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a person says about a job: the same from CLI, API, TOML and Discord."""

    slug: str
    kind: JobKind = JobKind.HEARTBEAT
    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    node: str = ""
    severity: Severity = Severity.WARNING
    schedule: Schedule = Schedule()
    #: None: a tenth of the period, 60 s to 30 min, worked out for each slot
    grace: timedelta | None = None
    #: widens the window of a slot (systemd's AccuracySec and RandomizedDelaySec)
    jitter: timedelta = timedelta()
    #: None: see `runs.deadline_of`
    max_runtime: timedelta | None = None
    min_runtime: timedelta | None = None
    failure_tolerance: int = 1
    recovery_threshold: int = 1
    realert_every: timedelta | None = None
    #: a new job may miss before its first event
    strict_start: bool = False
    #: "POST": other methods are recorded as ignored; "": all count
    methods: str = ""
    filters: Filters = Filters()
    manual_resume: bool = False
    depends_on: tuple[str, ...] = ()
    #: the node whose sign of life it is: while it is down, so is the node
    stands_for_node: str = ""
    #: runs that are not as usual any more open an incident
    alert_on_drift: bool = False
    #: what is run; only for kind command
    command: Command | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A stored job: its definition and what never changes with an event."""

    id: JobId
    uuid: str
    definition: Definition
    created_at: datetime
    #: counts changes of the definition, from 1
    revision: int = 1
    #: it came from a `[[job]]` file and `apply --prune` may remove it
    declared: bool = False
    archived_at: datetime | None = None
    #: the UUID before the ping URL was rotated for the first time; "": it never was
    first_uuid: str = ""

    @property
    def seed(self) -> str:
        """What an `H` in the schedule is derived from: dues survive a rotation."""
        return self.first_uuid or self.uuid

    @property
    def slug(self) -> str:
        """The definition's slug."""
        return self.definition.slug

    @property
    def schedule(self) -> Schedule:
        """The definition's schedule."""
        return self.definition.schedule

    @property
    def label(self) -> str:
        """The name a person gave it, else the slug."""
        return self.definition.name or self.definition.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opening of an incident, for the flapping rule."""

    at: datetime
    #: `JobState.outcome_count` at that moment
    outcome_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """The small part of a job that events change."""

    job_id: JobId
    status: Status = Status.NEW
    #: status to return to on resume; only while paused
    paused_from: Status | None = None
    paused_by: str = ""
    #: due of the oldest open slot; None: no slot is armed
    due_at: datetime | None = None
    #: when the slot of `due_at` is missed; None with it
    slot_deadline_at: datetime | None = None
    #: first of `slot_deadline_at` and the deadlines of runs that are open and in time
    deadline_at: datetime | None = None
    #: first moment at which the watchdog must look, `deadline_at` among them; its index
    wake_at: datetime | None = None
    #: when to say that a new job has never reported; None once it has
    remind_at: datetime | None = None
    #: due of the newest missed or unknown slot that a later ping may still decide
    missed_due_at: datetime | None = None
    #: due of the newest counted miss, or start of a run that overran if that is later:
    #: a run that started before this resolves nothing
    guard_due_at: datetime | None = None
    #: due of the newest slot that an event has satisfied
    held_due_at: datetime | None = None
    #: when the maintenance ends that has suppressed something of this job
    maintained_until: datetime | None = None
    #: the newest outcome inside, if it was bad, and its due
    suppressed: Outcome | None = None
    suppressed_due_at: datetime | None = None
    last_outcome: Outcome | None = None
    last_ping_at: datetime | None = None
    last_ping_kind: PingKind | None = None
    last_duration: timedelta | None = None
    #: how long after its due it usually reports, and how long its runs usually take
    usual_lateness: timedelta | None = None
    usual_runtime: timedelta | None = None
    bad_in_a_row: int = 0
    good_in_a_row: int = 0
    #: outcomes that counted (good or bad), for the flapping rule
    outcome_count: int = 0
    openings: tuple[Opening, ...] = ()
    #: pings recorded of this job
    ping_count: int = 0
    #: open runs of this job
    open_runs: int = 0
    #: the newest incident, open or resolved
    incident_id: IncidentId | None = None


@record
class Ping:
    """One report about a job as it came in and was classified."""

    job_id: JobId
    #: what it was taken as
    kind: PingKind
    at: datetime
    #: what the URL's suffix said, before filters and methods
    said: PingKind
    exit_status: int | None = None
    #: pairs a start with its end; canonical lower-case UUID
    rid: str | None = None
    method: str = "GET"
    #: where it came from: http, cli, run, check
    source: str = "http"
    address: str = ""
    agent: str = ""
    #: head and tail of the body, with a mark where something was left out
    body: bytes = b""
    #: length of the whole body in bytes
    body_size: int = 0
    #: why it was ignored; empty otherwise
    reason: str = ""
    #: its sender kept it for later, and may send it again under the same id
    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution, from its start to its end or its overrun."""

    id: RunId
    job_id: JobId
    started_at: datetime
    rid: str | None = None
    #: when it has run too long
    deadline_at: datetime | None = None
    #: the due of the slot that its start satisfied
    due_at: datetime | None = None
    #: that slot had been missed when it started
    late: bool = False
    #: nobody waits for its end: a later start without rid took its place (its deadline
    #: still holds), a later run succeeded after it overran, or the job was paused
    superseded: bool = False
    #: its deadline passed while it was open
    overran: bool = False
    ended_at: datetime | None = None
    #: None while open and in time
    outcome: Outcome | None = None
    exit_status: int | None = None
    #: the blind time in which its end may have been missed
    blind_id: BlindId | None = None

    @property
    def duration(self) -> timedelta | None:
        """End minus start; None while open."""
        return None if self.ended_at is None else self.ended_at - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One due of one job and what became of it; (job_id, due_at) is unique."""

    job_id: JobId
    due_at: datetime
    outcome: Outcome
    #: when the outcome was decided; the deadline for a miss
    decided_at: datetime
    #: the blind time in which its ping may have been missed
    blind_id: BlindId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A job that is not well, from opening to resolution; one open one per job."""

    id: IncidentId
    job_id: JobId
    kind: IncidentKind
    status: IncidentStatus
    #: the moment it is about: the deadline for a miss, never the moment of noticing
    opened_at: datetime
    updated_at: datetime
    #: counts changes, from 1: what a place that shows it compares itself with
    revision: int = 1
    #: bad outcomes in it
    count: int = 1
    last_bad_at: datetime
    #: the due it is about; None for a failure outside any slot
    due_at: datetime | None = None
    severity: Severity = Severity.WARNING
    flapping: bool = False
    #: bad outcomes in a row since it was found to flap
    flapping_bad: int = 0
    #: "down for good" was said
    down_for_good: bool = False
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    #: when the acknowledgement ends
    acknowledged_until: datetime | None = None
    resolved_at: datetime | None = None
    #: who or what resolved it, in words
    resolution: str = ""
    #: times it was opened again within ten minutes of a resolution
    reopened: int = 0
    #: the sound that is owed as soon as nothing silences it
    sound_due: NotificationKind | None = None
    #: something silences it; when that ends, it sounds once
    silenced: bool = False
    #: sounds made so far
    sounds: int = 0
    last_sound_at: datetime | None = None
    #: when to ask `audible` again (end of a mute or an acknowledgement, reminder)
    review_at: datetime | None = None
    #: changes of the job that a reader must know, in words
    note: str = ""
    #: what opened it happened while planned work went on
    in_maintenance: bool = False
    #: the incident above that silences it
    inhibited_by: IncidentId | None = None
    #: the storm that was told in its place
    storm_id: StormId | None = None
    #: until then it waits for others of its group before anything is posted
    waits_until: datetime | None = None
    #: rungs of the escalation that were climbed
    escalated: int = 0
    #: when the next one is due; None: none is to come
    escalate_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """One line of an incident's story."""

    incident_id: IncidentId
    at: datetime
    #: opened, worsened, reopened, bad, good, acknowledged, resolved, flapping, note
    kind: str
    text: str
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Somebody is to be told; `id` is what makes a resend recognisable."""

    id: NotificationId
    #: None for a notice, which is about Cronitor itself
    job_id: JobId | None
    kind: NotificationKind
    at: datetime
    #: None for a notice, and for what is said of a job without an incident
    incident_id: IncidentId | None = None
    #: False for what is told without a sound (a resolution)
    sounds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A notification on its way to one place."""

    notification_id: NotificationId
    #: name of the notifier: log, webhook ...
    channel: str
    kind: NotificationKind
    at: datetime
    sounds: bool
    #: `{"job": view, "incident": view or None}` as of when it had to be said; of a
    #: notice `{"job": None, "incident": None, "text": line}`
    snapshot: Mapping[str, object]
    #: times that it was tried before
    attempts: int
    #: a send was begun whose answer is not known: when, and in which channel
    begun_at: datetime | None = None
    begun_in: int | None = None
