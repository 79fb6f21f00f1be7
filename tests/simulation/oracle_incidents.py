"""The oracle's incidents: what the verdicts about a job mean, from first to last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.kinds import IncidentKind
from bot.core.models import Definition
from tests.simulation.oracle_watch import Verdict

#: from the mildest to the worst
ORDER = list(IncidentKind)
SOON = timedelta(minutes=10)
DAY = timedelta(days=1)
OPENINGS, OUTCOMES = 4, 40
CALM = 5
AT_LEAST = 3


class Turn(StrEnum):
    """What a verdict does to an incident."""

    OPENED = "opened"
    REOPENED = "reopened"
    WORSENED = "worsened"
    DOWN_FOR_GOOD = "down_for_good"
    #: it is worse, and that is not worth a sound
    GREW = "grew"
    #: it works again, and has not for long enough yet
    EASED = "eased"
    #: it does not work any more
    FELL = "fell"
    RESOLVED = "resolved"


@dataclass(eq=False, slots=True)
class Story:
    """One incident, from its first opening to its last resolution."""

    kind: IncidentKind
    opened_at: datetime
    resolved_at: datetime | None = None
    is_flapping: bool = False
    flapping_bad: int = 0
    is_down_for_good: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A turn in a story, and when Cronitor knew of it."""

    heard_at: datetime
    heard_by: float
    turn: Turn
    #: of what kind it is then, and when it opened (again)
    kind: IncidentKind
    opened_at: datetime
    is_flapping: bool


@dataclass(slots=True)
class Chronicle:
    """Reads verdicts and writes stories."""

    stories: list[Story] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    bad_row: int = 0
    good_row: int = 0
    outcomes: int = 0
    #: when each opening was, and after how many outcomes
    openings: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def open(self) -> Story | None:
        """The incident that is not resolved."""
        newest = self.stories[-1] if self.stories else None
        return newest if newest is not None and newest.resolved_at is None else None

    def read(self, verdicts: Sequence[Verdict]) -> None:
        """All verdicts about a job, in their order."""
        for verdict in verdicts:
            if verdict.bad is None:
                self.good(verdict)
            else:
                self.bad(verdict, verdict.bad)

    def write(self, verdict: Verdict, turn: Turn, story: Story) -> None:
        """Something has happened in a story."""
        at, by = verdict.heard_at, verdict.heard_by
        opened_at, flaps = self.openings[-1][0], story.is_flapping
        self.pages.append(Page(at, by, turn, story.kind, opened_at, flaps))

    def bad(self, verdict: Verdict, kind: IncidentKind) -> None:
        """A bad outcome."""
        was_eased, self.good_row = self.good_row > 0, 0
        if verdict.counts:
            self.bad_row += 1
            self.outcomes += 1
        self.bad_row = max(1, self.bad_row)
        story = self.open
        if story is not None:
            if was_eased:
                self.write(verdict, Turn.FELL, story)
            self.add(story, verdict, kind)
        elif self.bad_row >= verdict.definition.failure_tolerance:
            self.open_story(verdict, kind)

    def add(self, story: Story, verdict: Verdict, kind: IncidentKind) -> None:
        """It is bad already."""
        is_worse = ORDER.index(kind) > ORDER.index(story.kind)
        if is_worse:
            story.kind = kind
        if not story.is_flapping:
            if is_worse:
                self.write(verdict, Turn.WORSENED, story)
            return
        if is_worse:
            self.write(verdict, Turn.GREW, story)
        story.flapping_bad += verdict.counts
        enough = max(AT_LEAST, verdict.definition.failure_tolerance)
        if story.flapping_bad >= enough and not story.is_down_for_good:
            story.is_down_for_good = True
            self.write(verdict, Turn.DOWN_FOR_GOOD, story)

    def open_story(self, verdict: Verdict, kind: IncidentKind) -> None:
        """So many in a row that somebody must know."""
        last = self.stories[-1] if self.stories else None
        if last is not None and last.resolved_at is not None:
            last = last if verdict.at - last.resolved_at <= SOON else None
        if last is None:
            story, turn = Story(kind, verdict.at), Turn.OPENED
            self.stories.append(story)
        else:
            story, turn = last, Turn.REOPENED
            story.kind, story.resolved_at = kind, None
        self.openings.append((verdict.at, self.outcomes))
        story.is_flapping = len(list(self.recent(verdict.at))) >= OPENINGS
        story.flapping_bad, story.is_down_for_good = 0, False
        self.write(verdict, turn, story)

    def recent(self, now: datetime) -> Iterator[datetime]:
        """Openings within 40 outcomes and 24 h."""
        for at, outcomes in self.openings:
            if now - at <= DAY and self.outcomes - outcomes < OUTCOMES:
                yield at

    def good(self, verdict: Verdict) -> None:
        """A good outcome."""
        self.good_row += 1
        self.outcomes += 1
        story = self.open
        if not verdict.keeps:
            self.bad_row = 0
        if story is None:
            return
        if not verdict.keeps:
            story.flapping_bad = 0
        wanted = verdict.definition.recovery_threshold
        if self.good_row >= wanted * (CALM if story.is_flapping else 1):
            story.resolved_at = verdict.at
            self.write(verdict, Turn.RESOLVED, story)
        elif self.good_row == 1:
            self.write(verdict, Turn.EASED, story)

    def close(self, now: datetime, event: float, definition: Definition) -> None:
        """The job was removed."""
        story = self.open
        if story is not None:
            story.resolved_at = now
            self.write(Verdict(now, now, event, definition, None), Turn.RESOLVED, story)
