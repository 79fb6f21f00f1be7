"""What is told of one run of a command: its start and its end."""

import os

from bot.clock import SystemClock
from bot.node import jobs, places
from bot.node.couriers import Courier
from bot.node.orders import Order
from bot.node.reporters import Reporter
from bot.node.reports import START, Report
from bot.node.settings import Settings
from bot.node.spools import Spool

_BY_SIGNAL = 128
#: a start and an end are kept in their order
_APART_S = 0.001


class Run:
    """One run; nothing here raises for a server or a disk that is not well."""

    def __init__(self, order: Order, settings: Settings, clock: SystemClock) -> None:
        self._order = order
        self._settings = settings
        self._clock = clock
        self._rid = jobs.new_uuid()
        self._reporter: Reporter | None = None
        self._began = clock.since_boot()
        self._began_at = clock.since_1970()
        self._problem = settings.problem

    def begin(self) -> None:
        """It has begun when this was made; the start is sent beside it."""
        order = self._order
        if not jobs.is_job(order.job):
            self._problem = f"{order.job!r} is no slug and no UUID: nothing is reported"
            return
        self._reporter = Reporter(
            self._courier(), Spool(self._settings.spool_dir), self._clock
        )
        self._reporter.start(self._report(START, self._began_at, self._began))

    def end(self, code: int, body: bytes) -> None:
        """It has ended just now; `code` is minus the signal, if it was one."""
        if self._reporter is None:
            return
        now = self._clock.since_boot()
        took = now - self._began
        said = str(_BY_SIGNAL - code if code < 0 else code)
        # a clock that was set back must not put the end before the start
        at = max(self._clock.since_1970(), self._began_at + _APART_S)
        self._reporter.end(self._report(said, at, now, took=took, body=body))

    @property
    def leaves_work(self) -> bool:
        """There is more to send, of earlier runs, and a server that takes it."""
        return self._reporter is not None and self._reporter.leaves_work

    def lines(self) -> list[str]:
        """What a person should read about it."""
        told = [] if self._reporter is None else self._reporter.lines
        return [self._problem, *told] if self._problem else told

    def _courier(self) -> Courier | None:
        try:
            place = places.find(self._settings)
        except places.Unknown as exc:
            self._problem = self._problem or str(exc)
            return None
        lacks = place.lacks(self._order.job)
        self._problem = self._problem or lacks
        return None if lacks else Courier(place, self._clock)

    def _report(
        self,
        said: str,
        at: float,
        since_boot: float,
        *,
        took: float | None = None,
        body: bytes = b"",
    ) -> Report:
        return Report(
            job=self._order.job,
            said=said,
            rid=self._rid,
            event=jobs.new_uuid(),
            at=at,
            host=os.uname().nodename,
            create=self._order.create,
            boot=self._clock.boot_id(),
            since_boot=since_boot,
            took=took,
            body=body,
        )
