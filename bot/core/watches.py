"""When a change of a file starts a run, and when it is the job's own doing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.executions import Execution

#: what changes again and again is told after so long all the same
HELD_AT_MOST = timedelta(minutes=1)
#: runs in a row that follow on changes made while the job itself ran
CHAINED_AT_MOST = 5
#: paths that a run is told, and characters of them
PATHS_AT_MOST = 100
TEXT_AT_MOST = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Changes that belong together."""

    #: not before then, as far as known; the first one was noticed then
    since: datetime
    #: when the newest one was noticed
    at: datetime
    #: which of the watched paths it is about, the first one
    root: str
    #: what has changed, each once, the first ones
    paths: tuple[str, ...]
    #: how many those are in all
    count: int
    #: the job itself may have made all of them
    is_own: bool = False


def joined(first: Change | None, second: Change) -> Change:
    """Both as one."""
    if first is None:
        return second
    new = [path for path in second.paths if path not in first.paths]
    return Change(
        since=min(first.since, second.since),
        at=max(first.at, second.at),
        root=first.root,
        paths=(*first.paths, *new)[:PATHS_AT_MOST],
        count=first.count + len(new) + second.count - len(second.paths),
        is_own=first.is_own and second.is_own,
    )


def told_at(change: Change, settle: timedelta) -> datetime:
    """When a run follows, unless there are further changes."""
    return min(change.at + settle, change.since + max(HELD_AT_MOST, settle))


def is_own(change: Change, runs: Iterable[Execution], settle: timedelta) -> bool:
    """Whether the job itself ran at that time, or had only just ended."""
    return any(_meets(change, run, settle) for run in runs)


def _meets(change: Change, run: Execution, settle: timedelta) -> bool:
    if run.is_active:
        # one that is only just starting has not said when it began
        return run.started_at is None or run.started_at <= change.at
    if run.started_at is None or run.ended_at is None:
        return False
    return run.started_at <= change.at and change.since <= run.ended_at + settle


def text(paths: Sequence[str]) -> str:
    """The paths for a run, one a line; as many as there is room for.

    File names are bytes of any kind: what is no text is replaced, and a line break is
    written `\\n`.
    """
    lines: list[str] = []
    room = TEXT_AT_MOST
    for path in paths:
        plain = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        line = plain.replace("\0", "").replace("\r", "\\r").replace("\n", "\\n")
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(lines)
