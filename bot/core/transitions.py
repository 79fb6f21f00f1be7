"""What a rule gets and gives: one job with all that a decision needs, and the result.

`Watched` goes in, `Transition` comes out. In between the rules of `slots`, `runs`,
`incidents` and `status` share a `Draft`, a working copy that never leaves the call.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypedDict, Unpack, cast

from bot.core import blind_times, maintenance
from bot.core.blind_times import BlindTime
from bot.core.effects import CloseSlot, Effect, Record, Unseen
from bot.core.kinds import IncidentId, Outcome, PingKind, Status
from bot.core.maintenance import Occurrence
from bot.core.models import Incident, Job, JobState, Opening, Run
from bot.core.records import record
from bot.core.silencers import NOTHING, Silencers

#: outcomes of which enough in a row open an incident
BAD = frozenset(
    {
        Outcome.TOO_SHORT,
        Outcome.MISSED,
        Outcome.OVERRAN,
        Outcome.FAILED,
        Outcome.LOST,
    }
)


@record
class Watched:
    """A job with what is known of it at one moment."""

    job: Job
    state: JobState
    #: open runs, and ended ones that the event at hand names by rid; oldest first
    runs: tuple[Run, ...] = ()
    #: the open incident, else one that was resolved lately enough to be reopened
    incident: Incident | None = None
    #: mutes, maintenance and whatever else may keep it from being heard
    silencers: Silencers = NOTHING
    #: when Cronitor could not see, the newest end first
    blind: tuple[BlindTime, ...] = ()
    #: pings that came in after that may wait to be judged; None: none does
    heard_until: datetime | None = None
    #: its misses are judged by the watchdog alone: nothing may have come through
    is_cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """What a rule decided: the job as it is now, and what should happen."""

    watched: Watched
    effects: tuple[Effect, ...] = ()


class Ids:
    """Numbers for new rows, handed to the rules so that they draw none themselves."""

    def __init__(self, runs: Iterator[int], incidents: Iterator[int]) -> None:
        self.runs = runs
        self.incidents = incidents


class Changes(TypedDict, total=False):
    """Fields of a JobState, for `Draft.change`; a test holds them equal."""

    status: Status
    paused_from: Status | None
    paused_by: str
    due_at: datetime | None
    slot_deadline_at: datetime | None
    deadline_at: datetime | None
    wake_at: datetime | None
    remind_at: datetime | None
    missed_due_at: datetime | None
    guard_due_at: datetime | None
    held_due_at: datetime | None
    maintained_until: datetime | None
    suppressed: Outcome | None
    suppressed_due_at: datetime | None
    last_outcome: Outcome | None
    last_ping_at: datetime | None
    last_ping_kind: PingKind | None
    last_duration: timedelta | None
    usual_lateness: timedelta | None
    usual_runtime: timedelta | None
    bad_in_a_row: int
    good_in_a_row: int
    outcome_count: int
    openings: tuple[Opening, ...]
    ping_count: int
    open_runs: int
    incident_id: IncidentId | None


@dataclass(slots=True)
class Draft:
    """The working copy of one decision at one moment; see `start` and `finish`."""

    job: Job
    state: JobState
    runs: list[Run]
    incident: Incident | None
    silencers: Silencers
    blind: tuple[BlindTime, ...]
    now: datetime
    ids: Ids
    effects: list[Effect] = field(default_factory=list)
    #: what has passed after that is not judged yet; None: all is
    heard_until: datetime | None = None
    is_cut_off: bool = False

    @property
    def judged_until(self) -> datetime:
        """What was to happen before this moment has not happened."""
        until = self.heard_until
        return self.now if until is None or until > self.now else until

    def change(self, **fields: Unpack[Changes]) -> None:
        """Change fields of the state, which is this draft's own until it is finished.

        A `replace` for each step would cost more than all the rules together.
        """
        state = self.state
        for name, value in fields.items():
            setattr(state, name, value)

    def change_run(self, old: Run, new: Run) -> None:
        """Put `new` in the place of `old`."""
        self.runs[self.runs.index(old)] = new

    def close_slot(self, due_at: datetime, outcome: Outcome, at: datetime) -> None:
        """Say what became of a slot; one that was in doubt names its blind time.

        What is bad is suppressed in maintenance.
        """
        if outcome in BAD and self.maintenance_at(due_at) is not None:
            outcome = Outcome.SUPPRESSED
        hiding = None
        if self.blind and outcome in blind_times.IN_DOUBT:
            hiding = self.hiding(due_at)
        blind_id = None if hiding is None else hiding.id
        self.effects.append(CloseSlot(self.job.id, due_at, outcome, at, blind_id))

    def unknown_slot(self, due_at: datetime, at: datetime, hiding: BlindTime) -> None:
        """Nobody can say what became of a slot, because of that blind time."""
        self.effects.append(
            CloseSlot(self.job.id, due_at, Outcome.UNKNOWN, at, hiding.id)
        )

    def skipped_slot(self, due_at: datetime, at: datetime, hiding: BlindTime) -> None:
        """Nothing was run for a due, because of that blind time: it is told with it."""
        self.effects.append(
            CloseSlot(self.job.id, due_at, Outcome.SKIPPED, at, hiding.id)
        )
        self.effects.append(Unseen(hiding.id))

    def unseen(self, hiding: BlindTime) -> None:
        """The newest outcome is unknown, and that is never silent."""
        self.change(last_outcome=Outcome.UNKNOWN)
        self.effects.append(Unseen(hiding.id))

    def hiding(self, due_at: datetime) -> BlindTime | None:
        """The blind time in which the ping of a slot may have been missed."""
        usual = self.state.usual_lateness
        return blind_times.hiding_slot(self.blind, self.job.definition, due_at, usual)

    def maintenance_at(self, at: datetime) -> Occurrence | None:
        """The planned work at this job that holds the moment, or None."""
        windows = self.silencers.windows
        return maintenance.covering(windows, self.job.definition, at)

    def record(self, kind: str, text: str, at: datetime, actor: str = "") -> None:
        """Add a line to the story of the incident at hand."""
        if self.incident is not None:
            self.effects.append(Record(self.incident.id, at, kind, text, actor))

    def open_runs(self) -> list[Run]:
        """The runs that have not ended, oldest first."""
        return [run for run in self.runs if run.ended_at is None]


class _OpenState(JobState):
    """A state while a decision is in progress: its fields may be set."""

    __slots__ = ()
    # both, or the interpreter does not take its short way for either
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


class Open(Protocol):
    """An open state, as far as a plain ping changes it."""

    ping_count: int
    good_in_a_row: int
    outcome_count: int
    last_ping_at: datetime | None
    last_ping_kind: PingKind | None
    last_duration: timedelta | None
    usual_lateness: timedelta | None
    due_at: datetime | None
    held_due_at: datetime | None
    slot_deadline_at: datetime | None
    deadline_at: datetime | None
    wake_at: datetime | None


def _opener() -> Callable[[JobState], JobState]:
    """What makes an open copy: a line for each field, as a loop takes ten times that.

    The rules are asked thousands of times a second, and this is most of what they cost.
    """
    lines = [f"    new.{each.name} = state.{each.name}" for each in fields(JobState)]
    text = "\n".join(["def opened(state):", "    new = make(kind)", *lines])
    names: dict[str, Any] = {"make": object.__new__, "kind": _OpenState}
    exec(f"{text}\n    return new", names)  # noqa: S102  # of our own names only
    opened: Callable[[JobState], JobState] = names["opened"]
    return opened


_opened = _opener()
#: a copy whose fields may be set, until it is `closed`
opened = cast(Callable[[JobState], Open], _opened)


def closed(state: Open) -> JobState:
    """The same state, as everybody else has it."""
    new = cast(JobState, state)
    object.__setattr__(new, "__class__", JobState)
    return new


def start(watched: Watched, now: datetime, ids: Ids) -> Draft:
    """Begin a decision about `watched` at `now`."""
    return Draft(
        job=watched.job,
        state=_opened(watched.state),
        runs=list(watched.runs),
        incident=watched.incident,
        silencers=watched.silencers,
        blind=watched.blind,
        now=now,
        ids=ids,
        heard_until=watched.heard_until,
        is_cut_off=watched.is_cut_off,
    )


def finish(draft: Draft) -> Transition:
    """End a decision: what is derived from the rest is brought up to date."""
    state = draft.state
    waiting, deadline_at = 0, state.slot_deadline_at
    for run in draft.runs:
        if run.ended_at is None:
            waiting += 1
            if not run.overran:
                deadline_at = _first(deadline_at, run.deadline_at)
    wake_at = _first(_first(deadline_at, state.remind_at), state.maintained_until)
    change = partial(object.__setattr__, state)
    change("deadline_at", deadline_at)
    change("wake_at", wake_at)
    change("open_runs", waiting)
    if draft.incident is not None:
        change("incident_id", draft.incident.id)
    change("__class__", JobState)
    watched = Watched(
        job=draft.job,
        state=state,
        runs=tuple(draft.runs),
        incident=draft.incident,
        silencers=draft.silencers,
        blind=draft.blind,
        heard_until=draft.heard_until,
        is_cut_off=draft.is_cut_off,
    )
    return Transition(watched, tuple(draft.effects))


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier one, if there is any."""
    if one is None or (other is not None and other < one):
        return other
    return one
