"""What the supervisor does later: a heap of moments on the monotonic clock."""

import heapq
from collections.abc import Callable

Action = Callable[[], None]


class Timer:
    """One moment; cancelling it lets go of its action at once."""

    __slots__ = ("_timers", "action")

    def __init__(self, timers: "Timers", action: Action) -> None:
        self._timers = timers
        self.action: Action | None = action

    def cancel(self) -> None:
        """Do nothing then; any number of times."""
        if self.action is not None:
            self.action = None
            self._timers.forget_one()


class Timers:
    """All moments that are still to come."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, moment: float, action: Action) -> Timer:
        """Call it then."""
        self._count += 1
        timer = Timer(self, action)
        heapq.heappush(self._heap, (moment, self._count, timer))
        return timer

    def wait_s(self, now: float) -> float | None:
        """How long until the next one; None: there is none."""
        return max(self._heap[0][0] - now, 0) if self._heap else None

    def run(self, now: float) -> None:
        """Do what is due."""
        while self._heap and self._heap[0][0] <= now:
            _, _, timer = heapq.heappop(self._heap)
            action, timer.action = timer.action, None
            if action is None:
                self._cancelled -= 1
            else:
                action()

    def forget_one(self) -> None:
        """A time-out of a day is not kept for a run of a second."""
        self._cancelled += 1
        if self._cancelled > len(self._heap) // 2 + 100:
            self._heap = [entry for entry in self._heap if entry[2].action]
            heapq.heapify(self._heap)
            self._cancelled = 0
