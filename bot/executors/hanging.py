"""Ends a supervisor that lives and does nothing, so that another one can take over."""

import fcntl
import os
import signal
from pathlib import Path

from bot.executors import processes, wire


def sign(lock: int) -> None:
    """Write into a lock that is held who holds it; a full disk leaves it empty."""
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()} {processes.born(os.getpid())}\n".encode(), 0)
    except OSError:
        return


def holder(folder: Path) -> int:
    """The process that holds the lock of that folder; 0: none that is known.

    A number alone would not do: in another container it is somebody else's.
    """
    try:
        with (folder / f"{wire.name()}.lock").open("rb") as lock:
            if not _is_held(lock.fileno()):
                return 0
            pid, _, born = lock.read(200).decode("utf-8", "replace").partition(" ")
    except OSError:
        return 0
    is_known = pid.isdecimal() and processes.born(int(pid)) == born.strip() != ""
    return int(pid) if is_known else 0


def end(folder: Path) -> str:
    """KILL it; what became of that, in words; empty: nobody is known to hang.

    One that waits for the disk is let be: it would not hear it, and goes on with all
    that it knows as soon as the disk does.
    """
    pid = holder(folder)
    if not pid:
        return ""
    if processes.waits_for_disk(pid):
        return f"process {pid} waits for the disk, and its runs go on"
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError as exc:
        return f"process {pid} cannot be ended: {exc.strerror}"
    return f"process {pid} was ended, and another one takes over its runs"


def _is_held(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
