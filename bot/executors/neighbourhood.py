"""All other supervisors on the same folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bot.executors import journal, recovery
from bot.executors.neighbours import Neighbour
from bot.executors.recovery import Recalled
from bot.executors.supervised import Run
from bot.executors.wire import Message


class Neighbourhood:
    """The neighbours of one supervisor; they come and go."""

    def __init__(self, folder: str, own: str) -> None:
        self._folder = folder
        self._own = own
        self._all: dict[str, Neighbour] = {}

    def own(self) -> Recalled:
        """What an earlier supervisor of the same name has left."""
        path = os.path.join(self._folder, f"{self._own}.journal")
        return recovery.recall(journal.read(path))

    def look(self) -> list[Message]:
        """See who is there; reports of what has ended with them since the last look."""
        for entry in sorted(os.listdir(self._folder)):
            name, _, ending = entry.rpartition(".")
            if ending == "journal" and name not in (self._own, *self._all):
                self._all[name] = Neighbour(self._folder, name)
        return [report for each in self._all.values() for report in each.look()]

    @contextmanager
    def gone(self) -> Iterator[list[Neighbour]]:
        """Those that are there no more; nobody takes their place meanwhile."""
        left: dict[str, int] = {}
        for name, neighbour in self._all.items():
            try:
                left[name] = neighbour.hold()
            except OSError:
                continue
        try:
            yield [self._all.pop(name) for name in left]
        finally:
            for held in left.values():
                os.close(held)

    def reports(self) -> Iterator[Message]:
        """Of all that they know."""
        for each in self._all.values():
            yield from each.reports().values()

    def knows(self, run_id: str) -> bool:
        """Whether one of them has seen the id."""
        return any(each.knows(run_id) for each in self._all.values())

    def run(self, run_id: str) -> Run | None:
        """One that they have begun."""
        found = (each.run(run_id) for each in self._all.values())
        return next((run for run in found if run), None)

    def forget(self, ids: list[str], at_us: int) -> list[Message]:
        """The reports of those that have ended with one of them."""
        return [x for each in self._all.values() for x in each.forget(ids, at_us)]
