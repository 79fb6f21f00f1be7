"""The words of the domain as enumerations, and the types of its ids."""

from enum import StrEnum
from typing import NewType

JobId = NewType("JobId", int)
RunId = NewType("RunId", int)
PingId = NewType("PingId", int)
IncidentId = NewType("IncidentId", int)
MuteId = NewType("MuteId", int)
NotificationId = NewType("NotificationId", int)
WindowId = NewType("WindowId", int)
StormId = NewType("StormId", int)
BlindId = NewType("BlindId", int)


class JobKind(StrEnum):
    """Who makes the job happen."""

    HEARTBEAT = "heartbeat"
    COMMAND = "command"
    CHECK = "check"


class ScheduleKind(StrEnum):
    """How dues are named."""

    CRON = "cron"
    ON_CALENDAR = "on_calendar"
    INTERVAL = "interval"
    NONE = "none"


class Flavour(StrEnum):
    """Whose daylight-saving rule a calendar schedule follows."""

    CRON = "cron"
    SYSTEMD = "systemd"


class Status(StrEnum):
    """What is stored of a job's state; late and running are derived."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    PAUSED = "paused"


class Overlap(StrEnum):
    """What becomes of a run that is wanted while another one of its job is going on."""

    #: it is not run, which is recorded with what was in the way
    SKIP = "skip"
    #: it waits; only the newest one that waits is kept
    QUEUE = "queue"
    #: both go on, up to `max_parallel`
    ALLOW = "allow"
    #: the one that is going on is ended for it
    REPLACE = "replace"


class CatchUp(StrEnum):
    """Which dues that passed while Cronitor was away are run when it is back."""

    #: the newest, if it is recent enough
    LATEST = "latest"
    #: each, in order
    ALL = "all"
    NONE = "none"


class After(StrEnum):
    """What has to become of another job's run for this one to follow."""

    SUCCESS = "success"
    FAILURE = "failure"
    #: either
    END = "end"


class Severity(StrEnum):
    """How much a job matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class PingKind(StrEnum):
    """What a ping says, after classification."""

    START = "start"
    SUCCESS = "success"
    FAIL = "fail"
    LOG = "log"
    IGNORED = "ignored"


class Outcome(StrEnum):
    """What became of a slot or a run."""

    OK = "ok"
    LATE = "late"
    FAILED = "failed"
    MISSED = "missed"
    OVERRAN = "overran"
    TOO_SHORT = "too_short"
    LOST = "lost"
    SKIPPED = "skipped"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    MERGED = "merged"


class IncidentKind(StrEnum):
    """What an incident is about; `incidents.RANK` has the order."""

    #: its runs are not as usual any more
    DRIFT = "drift"
    TOO_SHORT = "too_short"
    MISSED = "missed"
    OVERRAN = "overran"
    FAILED = "failed"
    LOST = "lost"


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class NotificationKind(StrEnum):
    """Why somebody is told."""

    OPENED = "opened"
    WORSENED = "worsened"
    REOPENED = "reopened"
    REMINDER = "reminder"
    UNSILENCED = "unsilenced"
    DOWN_FOR_GOOD = "down_for_good"
    #: nobody has acknowledged it for long: the next ones are called
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    NEVER_SEEN = "never_seen"
    #: about no job: a channel cannot be reached any more, or again
    CHANNEL_LOST = "channel_lost"
    CHANNEL_BACK = "channel_back"
    #: about many jobs: incidents that are told as one
    STORM = "storm"
    #: about no job: nothing can be stored any more, or again
    STORAGE_LOST = "storage_lost"
    STORAGE_BACK = "storage_back"
    #: about no job: an older state of everything was restored
    DATABASE_RESTORED = "database_restored"
    #: a time in which Cronitor could not see, and what turned unknown of it later
    BLIND = "blind"
    BLIND_UNKNOWN = "blind_unknown"
    #: the receiver seems cut off from its jobs, or is no longer
    CUT_OFF = "cut_off"
    CUT_OFF_OVER = "cut_off_over"
    #: a job whose row breaks a rule of Cronitor itself is not watched
    JOB_PARKED = "job_parked"
    #: what a day or a week was like
    SUMMARY = "summary"


#: what is said of Cronitor itself
NOTICES = frozenset(
    {
        NotificationKind.CHANNEL_LOST,
        NotificationKind.CHANNEL_BACK,
        NotificationKind.STORM,
        NotificationKind.STORAGE_LOST,
        NotificationKind.STORAGE_BACK,
        NotificationKind.DATABASE_RESTORED,
        NotificationKind.BLIND,
        NotificationKind.BLIND_UNKNOWN,
        NotificationKind.CUT_OFF,
        NotificationKind.CUT_OFF_OVER,
        NotificationKind.JOB_PARKED,
        NotificationKind.SUMMARY,
    }
)
#: those among them that make a sound
LOUD_NOTICES = NOTICES - {
    NotificationKind.CHANNEL_BACK,
    NotificationKind.STORAGE_BACK,
    NotificationKind.CUT_OFF_OVER,
    NotificationKind.SUMMARY,
}


class BlindReason(StrEnum):
    """Why Cronitor could not see for a while."""

    #: it was stopped, and has said so
    STOPPED = "stopped"
    #: it ended without a word: a crash, a kill, a power cut
    CRASHED = "crashed"
    #: the machine slept
    ASLEEP = "asleep"
    #: the process did not come to do anything
    STALLED = "stalled"
    #: nothing could be stored, so pings were refused
    REFUSED = "refused"
    #: the clock was set forward
    CLOCK_FORWARD = "clock_forward"
    #: the clock shows a moment that has been already
    CLOCK_BACK = "clock_back"


class BulletinKind(StrEnum):
    """What a message beside the cards of incidents is about."""

    BLIND = "blind"
    STORM = "storm"


class MuteScope(StrEnum):
    """What a mute covers."""

    JOB = "job"
    TAG = "tag"
    NODE = "node"
    ALL = "all"


class WindowScope(StrEnum):
    """What a maintenance window covers."""

    JOB = "job"
    TAG = "tag"
    NODE = "node"
    ALL = "all"


class InhibitorKind(StrEnum):
    """What stands above a job."""

    #: the heartbeat of its machine
    NODE = "node"
    #: a job that it depends on
    PARENT = "parent"
    #: Cronitor itself, when it seems to be cut off
    RECEIVER = "receiver"


class SilenceKind(StrEnum):
    """What silences an incident, the strongest first."""

    PAUSED = "paused"
    MAINTENANCE = "maintenance"
    MUTE = "mute"
    ACKNOWLEDGEMENT = "acknowledgement"
    INHIBITION = "inhibition"
    QUIET_HOURS = "quiet_hours"
    STORM = "storm"
    GROUP_WAIT = "group_wait"


class ActorKind(StrEnum):
    """From where somebody acted."""

    CLI = "cli"
    API = "api"
    FILE = "file"
    PING = "ping"
    DISCORD = "discord"
    SYSTEM = "system"
