"""Supervisors that speak another protocol: of a release before or after this one.

Such a one keeps its runs until they end. Their reports are read from its journal, and
what it has left is taken over when it is gone.
"""

import fcntl
import os
from typing import Any

from bot.executors import journal, recovery
from bot.executors.recovery import Recalled
from bot.executors.supervised import LOST, RUNNING, WAITING, Run
from bot.executors.wire import OUTPUTS, Message


def lock(path: str) -> int:
    """Hold the lock of a supervisor; OSError if somebody else does."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    return file


class Neighbour:
    """One other supervisor on the same folder."""

    def __init__(self, folder: str, name: str) -> None:
        self._path = os.path.join(folder, name)
        self._outputs = os.path.join(folder, OUTPUTS)
        self._read_at: tuple[Any, ...] = ()
        self._recalled = Recalled({}, {}, {})
        #: when, by id
        self._forgotten: dict[str, int] = {}

    def reports(self) -> dict[str, Message]:
        """Of all that it knows."""
        known = {x: _report(x, record) for x, record in self._recalled.begun.items()}
        known |= self._recalled.ended
        return {x: report for x, report in known.items() if x not in self._forgotten}

    def knows(self, run_id: str) -> bool:
        """Whether it has seen the id."""
        return any(run_id in known for known in self._recalled)

    def forget(self, ids: list[str], at_us: int) -> list[Message]:
        """The reports of those that have ended; its journal still has them."""
        gone = [x for x in ids if x in self._recalled.ended]
        self._forgotten |= dict.fromkeys(gone, at_us)
        return [self._recalled.ended[x] for x in gone]

    def run(self, run_id: str) -> Run | None:
        """One that it has begun, to be cancelled over its head."""
        record = self._recalled.begun.get(run_id, {})
        if "pid" not in record:
            return None
        run = Run(run_id, self._outputs, limit=0, masked=True)
        run.state, run.pid, run.born = LOST, record["pid"], record["born"]
        return run

    def look(self) -> list[Message]:
        """Reports of what has ended since the last look."""
        try:
            status = os.stat(f"{self._path}.journal")
        except FileNotFoundError:
            return []
        read_at = (status.st_ino, status.st_size)
        if read_at == self._read_at:
            return []
        before = self._recalled.ended
        self._read_at = read_at
        self._recalled = recovery.recall(journal.read(f"{self._path}.journal"))
        return [x for run_id, x in self._recalled.ended.items() if run_id not in before]

    def hold(self) -> int:
        """Its lock; OSError while it is there."""
        return lock(f"{self._path}.lock")

    def inherit(self) -> Recalled:
        """What it has left."""
        self.look()
        for run_id, at_us in self._forgotten.items():
            self._recalled.ended.pop(run_id, None)
            self._recalled.gone[run_id] = at_us
        return self._recalled

    def remove(self) -> None:
        """Its files, when what they say stands elsewhere."""
        for ending in ("journal", "sock"):
            try:
                os.unlink(f"{self._path}.{ending}")
            except FileNotFoundError:
                continue


def _report(run_id: str, record: Message) -> Message:
    """As far as its journal tells; how much output there is it does not."""
    return {
        "id": run_id,
        "state": RUNNING if "pid" in record else WAITING,
        "pid": record.get("pid", 0),
        "started_us": record.get("at", 0) if "pid" in record else 0,
        "output": 0,
        "output_error": "",
        "stopping": "",
        "reason": "",
    }
