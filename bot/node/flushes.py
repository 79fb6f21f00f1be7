"""Sends what is kept in the spool: in order, one at a time."""

import os
import time

from bot.clock import SystemClock
from bot.node import couriers, jobs, places
from bot.node.couriers import Courier, Verdict
from bot.node.places import Place
from bot.node.reports import Corrupt, Report
from bot.node.settings import Settings
from bot.node.spools import Spool, Unusable

# as typing has it, which takes long to import
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: seconds for one report
_EACH_S = 10.0
#: seconds after which a wait looks up
_NAP_S = 0.1
#: so many jobs that are put off, one after the other: it is the server, not they
_ILL_FROM = 3


class Flush:
    """One pass over the spool, and what came of it."""

    def __init__(
        self,
        spool: Spool,
        courier: Courier,
        clock: SystemClock,
        *,
        until: float,
        stops: "Callable[[], bool]" = bool,
    ) -> None:
        self._spool = spool
        self._courier = courier
        self._clock = clock
        #: monotonic: no report is begun after it
        self._until = until
        #: whether somebody waits for us
        self._stops = stops
        self.sent = 0
        self.dropped = 0
        self.left = 0
        #: the whole spool was gone through
        self.is_whole = False
        #: nobody answered
        self.is_away = False
        #: what is lost, and why
        self.lines: list[str] = []
        #: why something is left
        self.troubles: list[str] = []
        #: jobs that are put off: their later reports wait behind the one that was
        self._put_off: set[str] = set()
        #: the reports of these jobs, in their order
        self._behind: list[str] = []
        #: how many jobs in a row the server could not serve
        self._ill_in_a_row = 0
        #: seconds after which they may come again; 0: not in this pass
        self._wait_s = 0

    def run(self) -> None:
        """Send what can be sent; raises Unusable if another flush is at it."""
        try:
            lock = self._spool.lock()
            if lock is None:
                raise Unusable("another flush is sending these reports")
            try:
                self._count_lost()
                self._send(self._spool.names())
            finally:
                os.close(lock)
        except OSError as exc:
            raise Unusable(f"{self._spool.folder}: {exc.strerror}") from exc
        finally:
            self.left = len(self._spool.names())

    def _count_lost(self) -> None:
        lost = self._spool.take_lost()
        if lost:
            self.dropped += lost
            self.lines.append(f"the spool was full: its {lost} oldest reports are lost")

    def _send(self, names: list[str]) -> None:
        """Go through them all; what the server wants to be asked again waits for it."""
        self.is_whole = self._go_through(names)
        while 0 < self._wait_s < self._left_s() and not self.is_away:
            if not self._sleep(self._wait_s):
                self.is_whole = False
                return
            names, self._behind = self._behind, []
            self._put_off, self._ill_in_a_row, self._wait_s = set(), 0, 0
            self.is_whole = self._go_through(names)

    def _go_through(self, names: list[str]) -> bool:
        """Each of them once; whether it came to the last."""
        for at, name in enumerate(names):
            if self._is_over():
                self._behind += names[at:]
                return False
            if not self._settle(name):
                self._behind += names[at + 1 :]
                return False
        return True

    def _settle(self, name: str) -> bool:
        """One report; whether to go on with the next."""
        try:
            report = self._spool.load(name)
        except (Corrupt, OSError) as exc:
            path = self._spool.set_aside(name)
            self.dropped += 1
            self.lines.append(f"a file of the spool is damaged, see {path}: {exc}")
            return True
        if report is None:
            return True
        if report.job in self._put_off:
            self._behind.append(name)
            return True
        until = self._clock.monotonic() + _EACH_S
        verdict = self._courier.deliver(report, until=until, late=True)
        if verdict.what == couriers.TAKEN:
            self.sent += 1
            self._spool.remove(name)
        elif verdict.what == couriers.REFUSED:
            self.dropped += 1
            self._spool.remove(name)
            self.lines.append(f"{told(report)} is dropped: {verdict.said}")
        elif verdict.said not in self.troubles:
            self.troubles.append(verdict.said)
        self.is_away = verdict.what == couriers.AWAY
        if verdict.what == couriers.LATER:
            return self._puts_off(name, report.job, verdict)
        self._ill_in_a_row = 0
        return not self.is_away

    def _puts_off(self, name: str, job: str, verdict: Verdict) -> bool:
        """The job waits; whether others may go on: it may be about this one alone."""
        self._put_off.add(job)
        self._behind.append(name)
        if verdict.wait_s < self._left_s():
            self._wait_s = max(self._wait_s, verdict.wait_s)
        self._ill_in_a_row = self._ill_in_a_row + 1 if verdict.is_ill else 0
        return self._ill_in_a_row < _ILL_FROM

    def _sleep(self, seconds: float) -> bool:
        """Wait so long; False: somebody waits for us instead."""
        until = self._clock.monotonic() + seconds
        while not self._stops():
            left = until - self._clock.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, _NAP_S))
        return False

    def _left_s(self) -> float:
        return self._until - self._clock.monotonic()

    def _is_over(self) -> bool:
        return self._stops() or self._left_s() <= 0


def told(report: Report) -> str:
    """A report in words."""
    code = report.exit_code
    what = "start" if code is None else f"end ({code})"
    return f"the {what} of {jobs.shown(report.job)}"


def find(settings: Settings) -> Place:
    """The server that the spool of these settings goes to; raises places.Unknown."""
    if settings.problem and not settings.url:
        raise places.Unknown(settings.problem)
    return places.find(settings)


def flush(settings: Settings, clock: SystemClock, budget_s: float) -> Flush:
    """Send what is kept, within so many seconds; raises places.Unknown, Unusable."""
    courier = Courier(find(settings), clock)
    until = clock.monotonic() + budget_s
    done = Flush(Spool(settings.spool_dir), courier, clock, until=until)
    try:
        done.run()
    finally:
        courier.close()
    return done
