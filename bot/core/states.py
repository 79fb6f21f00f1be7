"""How a job stands, in words: what is stored of it, and what follows from that."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from bot.core.kinds import Outcome, Status

#: a job as `views.job` makes it, or as it came over the API
View = Mapping[str, Any]


class State(StrEnum):
    """What is said of a job; the worst first, which is the order of a list."""

    DOWN = "down"
    UNKNOWN = "unknown"
    FAILING = "failing"
    LATE = "late"
    RUNNING = "running"
    NEW = "new"
    UP = "up"
    PAUSED = "paused"


_RANKS = {state: rank for rank, state in enumerate(State)}


class Standing(NamedTuple):
    """As much of a job as says how it stands, for lists of thousands."""

    slug: str
    #: what a person called it; may be empty
    name: str
    status: Status
    due_at: datetime | None
    last_outcome: Outcome | None
    bad_in_a_row: int
    good_in_a_row: int
    open_runs: int


def is_late(status: Status, due_at: datetime | None, now: datetime) -> bool:
    """Due, but still within its grace."""
    watched = status in (Status.UP, Status.NEW)
    return watched and due_at is not None and due_at < now


def is_failing(status: Status, bad_in_a_row: int, good_in_a_row: int) -> bool:
    """The newest outcome was bad, and there are not enough for an incident."""
    return bad_in_a_row > 0 and good_in_a_row == 0 and status is not Status.DOWN


def said(job: View) -> tuple[State, ...]:
    """All that must be said of a job, the worst first; `up` only if that is all."""
    return _said(
        job["status"],
        unknown=job["unknown"],
        failing=job["failing"],
        late=job["late"],
        running=job["running"],
    )


def said_of(standing: Standing, now: datetime) -> tuple[State, ...]:
    """As `said`, from the little that a long list reads."""
    _, _, status, due_at, last_outcome, bad, good, runs = standing
    return _said(
        status,
        unknown=last_outcome is Outcome.UNKNOWN,
        failing=is_failing(status, bad, good),
        late=is_late(status, due_at, now),
        running=runs > 0,
    )


def _said(
    status: str, *, unknown: bool, failing: bool, late: bool, running: bool
) -> tuple[State, ...]:
    if status == Status.PAUSED:
        return (State.PAUSED,)
    found = []
    if status == Status.DOWN:
        found.append(State.DOWN)
    elif unknown:
        found.append(State.UNKNOWN)
    if failing:
        found.append(State.FAILING)
    if late:
        found.append(State.LATE)
    if status == Status.NEW and not found:
        found.append(State.NEW)
    if running:
        found.append(State.RUNNING)
    return tuple(found) or (State.UP,)


def word(job: View) -> State:
    """The worst that is true of a job; never `up` while something is the matter."""
    return said(job)[0]


def words(job: View) -> str:
    """The state in full: `down #12, running`, `failing 1/3`, `late, muted`."""
    worst, *others = said(job)
    muted = ["muted"] if job["muted_until"] else []
    return ", ".join([_numbered(worst, job), *others, *muted])


def _numbered(worst: State, job: View) -> str:
    if worst is State.DOWN and job["incident"]:
        return f"down #{job['incident']}"
    if worst is State.FAILING:
        return f"failing {job['failures_in_a_row']}/{job['failure_tolerance']}"
    return worst


def rank(state: State) -> int:
    """Where a list has it: 0 is the worst."""
    return _RANKS[state]


def worst_first(jobs: Iterable[View]) -> list[View]:
    """Jobs in the order in which a person must look at them."""
    return sorted(jobs, key=lambda job: (rank(word(job)), job["slug"]))


def counted(jobs: Iterable[View]) -> str:
    """`5 jobs: 1 down, 4 up`."""
    return tally(Counter(map(word, jobs)))


def tally(counts: Mapping[State, int]) -> str:
    """`5 jobs: 1 down, 4 up`, from how many there are of each."""
    total = sum(counts.values())
    parts = [f"{counts[state]} {state}" for state in State if counts.get(state)]
    plural = "" if total == 1 else "s"
    return f"{total} job{plural}: {', '.join(parts)}" if parts else "no jobs"
