"""Attempts to run something, from the wish to the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.core.kinds import JobId

ExecutionId = NewType("ExecutionId", int)

#: by whom a due is wished, and one that passed while Cronitor was away
BY_SCHEDULE = "schedule"
BY_CATCHING_UP = "schedule, caught up on"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Stage(StrEnum):
    """How far an execution has come."""

    #: it waits for its time, for a free place, or for another run to end
    WAITING = "waiting"
    #: it was handed to the executor, which has not said that it began
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"


class End(StrEnum):
    """How an execution ended."""

    OK = "ok"
    #: an exit code that is no success, or a signal
    FAILED = "failed"
    #: it ended well and has not produced what was expected
    UNMET = "unmet"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    #: it could not be started
    NOT_STARTED = "not_started"
    #: nobody knows how it ended
    LOST = "lost"
    #: it was never tried
    SKIPPED = "skipped"


#: after these a person, or a retry, has something to mend
BAD = frozenset({End.FAILED, End.UNMET, End.TIMEOUT, End.NOT_STARTED, End.LOST})


class Trigger(StrEnum):
    """What has started it."""

    SCHEDULE = "schedule"
    PERSON = "person"
    API = "api"
    #: the end of another job's run
    AFTER = "after"
    #: Cronitor itself has started
    START = "start"
    #: a file or folder has changed
    WATCH = "watch"
    #: a request to the job's webhook
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One attempt, from the wish to its end."""

    id: ExecutionId
    job_id: JobId
    #: the due, or what makes a wish the same one when it comes again
    key: str
    #: from 1
    attempt: int = 1
    due_at: datetime | None = None
    trigger: Trigger
    #: who or what wished it, in words
    by: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    #: what its trigger tells it, by the names of variables without CRONITOR_
    handed: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    stage: Stage = Stage.WAITING
    queued_at: datetime
    #: not before then
    ready_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    end: End | None = None
    exit_status: int | None = None
    signal: int | None = None
    #: why it was skipped, could not start, or was cancelled, and by whom
    reason: str = ""
    #: pairs its pings, those of all attempts
    rid: str
    #: who wants it to end; empty: nobody
    cancelled_by: str = ""
    #: bytes that it has printed, as far as known
    output_size: int = 0

    @property
    def dispatch_id(self) -> str:
        """What the executor knows it by, and never runs twice."""
        return f"{self.job_id}-{self.key}-{self.attempt}"

    @property
    def is_active(self) -> bool:
        """Whether a process of it may exist."""
        return self.stage in (Stage.STARTING, Stage.RUNNING)

    @property
    def is_caught_up(self) -> bool:
        """Whether it is one of several dues that are run one after the other."""
        return self.trigger is Trigger.SCHEDULE and self.by == BY_CATCHING_UP


def skipped(execution: Execution, why: str, now: datetime) -> Execution:
    """It is over, and was never tried."""
    end = End.SKIPPED
    return replace(execution, stage=Stage.ENDED, end=end, reason=why, ended_at=now)


def key_of_due(due_at: datetime) -> str:
    """The key of all attempts at a due."""
    return f"d{(due_at - _EPOCH) // _MICROSECOND}"
