"""How a job stands, in words: what is stored of it, and what follows from that."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from bot.core.kinds import Outcome, Status
from bot.core.models import JobState

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


#: where a list has it: 0 is the worst
RANKS = {state: rank for rank, state in enumerate(State)}


class Facts(NamedTuple):
    """What a state follows from; among thousands of jobs few differ in these."""

    status: Status
    #: the newest outcome is unknown
    is_unknown: bool
    #: the newest outcome was bad
    is_bad: bool
    #: a due has passed, and nothing has answered it yet
    is_due: bool
    #: a run is open
    is_running: bool


class Standing(NamedTuple):
    """As much of a job as says how it stands."""

    slug: str
    #: what a person called it; may be empty
    name: str
    facts: Facts


def facts(state: JobState, now: datetime) -> Facts:
    """What is true of a job now."""
    return Facts(
        status=state.status,
        is_unknown=state.last_outcome is Outcome.UNKNOWN,
        is_bad=state.bad_in_a_row > 0 and state.good_in_a_row == 0,
        is_due=state.due_at is not None and state.due_at < now,
        is_running=state.open_runs > 0,
    )


def is_late(facts: Facts) -> bool:
    """Due, but still within its grace."""
    return facts.is_due and facts.status in (Status.UP, Status.NEW)


def is_failing(facts: Facts) -> bool:
    """The newest outcome was bad, and there are not enough for an incident."""
    return facts.is_bad and facts.status is not Status.DOWN


def said(job: View) -> tuple[State, ...]:
    """All that must be said of a job, the worst first; `up` only if that is all."""
    return _said(
        job["status"],
        unknown=job["unknown"],
        failing=job["failing"],
        late=job["late"],
        running=job["running"],
    )


def said_of(facts: Facts) -> tuple[State, ...]:
    """As `said`, from the little that a long list reads."""
    return _said(
        facts.status,
        unknown=facts.is_unknown,
        failing=is_failing(facts),
        late=is_late(facts),
        running=facts.is_running,
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


def worst_first(jobs: Iterable[View]) -> list[View]:
    """Jobs in the order in which a person must look at them."""
    return sorted(jobs, key=lambda job: (RANKS[word(job)], job["slug"]))


def counted(jobs: Iterable[View]) -> str:
    """`5 jobs: 1 down, 4 up`."""
    return tally(Counter(map(word, jobs)))


def tally(counts: Mapping[State, int]) -> str:
    """`5 jobs: 1 down, 4 up`, from how many there are of each."""
    total = sum(counts.values())
    parts = [f"{counts[state]} {state}" for state in State if counts.get(state)]
    plural = "" if total == 1 else "s"
    return f"{total} job{plural}: {', '.join(parts)}" if parts else "no jobs"
