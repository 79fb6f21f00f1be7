"""The processes of this machine, and which of them belong to a run.

Linux tells in /proc, with the environment: a process that left its group and lost its
parent is still known by the variable that all processes of a run inherit. macOS is
asked through ps, which shows the same of one's own processes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

from bot.executors.wire import MARK

_PROC = sys.platform == "linux"
_MARK = f"{MARK}=".encode()
_PS = ("ps", "-axwwE", "-o", "pid=,ppid=,pgid=,stat=,lstart=,command=")


class Process(NamedTuple):
    """One process that is not a zombie."""

    pid: int
    parent: int
    group: int
    #: when it began, in the system's own words: a pid may be used again
    born: str
    #: of its run, from its environment; empty: none
    mark: str


Processes = dict[int, Process]


def everything() -> Processes:
    """All that live now."""
    found = _from_proc() if _PROC else from_ps(_ps(*_PS))
    return {process.pid: process for process in found}


def born(pid: int) -> str:
    """When that process began, a zombie too; empty: there is none."""
    if not _PROC:
        return " ".join(_ps("ps", "-o", "lstart=", "-p", str(pid)).split())
    stat = _stat(pid)
    return stat[19] if stat else ""


def waits_for_disk(pid: int) -> bool:
    """Whether the system itself holds it up, so that it hears no signal."""
    if not _PROC:
        return _ps("ps", "-o", "stat=", "-p", str(pid)).startswith("U")
    return _stat(pid)[:1] == ["D"]


def members(
    processes: Processes, pid: int, mark: str, known: set[tuple[int, str]]
) -> set[tuple[int, str]]:
    """What lives of a run that began as `pid`: pids, and when each began.

    That is its group, who carries its mark, who was seen to belong to it
    before, and whoever these have made since.
    """
    own = {
        each.pid
        for each in processes.values()
        if each.group == pid or each.mark == mark or (each.pid, each.born) in known
    }
    children: dict[int, list[int]] = {}
    for each in processes.values():
        children.setdefault(each.parent, []).append(each.pid)
    todo = list(own)
    while todo:
        made = [child for child in children.get(todo.pop(), ()) if child not in own]
        own.update(made)
        todo += made
    own -= {1, os.getpid()}
    return {(each, processes[each].born) for each in own}


def _stat(pid: int | str) -> list[str]:
    """The fields behind the name, from the state on."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].decode().split()
    except OSError:
        return []


def _from_proc() -> Iterator[Process]:
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        stat = _stat(name)
        if stat and stat[0] not in "ZX":
            parent, group = map(int, stat[1:3])
            yield Process(int(name), parent, group, stat[19], _mark(name))


def _mark(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            environ = file.read()
    except OSError:
        return ""
    _, _, rest = (b"\0" + environ).partition(b"\0" + _MARK)
    return os.fsdecode(rest.partition(b"\0")[0]) if rest else ""


def _ps(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=False)
    return os.fsdecode(done.stdout)


def from_ps(listing: str) -> Iterator[Process]:
    """What ps has listed."""
    for line in listing.splitlines():
        fields = line.split(maxsplit=9)
        if len(fields) < 9 or fields[3].startswith("Z"):
            continue
        pid, parent, group = map(int, fields[:3])
        words = fields[9].split() if fields[9:] else []
        marks = [x.partition("=")[2] for x in words if x.startswith(_MARK.decode())]
        born_at = " ".join(fields[4:9])
        yield Process(pid, parent, group, born_at, marks[0] if marks else "")
