"""Tells the server of one run, beside it: the command never waits for this.

A thread sends the start, then what is kept of earlier runs, then the end. What has not
been taken in time goes to the spool; since each report has an id of its own, it does no
harm if the server has it after all.
"""

from _thread import allocate_lock, start_new_thread

from bot.clock import SystemClock
from bot.node import couriers
from bot.node.couriers import Courier
from bot.node.flushes import Flush, told
from bot.node.reports import Report
from bot.node.spools import Spool, Unusable

#: seconds that the start may take while the command runs
_START_S = 10.0
#: seconds that the end may take, if nothing speaks against the server
_END_S = 3.0
#: seconds that it may take if the start was not taken
_DOUBTFUL_END_S = 1.0
#: seconds after which the start is sent again while the command runs: a job that has
#: started is not missed, though the network came up after it
_RETRY_S = 2.0
_LONGEST_RETRY_S = 300.0
#: a start that is sent later than this says when it was
_LATE_S = 1.0
#: seconds for what is kept, while the command runs
_FLUSH_S = 86_400.0
_DONE = (couriers.TAKEN, couriers.REFUSED)


class Reporter:
    """Reports one run."""

    def __init__(
        self, courier: Courier | None, spool: Spool, clock: SystemClock
    ) -> None:
        self._courier = courier
        self._spool = spool
        self._clock = clock
        self._lock = allocate_lock()
        self._waiting: list[Report] = []
        #: names in the spool, by the id of the event
        self._kept: dict[str, str] = {}
        self._ending = allocate_lock()
        self._ending.acquire()
        self._ended = allocate_lock()
        self._ended.acquire()
        self._until = 0.0
        self._began = 0.0
        self._verdict = ""
        #: why the last report that was not taken was not
        self._trouble = ""
        #: the spool has reports of earlier runs that could be sent now
        self.leaves_work = False
        #: what a person should read
        self.lines: list[str] = []

    def start(self, report: Report) -> None:
        """Send this, and whatever follows, from a thread."""
        self._began = self._clock.monotonic()
        self._until = self._began + _START_S
        self._waiting.append(report)
        if self._courier is None:
            self._keep([report])
            self._verdict = couriers.AWAY
            self._ended.release()
        else:
            start_new_thread(self._work, ())

    def end(self, report: Report) -> None:
        """Send the end; within seconds it is sent, kept, or said to be lost."""
        with self._lock:
            self._waiting.append(report)
            until = self._until = self._last_moment()
            self._ending.release()
        left = until - self._clock.monotonic()
        self._ended.acquire(True, max(left, 0.0))
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        self._keep(waiting)
        count = sum(report.event in self._kept for report in waiting)
        if self._courier is not None:
            silence = f"{self._courier.place.shown} is silent"
            self.lines.append(self._trouble or silence)
        if count:
            self.lines.append(f"reports of this run kept for later: {count}")

    def _last_moment(self) -> float:
        """When the end must be told, by how it went so far; the lock is held."""
        now = self._clock.monotonic()
        if not self._verdict:
            return max(now + _DOUBTFUL_END_S, self._began + _END_S)
        return now + (_DOUBTFUL_END_S if self._verdict == couriers.AWAY else _END_S)

    def _work(self) -> None:
        try:
            pause_s = _RETRY_S
            self._begin()
            while not self._ending.acquire(True, self._pause(pause_s)):
                pause_s = min(pause_s * 2, _LONGEST_RETRY_S)
                self._more_time()
                self._begin()
            self._send()
        except Exception as exc:  # the border of a thread; the run goes on
            self._trouble = f"unexpected {type(exc).__name__}: {exc}"
        finally:
            self._ended.release()

    def _more_time(self) -> None:
        with self._lock:
            if not self._is_ending():
                self._until = self._clock.monotonic() + _START_S

    def _begin(self) -> None:
        """Send the start, and then what is kept of earlier runs."""
        self._send()
        if self._verdict == couriers.TAKEN:
            self._flush()
        else:
            # a kill must not lose it
            self._keep(self._waiting[:1])

    def _pause(self, pause_s: float) -> float:
        """Seconds until the start is tried again; -1: that is of no use."""
        return pause_s if self._verdict in (couriers.AWAY, couriers.LATER) else -1

    def _send(self) -> None:
        """Send what waits, in order, as long as somebody answers."""
        assert self._courier is not None
        for report in list(self._waiting):
            age = self._clock.monotonic() - self._began
            is_late = report.exit_code is None and age > _LATE_S
            verdict = self._courier.deliver(report, until=self._until, late=is_late)
            self._verdict = verdict.what
            if verdict.what in _DONE:
                self._is_done(report)
            if verdict.what == couriers.REFUSED:
                self.lines.append(f"{told(report)} is dropped: {verdict.said}")
            elif verdict.what != couriers.TAKEN:
                self._trouble = verdict.said
            if verdict.what == couriers.AWAY:
                return

    def _is_done(self, report: Report) -> None:
        with self._lock:
            if report in self._waiting:
                self._waiting.remove(report)
        name = self._kept.pop(report.event, None)
        if name is not None:
            self._spool.remove(name)

    def _flush(self) -> None:
        """Send what is kept of earlier runs, until the command has ended."""
        if not self._spool.names():
            return
        assert self._courier is not None
        until = self._clock.monotonic() + _FLUSH_S
        flush = Flush(
            self._spool, self._courier, self._clock, until=until, stops=self._is_ending
        )
        try:
            flush.run()
        except Unusable:
            # another run is at it
            return
        self.leaves_work = not flush.is_whole and not flush.is_away
        self.lines += flush.lines

    def _is_ending(self) -> bool:
        if not self._ending.acquire(False):
            return False
        self._ending.release()
        return True

    def _keep(self, given: list[Report]) -> None:
        for report in given:
            if report.event in self._kept:
                continue
            try:
                self._kept[report.event] = self._spool.put(report)
            except Unusable as exc:
                self.lines.append(f"{told(report)} is lost: {exc}")
