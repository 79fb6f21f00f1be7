"""The supervisor's process: `python -I -S bot/executors FOLDER NAME RELEASE IDLE_S`.

It is started as a folder and without site-packages, so that it is small and starts
fast; the first thing to do is to find its own package.
"""

import os
import sys

if __package__ in (None, ""):
    # in place of this folder, whose files are not to stand in for others of that name
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

from bot.clock import SystemClock
from bot.executors import hanging, neighbours
from bot.executors.supervisor import Supervisor


def main(folder: str, name: str, release: str, idle_s: str) -> None:
    """Run until nobody needs it; at once if there is one already."""
    os.umask(0o077)
    path = os.path.join(folder, name)
    try:
        hanging.sign(neighbours.lock(f"{path}.lock"))
    except BlockingIOError:
        _say("taken")
        return
    supervisor = Supervisor(
        folder, name, release=release, clock=SystemClock(), idle_s=float(idle_s)
    )
    supervisor.open()
    _say("ready")
    _let_go(f"{path}.log")
    supervisor.run()


def _say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


def _let_go(log: str) -> None:
    """Of whoever started it, who waits until these are closed."""
    null = os.open(os.devnull, os.O_RDWR)
    faults = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for file, number in ((null, 0), (null, 1), (faults, 2)):
        os.dup2(file, number)
    os.close(null)
    os.close(faults)


if __name__ == "__main__":
    if os.getpgrp() != os.getpid():
        os.setsid()
    main(*sys.argv[1:])
