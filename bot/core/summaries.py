"""What a report of a day or a week says: facts only, folded by `summary_folds`.

`summary_words` puts them into words (`headline`, `is_quiet`, `sections`), and
`summary_views` into plain data and back. Lists are cut: `Some.total` counts all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from bot.core.forecasts import NOTHING_AHEAD, Ahead
from bot.core.kinds import (
    IncidentKind,
    MuteScope,
    Outcome,
    Severity,
    WindowScope,
)
from bot.core.periods import Period

T = TypeVar("T")

#: facts of one sort that a report keeps; more are counted
MOST_FACTS = 50
#: rows that a picture is given; the other jobs are one row together
MOST_ROWS = 120


@dataclass(frozen=True, slots=True)
class Some(Generic[T]):
    """The first facts of one sort, the most important first, and how many there are."""

    facts: tuple[T, ...] = ()
    total: int = 0

    def __iter__(self) -> Iterator[T]:
        """Those that were kept."""
        return iter(self.facts)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.total > 0

    @property
    def left_out(self) -> int:
        """How many were not kept."""
        return self.total - len(self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFact:
    """An incident as the report saw it."""

    id: int
    slug: str
    label: str
    kind: IncidentKind
    severity: Severity
    opened_at: datetime
    #: None: it was open when the report was written
    resolved_at: datetime | None = None
    #: until it was resolved, else until the report was written
    length: timedelta
    count: int = 1
    resolution: str = ""
    acknowledged_by: str = ""
    flapping: bool = False
    #: who keeps it from being heard: a pause, planned work or a mute, in words
    silenced_by: str = ""
    #: it opened inside the period
    is_new: bool = False


class Way(StrEnum):
    """In which way a job is not as it usually is."""

    SLOWER = "slower"
    FASTER = "faster"
    LATER = "later"
    EARLIER = "earlier"
    QUIETER = "quieter"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFact:
    """A job that is slower, later or quieter than its own habit."""

    slug: str
    label: str
    way: Way
    #: explained: `normally 4 to 6 min, now 31; first time since 12 May`
    text: str
    #: how far it is off its habit, for the order
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenFact:
    """A job that has never reported."""

    slug: str
    label: str
    #: when it was made
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedFact:
    """A job that nobody watches."""

    slug: str
    label: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteFact:
    """A mute that was running at some time in the period."""

    id: int
    scope: MuteScope
    #: slug, tag or node; empty for everything
    target: str
    by: str
    reason: str
    since: datetime
    #: when it ended or will end
    until: datetime
    until_recovery: bool = False
    #: it was still running when the report was written
    is_running: bool = False
    #: jobs under it
    jobs: int = 0
    #: slugs of jobs that are down and not heard because of it
    down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFact:
    """Planned work that went on at some time in the period."""

    id: int
    name: str
    scope: WindowScope
    #: slug, tag or node; empty for everything
    target: str
    by: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    jobs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindFact:
    """A time in which Cronitor itself could not see."""

    began_at: datetime
    #: None: it still is one
    ended_at: datetime | None
    length: timedelta
    #: why, in words
    why: str
    #: slots and runs that turned unknown because of it
    unknown: int = 0
    #: the slugs of their jobs, some of them
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFact:
    """Runs that failed at first and ended well by a retry."""

    slug: str
    label: str
    runs: int
    #: the most attempts that one of them took
    attempts: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The counts of a period."""

    #: jobs that were there when it was written, and those that did anything
    jobs: int = 0
    active: int = 0
    #: slots, and runs and pings without one, by what became of them
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    runs: int = 0
    pings: int = 0
    #: notifications that made a sound
    sounds: int = 0
    #: incidents that opened
    incidents: int = 0

    @property
    def good(self) -> int:
        """What went well, late or not."""
        return sum(self.outcomes.get(each, 0) for each in (Outcome.OK, Outcome.LATE))

    @property
    def bad(self) -> int:
        """What did not."""
        return sum(self.outcomes.get(each, 0) for each in BAD)

    @property
    def success_rate(self) -> float | None:
        """The good among good and bad, 0 to 1; None: there was neither."""
        judged = self.good + self.bad
        return self.good / judged if judged else None


