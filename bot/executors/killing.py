"""Ends runs that ran out of time or are cancelled, and all that is left of them.

TERM to the group, and to whoever has left it; after the grace KILL to all of them, as
often as it takes. What belongs to a run is looked for in the list of all processes, so
a child that made a session of its own is found too.
"""

import os
import signal
from collections.abc import Callable

from bot.executors import processes
from bot.executors.processes import Processes
from bot.executors.supervised import LOST, RUNNING, Run
from bot.executors.timers import Timers

#: how often it is looked whether something is left
LOOK_S = 0.2
SOON_S = 0.02
#: after so long of KILL it is given up: such a process waits for a device
GIVE_UP_S = 15.0


class Killings:
    """The runs that are being ended."""

    def __init__(
        self,
        timers: Timers,
        monotonic: Callable[[], float],
        swept: Callable[[Run], None],
    ) -> None:
        self._timers = timers
        self._monotonic = monotonic
        self._swept = swept
        self._runs: dict[str, Run] = {}
        self._looks_soon = False

    def begin(self, runs: list[Run], why: str, grace_s: float) -> None:
        """Say TERM; a second word can only shorten the grace."""
        kill_at = self._monotonic() + grace_s
        fresh = [run for run in runs if not run.why_ending]
        for run in runs:
            run.kill_at = min(run.kill_at, kill_at) if run.why_ending else kill_at
            run.why_ending = run.why_ending or why
        idle = not self._runs
        self._runs |= {run.id: run for run in fresh}
        listing = processes.everything() if fresh else {}
        for run in fresh:
            self._signal(run, listing, signal.SIGTERM)
            # a process that was stopped hears it only when it goes on
            self._signal(run, listing, signal.SIGCONT)
        if idle and self._runs:
            self._timers.at(self._monotonic() + min(LOOK_S, grace_s), self._look)

    def of(self, run_id: str) -> Run | None:
        """A run that is being ended."""
        return self._runs.get(run_id)

    def main_ended(self, run: Run) -> None:
        """The run's own process is gone: often nothing is left then."""
        if run.id in self._runs and not self._looks_soon:
            self._looks_soon = True
            self._timers.at(self._monotonic() + SOON_S, self._look_soon)

    def _look_soon(self) -> None:
        """Once for all that end at about the same time."""
        self._looks_soon = False
        self._judge_all()

    def _look(self) -> None:
        self._judge_all()
        if self._runs:
            self._timers.at(self._monotonic() + LOOK_S, self._look)

    def _judge_all(self) -> None:
        listing = processes.everything() if self._runs else {}
        for run in list(self._runs.values()):
            self._judge(run, listing)

    def _judge(self, run: Run, listing: Processes) -> None:
        now = self._monotonic()
        left = self._left(run, listing)
        if left and now >= run.kill_at:
            self._signal(run, listing, signal.SIGKILL)
        main_is_over = run.status is not None or run.state == LOST
        given_up = now >= run.kill_at + GIVE_UP_S
        if main_is_over and (not left or given_up):
            if left:
                pids = ", ".join(str(pid) for pid, _ in sorted(left))
                run.reason = f"left behind, KILL does not end them: {pids}"
            del self._runs[run.id]
            run.swept = True
            self._swept(run)

    def _left(self, run: Run, listing: Processes) -> set[tuple[int, str]]:
        """What lives of it; nobody else who was given its number meanwhile."""
        main = listing.get(run.pid)
        again = main is not None and run.born not in ("", main.born)
        number = -1 if again or not run.pid else run.pid
        run.known = processes.members(listing, number, run.mark, run.known)
        return run.known

    def _signal(self, run: Run, listing: Processes, number: int) -> None:
        told = run.state == RUNNING and run.status is None
        if told:
            # it is our child and not waited for, so the number is still its own
            _tell(os.killpg, run.pid, number)
        for pid, _ in self._left(run, listing):
            if listing[pid].group != run.pid or not told:
                _tell(os.kill, pid, number)


def _tell(kill: Callable[[int, int], None], pid: int, number: int) -> None:
    try:
        kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
