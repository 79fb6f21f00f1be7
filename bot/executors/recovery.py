"""What a supervisor makes of what an earlier one has left."""

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from bot.executors import processes
from bot.executors.journal import Record
from bot.executors.masks import Masker
from bot.executors.outputs import Output
from bot.executors.processes import Processes
from bot.executors.supervised import LOST, Run

_KILLED = "the supervisor of runs was killed, so its exit code is not known"


class Recalled(NamedTuple):
    """What a journal says."""

    #: reports by id
    ended: dict[str, Record]
    #: what was seen, and started perhaps, by id
    begun: dict[str, Record]
    #: when they were forgotten, in microseconds, by id
    gone: dict[str, int]


def recall(records: Iterable[Record]) -> Recalled:
    """Read a journal from its first line to its last."""
    ended: dict[str, Record] = {}
    begun: dict[str, Record] = {}
    gone: dict[str, int] = {}
    for record in records:
        match record:
            case {"k": "seen", "id": str(run_id)}:
                begun[run_id] = record
            case {"k": "started", "id": str(run_id)}:
                begun[run_id] = begun.get(run_id, {}) | record
            case {"k": "ended", "report": {"id": str(run_id)} as report}:
                begun.pop(run_id, None)
                ended[run_id] = report
            case {"k": "unseen", "ids": list(ids)}:
                for run_id in ids:
                    begun.pop(run_id, None)
            case {"k": "gone", "ids": list(ids)}:
                for run_id in ids:
                    ended.pop(run_id, None)
                    gone[run_id] = record.get("at", 0)
    return Recalled(ended, begun, gone)


def judge(
    begun: dict[str, Record], folder: str, boot: str
) -> tuple[list[Run], list[Run]]:
    """Runs without a report: those that are still there, and those that are gone."""
    there: list[Run] = []
    gone: list[Run] = []
    listing = processes.everything() if begun else {}
    for run_id, record in begun.items():
        run = _run(run_id, record, folder)
        lives = _find(run, record.get("boot", boot) == boot, listing)
        if lives:
            _listen(run, record.get("pipe"))
        (there if lives else gone).append(run)
    return there, gone


def is_there(run: Run) -> bool:
    """Whether the process of a lost run lives."""
    return processes.born(run.pid) == run.born


def _run(run_id: str, record: Record, folder: str) -> Run:
    limit = record.get("limit", 0)
    run = Run(run_id, folder, limit=limit, masked=record.get("masked", True))
    run.state = LOST
    run.reason = _KILLED
    run.pid = record.get("pid", 0)
    run.born = record.get("born", "")
    run.started_us = record.get("at", 0)
    run.ends_at = record.get("ends_at")
    run.output = Output(run.path, limit, Masker())
    try:
        run.output.resume()
    except OSError as exc:
        run.output.error = exc.strerror or str(exc)
    return run


def _find(run: Run, same_boot: bool, listing: Processes) -> bool:
    """Its process; by the mark that it carries if the number was not written down."""
    if not same_boot:
        return False
    process = listing.get(run.pid)
    if run.pid and process is not None and process.born == run.born:
        return True
    if not run.pid:
        carry = [x for x in listing.values() if x.mark == run.mark]
        leaders = [x for x in carry if x.pid == x.group] or carry
        for each in leaders[:1]:
            run.pid, run.born = each.pid, each.born
            return True
    return False


def _listen(run: Run, pipe: Any) -> None:
    """Read on from its pipe; what cannot be masked any more is not kept."""
    if run.masked:
        run.deaf = True
        run.reason += "; what it writes since is not kept, it may hold secrets"
    for number in (1, 2):
        path = f"/proc/{run.pid}/fd/{number}"
        try:
            if pipe is None or os.readlink(path) != f"pipe:[{pipe}]":
                continue
            run.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        return
