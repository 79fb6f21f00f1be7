"""The oracle's windows: what the rules call a slot, a run and a word about them.

Written from the rules' words (docs/semantics.md). Plain: every due of a calendar is an
object from the beginning, and nothing is armed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.core.kinds import Outcome, ScheduleKind
from bot.core.models import Definition
from tests.simulation import dues

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
#: words that never take the place of another one
NEUTRAL = frozenset({Outcome.SKIPPED, Outcome.MERGED})


@dataclass(eq=False, slots=True)
class Slot:
    """One due: its window, and how it stands."""

    due: datetime
    opens: datetime
    closes: datetime
    word: Outcome | None = None
    #: a start or an end came in its window
    is_held: bool = False
    #: nothing came until it closed, and nothing excused it
    is_missed: bool = False
    #: nobody can say whether something came
    is_unknown: bool = False

    @property
    def is_undecided(self) -> bool:
        """Whether something may still come late for it."""
        return self.is_missed or self.is_unknown

    def holds(self, moment: datetime) -> bool:
        """Whether its window holds that moment, both ends included."""
        return self.opens <= moment <= self.closes

    def say(self, word: Outcome) -> None:
        """The last word wins, but nothing came of it is no answer to a word."""
        if self.word is None or word not in NEUTRAL:
            self.word = word


@dataclass(eq=False, slots=True)
class Run:
    """One execution, or a lone end that stands for one."""

    rid: str | None
    start: datetime
    deadline: datetime
    slot: Slot | None
    is_late: bool
    end: datetime | None = None
    has_overrun: bool = False
    #: its deadline passed, and its end may have come while nobody saw it
    is_in_doubt: bool = False
    has_failed: bool = False
    #: its newest verdict was bad and is in the count
    is_counted: bool = False
    #: nobody said when it started, so it has no length
    is_alone: bool = False
    #: its place was taken: by another start without rid
    is_replaced: bool = False
    #: since then nobody waits for it: a later one succeeded, or the job was paused
    given_up_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether its end is awaited."""
        return self.end is None and self.given_up_at is None


def rolled(usual: timedelta | None, seen: timedelta) -> timedelta:
    """A figure that follows what is seen: up at once, down by an eighth of the way."""
    if usual is None or seen >= usual:
        return seen
    return usual - (usual - seen) / 8


def default_grace(gap: timedelta) -> timedelta:
    """A tenth of the period, at least 60 s, at most 30 min."""
    return min(max(gap / 10, MINUTE), 30 * MINUTE)


def slot(definition: Definition, due: datetime, gap: timedelta) -> Slot:
    """The slot of a due that has so much time before the next."""
    grace = definition.grace if definition.grace is not None else default_grace(gap)
    return Slot(due, due - min(MINUTE, gap / 4), due + definition.jitter + grace)


def calendar_slots(
    definition: Definition, after: datetime, until: datetime
) -> list[Slot]:
    """The slots of all dues after a moment, up to one that is far away."""
    if definition.schedule.kind not in (ScheduleKind.CRON, ScheduleKind.ON_CALENDAR):
        return []
    known: Sequence[datetime] = dues.dues(definition.schedule, after, until)
    return [slot(definition, due, later - due) for due, later in pairwise(known)]