BAD = (
    *(Outcome.FAILED, Outcome.LOST, Outcome.MISSED, Outcome.OVERRAN),
    Outcome.TOO_SHORT,
)

#: the worst outcome first; what a row, and a cell with more than one, is known by
WORST_FIRST = (
    *(Outcome.LOST, Outcome.FAILED, Outcome.OVERRAN, Outcome.MISSED),
    *(Outcome.TOO_SHORT, Outcome.UNKNOWN, Outcome.LATE, Outcome.SUPPRESSED),
    *(Outcome.SKIPPED, Outcome.OK, Outcome.MERGED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How a report came about."""

    written_at: datetime
    #: when it was to be posted; None: somebody asked for it
    due_at: datetime | None = None
    #: it came later than that, and why in words; empty: in time
    why: str = ""
    #: older ones that were never posted, by their local dates
    skipped: tuple[date, ...] = ()

    @property
    def is_late(self) -> bool:
        """Whether it has to say so, or that others never came."""
        return bool(self.why or self.skipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One outcome of a job in one column, and how often."""

    column: int
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job in the picture."""

    slug: str
    label: str
    cells: tuple[Cell, ...] = ()
    #: None: nothing was to happen
    worst: Outcome | None = None
    #: it has more to show than that all went well
    is_interesting: bool = False
    #: columns in which it had an open incident, was in maintenance, was muted
    down: tuple[int, ...] = ()
    maintained: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The jobs that have no row of their own, together."""

    jobs: int = 0
    cells: tuple[Cell, ...] = ()
    worst: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timelines:
    """What the picture of a day or a week shows."""

    period: Period
    #: where each column begins; see `periods.columns`
    columns: tuple[datetime, ...]
    #: the worst first, then by slug
    rows: tuple[Row, ...] = ()
    rest: Rest = Rest()
    #: columns in which Cronitor could not see for some time
    blind: tuple[int, ...] = ()
    #: columns from this one on had not begun when it was drawn; None: all had
    future_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a report of a day or a week knows."""

    period: Period
    lateness: Lateness
    timelines: Timelines
    #: opened in the period, and open when it was written
    new: Some[IncidentFact] = Some()
    #: opened before it, and open when it was written
    still_open: Some[IncidentFact] = Some()
    #: resolved since it began, whenever they had opened
    recovered: Some[IncidentFact] = Some()
    #: opened after it, and open when it was written
    later: Some[IncidentFact] = Some()
    drifts: Some[DriftFact] = Some()
    #: drifts for so long that they are incidents; these jobs are up
    drifting: Some[IncidentFact] = Some()
    never_seen: Some[UnseenFact] = Some()
    muted: Some[MuteFact] = Some()
    maintenance: Some[WorkFact] = Some()
    paused: Some[PausedFact] = Some()
    blind: Some[BlindFact] = Some()
    saved: Some[SavedFact] = Some()
    ahead: Ahead = NOTHING_AHEAD
    totals: Totals = Totals()
    #: of the period before; None: nothing was watched then
    before: Totals | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What is usual for a job."""

    low: timedelta
    middle: timedelta
    high: timedelta
    #: how many samples it was learned from
    samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDay:
    """One local day of one job."""

    label: date
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    #: the median and the longest of its runs; None: none ended
    runtime: timedelta | None = None
    longest: timedelta | None = None
    #: the median of how long after its due it came
    lateness: timedelta | None = None
    #: how long an incident was open
    down: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run in the picture of durations."""

    at: datetime
    took: timedelta
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """One job over the last days, today among them."""

    slug: str
    label: str
    zone: str
    written_at: datetime
    start: datetime
    end: datetime
    #: in order; as many as were asked for
    days: tuple[JobDay, ...] = ()
    #: runs with their durations; thinned out evenly if there are many
    points: tuple[Point, ...] = ()
    #: what is usual for it now; None: too little is known
    runtime: Band | None = None
    lateness: Band | None = None
    drifts: tuple[DriftFact, ...] = ()
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    #: the newest first
    incidents: Some[IncidentFact] = Some()
    #: how long an incident was open in all
    down: timedelta = timedelta()
    #: 0 to 1; None: nothing was judged
    success_rate: float | None = None
