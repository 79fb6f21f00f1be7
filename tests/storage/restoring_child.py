"""A process for the kill test: restores a backup and kills itself at the n-th step.

python -m tests.storage.restoring_child DATABASE BACKUP N
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

#: whatever changes a file comes with one of these
_STEPS = ("open", "os.rename", "os.remove", "os.chmod", "sqlite3.connect/handle")


def main(database: Path, backup: Path, last: int) -> None:
    """Restore; be killed at a step, or end with 0."""
    from storage import restore

    left = last

    def count(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event not in _STEPS:
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    restore.restore(backup, database, now=now, by="ann", agree=lambda _: None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
