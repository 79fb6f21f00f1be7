"""One run as the supervisor keeps it while it is not over."""

import os
from typing import Any

from bot.executors import wire
from bot.executors.outputs import Output
from bot.executors.timers import Timer
from bot.executors.wire import Message

#: what a pipe holds; larger reads are slower, they leave the processor's cache
_READ = 64 << 10

#: what a run is
WAITING, RUNNING, LOST, ENDED = "waiting", "running", "lost", "ended"
#: how it ended; LOST too
EXITED, SIGNALLED, TIMED_OUT = "exited", "signalled", "timed_out"
CANCELLED, COULD_NOT_START = "cancelled", "could_not_start"


class Run:
    """State of one id, from the order to the end."""

    __slots__ = (
        *("id", "path", "mark", "state", "pid", "born", "started_us", "output"),
        *("limit", "masked", "ends_at"),
        *("reader", "deaf", "why_ending", "kill_at", "swept", "known"),
        *("is_gone", "status", "usage", "ended_us", "drain_until", "timer", "reason"),
    )

    def __init__(self, run_id: str, outputs: str, *, limit: int, masked: bool) -> None:
        self.id = run_id
        #: what its files are called, without the ending
        self.path = os.path.join(outputs, run_id)
        self.mark = wire.mark(outputs, run_id)
        self.state = WAITING
        self.pid = 0
        self.born = ""
        self.started_us = 0
        self.output: Output | None = None
        self.limit = limit
        self.masked = masked
        #: where its output arrives; -1: nowhere, nothing more can come
        self.reader = -1
        #: it is over, and what still comes is thrown away
        self.deaf = False
        #: timed_out or cancelled; empty: nobody is ending it
        self.why_ending = ""
        self.kill_at = 0.0
        #: nothing is left of a run that was being ended
        self.swept = False
        self.known: set[tuple[int, str]] = set()
        #: a lost one whose process is not there any more
        self.is_gone = False
        #: as wait gave it; None: it has not ended
        self.status: int | None = None
        self.usage: Any = None
        self.ended_us = 0
        self.drain_until = 0.0
        #: its timeout, on the monotonic clock; None: it may take as long as it likes
        self.ends_at: float | None = None
        self.timer: Timer | None = None
        self.reason = ""

    @property
    def is_over(self) -> bool:
        """Its process is not there any more."""
        return self.status is not None or self.is_gone

    def usual_ending(self) -> str:
        """How it ended if nobody had a hand in it."""
        if self.status is None:
            return LOST
        return EXITED if os.WIFEXITED(self.status) else SIGNALLED

    def read(self, at_us: int) -> int:
        """Take what has come, and say how much; 0: nothing can come any more.

        BlockingIOError: nothing has come.
        """
        data = os.read(self.reader, _READ)
        if self.output is not None and not self.deaf:
            self.output.take(data, at_us)
        return len(data)

    def report(self) -> Message:
        """What the client is told about it."""
        return {
            "id": self.id,
            "state": self.state,
            "pid": self.pid,
            "started_us": self.started_us,
            "output": self.output.size if self.output else 0,
            "output_error": self.output.error if self.output else "",
            "stopping": self.why_ending,
            "reason": self.reason,
        }

    def end(self, ending: str, reason: str = "") -> Message:
        """The last report, which is kept; it has its output no more."""
        self.state = ENDED
        self.reason = reason or self.reason
        code = None if self.status is None else os.waitstatus_to_exitcode(self.status)
        ended = self.report() | {
            "stopping": "",
            "ending": ending,
            "ended_us": self.ended_us,
            "code": code if code is not None and code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
        }
        if self.usage is not None:
            ended["max_rss"] = self.usage.ru_maxrss
            ended["user_s"] = round(self.usage.ru_utime, 6)
            ended["system_s"] = round(self.usage.ru_stime, 6)
        return ended
