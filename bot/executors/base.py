"""What the engine asks of a place where commands run."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

#: from TERM to KILL
GRACE_S = 10.0
OUTPUT_LIMIT = 1_000_000


class State(StrEnum):
    """Where a run is."""

    #: taken, and not a process yet
    WAITING = "waiting"
    RUNNING = "running"
    #: its executor was killed: the process lives, and its end will not be known
    LOST = "lost"
    ENDED = "ended"


class Ending(StrEnum):
    """How a run ended."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    COULD_NOT_START = "could_not_start"
    #: it is gone, and nobody saw how
    LOST = "lost"


class Refusal(StrEnum):
    """Why an order did not become a process."""

    #: the id is known: it was started before, or could not be
    SEEN = "seen"
    #: missing file, no permission, bad folder, unknown user ...; the id is taken
    COULD_NOT_START = "could_not_start"
    #: the id cannot be written down, or the executor is being stopped: nothing was
    #: done, and it may be tried again
    NOT_RECORDED = "not_recorded"
    #: a field breaks a rule; nothing was done
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to run, and how; the user's own words are not interpreted any more."""

    #: names files: letters, digits and `_.:-`, 128 at most
    id: str
    argv: tuple[str, ...]
    #: `/bin/sh -c` with the first of argv as its text
    shell: bool = False
    cwd: str = "/"
    #: None: the executor's own
    user: str | None = None
    #: all there is; CRONITOR_RUN_MARK is added, by which leftovers are found
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    umask: int = 0o022
    #: as the system counts it, not relative; None: the executor's own
    nice: int | None = None
    #: of address space; macOS does not hold to it
    memory_bytes: int | None = None
    #: of processor time: XCPU then, KILL five seconds later
    cpu_s: int | None = None
    timeout_s: float | None = None
    #: head and tail together
    output_limit: int = OUTPUT_LIMIT
    #: secrets that must not reach a disk
    masks: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An order has become a process."""

    id: str
    pid: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An order has not."""

    id: str
    why: Refusal
    #: for a person
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that an executor knows of one run."""

    id: str
    state: State
    #: 0: there never was a process
    pid: int = 0
    started_at: datetime | None = None
    #: bytes in all, masked; what is left out counts
    output_size: int = 0
    #: why some of it could not be stored
    output_error: str = ""
    #: it is being ended, and this will be how; only until it has ended
    stopping: Ending | None = None
    ending: Ending | None = None
    exit_code: int | None = None
    signal: int | None = None
    #: for a person: why it could not start, why it is lost, what was left behind
    reason: str = ""
    ended_at: datetime | None = None
    #: never less than what the supervisor had when it made the process
    max_rss_bytes: int | None = None
    user_s: float | None = None
    system_s: float | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of output, and when it came."""

    #: in the whole output; more than where the last one ended: that is left out
    offset: int
    at: datetime
    data: bytes

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.offset + len(self.data)

    def since(self, offset: int) -> "Chunk":
        """What of it is not before that offset."""
        skipped = max(offset - self.offset, 0)
        return Chunk(self.offset + skipped, self.at, self.data[skipped:])


class EventKind(StrEnum):
    """What an executor tells by itself."""

    #: the executor is there, perhaps again: `reports` says what happened meanwhile
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    STARTED = "started"
    GREW = "grew"
    ENDED = "ended"
    #: every five seconds
    ALIVE = "alive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that an executor tells by itself."""

    kind: EventKind
    #: of the run; empty: it is about the executor
    id: str = ""
    #: with started and ended
    report: Report | None = None
    #: with grew
    output_size: int = 0


class Executor(Protocol):
    """A place where commands run, whether or not somebody is connected to it.

    Contract: an id is run once at most, also when its order comes again, the executor
    was restarted, or the id was forgotten some days ago; a report is kept until
    `forget`. Events say early what `reports` says in any case: each may be lost, so
    whoever sees CONNECTED asks `reports`. Every method raises Unavailable while the
    executor is not there; after that of `start`, `reports` tells which of the orders
    arrived.
    """

    async def start(self, orders: Sequence[Order]) -> list[Started | Refused]:
        """Make processes of them, all at once; answers in the same order."""
        ...

    async def cancel(self, ids: Sequence[str], grace_s: float = GRACE_S) -> list[str]:
        """TERM, and after the grace KILL; which of them are not over."""
        ...

    async def reports(self, ids: Sequence[str] | None = None) -> list[Report]:
        """All runs that it knows, or those of these ids that it knows."""
        ...

    async def output(self, run_id: str, start: int = 0) -> list[Chunk]:
        """What is kept of the output from that offset on; OSError: it is unreadable."""
        ...

    def follow(self, run_id: str, start: int = 0) -> AsyncIterator[Chunk]:
        """The output as it comes, until the run has ended."""
        ...

    async def forget(self, ids: Sequence[str]) -> None:
        """Throw reports and output away; what has not ended stays, and ids do."""
        ...

    def events(self) -> AsyncIterator[Event]:
        """What happens from now on."""
        ...
