"""Which processes belong to a run."""

import os
import subprocess

import pytest

from bot.executors import processes
from bot.executors.processes import Process
from bot.executors.wire import MARK

#: as ps of macOS lists: with the environment behind the command
LISTING = f"""\
    1     0     1 Ss   Thu Nov 26 10:00:00 2026     /sbin/launchd
  500     1   500 Ss   Thu Nov 26 11:00:00 2026     sh -c x HOME=/ {MARK}=a@1234 A=b
  501   500   500 Z    Thu Nov 26 11:00:01 2026     (sh)
  502   500   500 S+   Thu Nov 26 11:00:02 2026     sleep 5
nonsense
"""


def listing(*given: Process) -> dict[int, Process]:
    return {process.pid: process for process in given}


def members(given: dict[int, Process], *known: tuple[int, str]) -> set[int]:
    return {pid for pid, _ in processes.members(given, 10, "a@1", set(known))}


def test_a_run_is_its_group_its_marks_and_all_children() -> None:
    given = listing(
        Process(1, 0, 1, "0", ""),
        Process(10, 1, 10, "5", ""),
        Process(11, 10, 10, "6", ""),
        Process(12, 1, 12, "7", "a@1"),
        Process(13, 12, 13, "8", ""),
        Process(14, 13, 14, "9", "other@1"),
        Process(20, 1, 20, "5", "a@2"),
        Process(21, 20, 21, "5", ""),
        Process(os.getpid(), 10, 10, "5", "a@1"),
    )
    assert members(given) == {10, 11, 12, 13, 14}


def test_who_was_seen_before_still_belongs_to_it() -> None:
    given = listing(Process(1, 0, 1, "0", ""), Process(30, 1, 30, "5", ""))
    assert members(given) == set()
    assert members(given, (30, "5")) == {30}
    assert members(given, (30, "4")) == set(), "the number was given to another"


def test_ps_tells_the_same() -> None:
    first, second, third = processes.from_ps(LISTING)
    assert first == Process(1, 0, 1, "Thu Nov 26 10:00:00 2026", "")
    assert second == Process(500, 1, 500, "Thu Nov 26 11:00:00 2026", "a@1234")
    assert (third.pid, third.parent, third.mark) == (502, 500, "")


def test_this_machine_is_listed() -> None:
    env = {"PATH": os.environ["PATH"], MARK: "me@1"}
    with subprocess.Popen(["sleep", "60"], env=env, process_group=0) as child:
        try:
            found = processes.everything()[child.pid]
            assert found == Process(
                child.pid, os.getpid(), child.pid, processes.born(child.pid), "me@1"
            )
        finally:
            child.kill()
    assert processes.born(child.pid) == ""
    assert child.pid not in processes.everything()


def test_without_proc_ps_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def ps(*command: str) -> str:
        asked.append(command)
        return LISTING if "-axwwE" in command else "Thu Nov 26  11:00:00 2026\n"

    with monkeypatch.context() as other:
        other.setattr(processes, "_PROC", False)
        other.setattr(processes, "_ps", ps)
        assert set(processes.everything()) == {1, 500, 502}
        assert processes.born(500) == "Thu Nov 26 11:00:00 2026"
    assert asked[1][-1] == "500"
