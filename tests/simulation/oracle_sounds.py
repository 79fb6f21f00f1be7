"""The oracle's sounds: what is told of incidents, and what is kept quiet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from bot.core.kinds import NotificationKind
from bot.core.models import Definition
from tests.simulation.findings import Told
from tests.simulation.looks import TICK, Looks
from tests.simulation.oracle_incidents import Page, Story, Turn
from tests.simulation.oracle_watch import LOOK

#: what has to be said first, however much worse it gets before it can be said
FIRST_WORDS = (NotificationKind.OPENED, NotificationKind.REOPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person, or a ping that resumes, does to the silence about a job."""

    at: datetime
    event: float
    paused: bool | None = None
    #: an acknowledgement until then
    acknowledged_until: datetime | None = None
    #: a mute of that number begins, or ends
    mute: int | None = None
    muted_until: datetime | None = None
    until_recovery: bool = False
    definition: Definition | None = None


@dataclass(slots=True)
class Ears:
    """Goes through a job's time and says what was heard."""

    definition: Definition
    looks: Looks
    told: list[Told] = field(default_factory=list)
    story: Story | None = None
    is_paused: bool = False
    acknowledged_until: datetime | None = None
    mutes: dict[int, tuple[datetime, bool]] = field(default_factory=dict)
    was_silent: bool = False
    #: what would have been said, had nothing silenced it
    owed: NotificationKind | None = None
    last_sound_at: datetime | None = None

    def listen(self, pages: Sequence[Page], changes: Sequence[Change]) -> list[Told]:
        """Everything that was told until the end of the world."""
        known: list[Page | Change] = [*pages, *changes]
        known.sort(key=when)
        for (at, by), group in groupby(known, when):
            # a look at the very moment of an event comes before it
            self.review_until(at - TICK if by == LOOK else at)
            self.decide(at, list(group))
        return self.told

    def review_until(self, now: datetime) -> None:
        """Whatever ends by itself by then: mutes, acknowledgements, patience."""
        while (look_at := self.next_review()) is not None and look_at <= now:
            self.decide(look_at, ())

    def next_review(self) -> datetime | None:
        """The first look at which something has ended."""
        if self.story is None:
            return None
        ends = [until for until, _ in self.mutes.values()]
        if self.acknowledged_until is not None:
            ends.append(self.acknowledged_until)
        every = self.definition.realert_every
        if every is not None and self.last_sound_at is not None and not ends:
            ends += [] if self.is_paused else [self.last_sound_at + every]
        return self.looks.at_or_after(min(ends)) if ends else None

    def decide(self, now: datetime, group: Iterable[Page | Change]) -> None:
        """One look or one event: what it brought makes one sound at the most."""
        was_open = self.story is not None
        for each in group:
            if isinstance(each, Page):
                self.turn(each)
            else:
                self.change(each)
        self.mutes = {n: m for n, m in self.mutes.items() if m[0] > now}
        if self.story is None:
            self.was_silent, self.owed = False, None
            self.last_sound_at = None
            if was_open:
                self.told.append(Told(now, NotificationKind.RESOLVED, sounds=False))
            return
        self.lapse(now)
        self.sound(now)

    def lapse(self, now: datetime) -> None:
        """An acknowledgement ends by itself: whoever had it has it no more."""
        if self.acknowledged_until is not None and self.acknowledged_until <= now:
            self.acknowledged_until = None
            self.owed = NotificationKind.UNSILENCED

    def sound(self, now: datetime) -> None:
        """The one sound of this moment, unless something silences it."""
        if self.acknowledged_until is not None:
            self.owed = None
        is_silent = bool(self.is_paused or self.mutes or self.acknowledged_until)
        was_silent, self.was_silent = self.was_silent, is_silent
        if is_silent:
            return
        kind, self.owed = self.owed, None
        if kind is None and was_silent:
            kind = NotificationKind.UNSILENCED
        if kind is None and self.is_patience_over(now):
            kind = NotificationKind.REMINDER
        if kind is not None:
            self.told.append(Told(now, kind))
            self.last_sound_at = now

    def is_patience_over(self, now: datetime) -> bool:
        """Whether it was quiet for as long as a reminder waits."""
        every, last = self.definition.realert_every, self.last_sound_at
        return every is not None and last is not None and now >= last + every

    def turn(self, page: Page) -> None:
        """A story goes on."""
        if page.turn is Turn.RESOLVED:
            self.story = self.acknowledged_until = self.owed = None
            self.mutes = {n: m for n, m in self.mutes.items() if not m[1]}
            return
        self.story = page.story
        kind = NotificationKind(page.turn.value)
        if page.turn in (Turn.WORSENED, Turn.DOWN_FOR_GOOD):
            self.acknowledged_until = None
        if page.turn is not Turn.WORSENED or self.owed not in FIRST_WORDS:
            self.owed = kind

    def change(self, change: Change) -> None:
        """The silence about it is another one."""
        if change.definition is not None:
            self.definition = change.definition
        if change.paused is not None:
            self.is_paused = change.paused
        if change.acknowledged_until is not None and self.story is not None:
            self.acknowledged_until = (
                self.acknowledged_until or change.acknowledged_until
            )
        if change.mute is not None:
            self.mutes.pop(change.mute, None)
            is_wanted = not change.until_recovery or self.story is not None
            if change.muted_until is not None and is_wanted:
                self.mutes[change.mute] = (change.muted_until, change.until_recovery)


def when(each: Page | Change) -> tuple[datetime, float]:
    """The look or the event by which it was known; looks come before events."""
    if isinstance(each, Page):
        return each.heard_at, each.heard_by
    return each.at, each.event
