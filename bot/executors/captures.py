"""Takes what runs write, and brings it to disk a few times a second."""

import os
import selectors
from collections.abc import Callable

from bot.clock import Clock
from bot.executors.supervised import Run
from bot.executors.timers import Timers

#: how long output may wait in memory
FLUSH_S = 0.1
#: how much is taken at once of what an ended run has left in its pipe
_LAST_READS = 64


class Captures:
    """The pipes of all runs."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        timers: Timers,
        clock: Clock,
        *,
        grew: Callable[[dict[str, int]], None],
        closed: Callable[[Run], None],
    ) -> None:
        self._selector = selector
        self._timers = timers
        self._clock = clock
        self._grew = grew
        self._closed = closed
        self._dirty: set[Run] = set()
        #: runs that are over, whose pipe is still held by somebody
        self._deaf: set[Run] = set()

    @property
    def holds_any(self) -> bool:
        """Whether somebody would be held up if nobody read on."""
        return bool(self._deaf)

    def listen(self, run: Run) -> None:
        """Take what comes from its pipe."""
        self._selector.register(
            run.reader, selectors.EVENT_READ, lambda _: self._ready(run)
        )

    def read_rest(self, run: Run) -> None:
        """Its process is gone: take what is in the pipe."""
        for _ in range(_LAST_READS):
            if run.reader < 0 or not self._read(run):
                return

    def end(self, run: Run) -> None:
        """It is over; who still holds the pipe writes to nobody, and is not held up."""
        self._dirty.discard(run)
        if run.output is not None:
            run.output.end(self.now_us())
        run.deaf = True
        if run.reader >= 0:
            self._deaf.add(run)

    def now_us(self) -> int:
        """The time that a piece of output gets."""
        return round(self._clock.now().timestamp() * 1e6)

    def _ready(self, run: Run) -> None:
        # what came with the same look may have closed it
        if run.reader >= 0 and not self._read(run) and run.reader < 0:
            self._closed(run)

    def _read(self, run: Run) -> bool:
        """Once; whether there may be more at once."""
        try:
            size = run.read(self.now_us())
        except BlockingIOError:
            return False
        except OSError:
            size = 0
        if size == 0:
            self._close(run)
            return False
        if not run.deaf:
            self._soon(run)
        return True

    def _close(self, run: Run) -> None:
        self._selector.unregister(run.reader)
        os.close(run.reader)
        run.reader = -1
        self._deaf.discard(run)

    def _soon(self, run: Run) -> None:
        if not self._dirty:
            self._timers.at(self._clock.monotonic() + FLUSH_S, self._flush)
        self._dirty.add(run)

    def _flush(self) -> None:
        runs, self._dirty = self._dirty, set()
        sizes: dict[str, int] = {}
        for run in runs:
            if run.output is not None:
                run.output.flush()
                sizes[run.id] = run.output.size
        self._grew(sizes)
