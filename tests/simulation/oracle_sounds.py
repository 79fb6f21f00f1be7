"""The oracle's sounds: what is told of incidents, and what is kept quiet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.kinds import IncidentKind, NotificationKind
from bot.core.models import Definition
from tests.simulation.findings import Told
from tests.simulation.oracle_incidents import Page, Turn
from tests.simulation.oracle_work import Plan

#: somebody who has it in hand may take so long until those below are heard
IN_HAND = timedelta(hours=4)
#: what has to be said first, however much worse it gets before it can be said
FIRST_WORDS = (NotificationKind.OPENED, NotificationKind.REOPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person, or a ping that resumes, does to the silence about a job."""

    at: datetime
    event: float
    #: it is done to many jobs in one stroke
    is_common: bool = False
    paused: bool | None = None
    #: an acknowledgement until then
    acknowledged_until: datetime | None = None
    #: somebody has said that end, so that it holds for one that is there as well
    says_end: bool = False
    #: a mute of that number begins, or ends
    mute: int | None = None
    muted_until: datetime | None = None
    until_recovery: bool = False
    definition: Definition | None = None


@dataclass(slots=True)
class Ears:
    """Goes through a job's time and says what was heard."""

    definition: Definition
    work: Plan
    #: whether something above it keeps it silent, that opened when it did or before;
    #: the last moment says when it was heard
    is_inhibited: Callable[[datetime, datetime, datetime | None], bool]
    told: list[Told] = field(default_factory=list)
    #: the open incident, if there is one: its kind, and when it opened (again)
    kind: IncidentKind | None = None
    opened_at: datetime | None = None
    #: the newest outcome was good, and more are needed
    is_eased: bool = False
    is_flapping: bool = False
    is_paused: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    mutes: dict[int, tuple[datetime, bool]] = field(default_factory=dict)
    was_silent: bool = False
    #: what would have been said, had nothing silenced it
    owed: NotificationKind | None = None
    last_sound_at: datetime | None = None

    def next_review(self, after: datetime) -> datetime | None:
        """When something begins or ends by itself: silence, or patience."""
        if self.kind is None:
            return None
        ends = [until for until, _ in self.mutes.values()]
        if self.acknowledged_at is not None and self.acknowledged_until is not None:
            ends += [self.acknowledged_until, self.acknowledged_at + IN_HAND]
        edge = self.work.next_edge(after)
        if edge is not None:
            ends.append(edge)
        every, last = self.definition.realert_every, self.last_sound_at
        if every is not None and last is not None:
            ends.append(last + every)
        return min((at for at in ends if at > after), default=None)

    def silences(
        self, now: datetime, below_at: datetime, heard_at: datetime | None
    ) -> bool:
        """Whether it silences what is below it and opened at `below_at`."""
        if self.kind is None or self.opened_at is None or self.opened_at > below_at:
            return False
        if self.is_held(now) or self.is_eased:
            return False
        goes_up_and_down = self.is_flapping or self.definition.recovery_threshold > 1
        if goes_up_and_down and heard_at is not None and heard_at >= below_at:
            return False
        until, since = self.acknowledged_until, self.acknowledged_at
        if until is None or since is None or until <= now:
            return True
        return now < since + IN_HAND

    def is_held(self, now: datetime) -> bool:
        """Whether it is paused, in maintenance or muted."""
        is_muted = any(until > now for until, _ in self.mutes.values())
        return self.is_paused or is_muted or self.work.end_at(now) is not None

    def learn(self, now: datetime, group: Iterable[Page | Change]) -> None:
        """What one look or one event brought; a resolution is told at once."""
        was_open = self.kind is not None
        for each in group:
            if isinstance(each, Page):
                self.turn(each)
            else:
                self.change(each)
        if self.kind is None:
            self.was_silent, self.owed = False, None
            self.last_sound_at = None
            if was_open:
                self.told.append(Told(now, NotificationKind.RESOLVED, sounds=False))

    def decide(self, now: datetime) -> None:
        """Whatever was learnt at one moment makes one sound at the most."""
        self.mutes = {n: m for n, m in self.mutes.items() if m[0] > now}
        if self.kind is None:
            return
        self.lapse(now)
        self.sound(now)

    def lapse(self, now: datetime) -> None:
        """An acknowledgement ends by itself: whoever had it has it no more."""
        if self.acknowledged_until is not None and self.acknowledged_until <= now:
            self.acknowledged_at = self.acknowledged_until = None
            self.owed = NotificationKind.UNSILENCED

    def sound(self, now: datetime) -> None:
        """The one sound of this moment, unless something silences it."""
        if self.acknowledged_until is not None:
            self.owed = None
        is_silent = self.is_held(now) or self.acknowledged_until is not None
        if self.kind is IncidentKind.MISSED and self.opened_at is not None:
            opened_at, heard_at = self.opened_at, self.last_sound_at
            is_silent = is_silent or self.is_inhibited(now, opened_at, heard_at)
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
        self.is_eased = page.turn is Turn.EASED
        self.is_flapping = page.is_flapping
        if page.turn is Turn.RESOLVED:
            self.kind = self.acknowledged_at = self.acknowledged_until = None
            self.owed = None
            self.mutes = {n: m for n, m in self.mutes.items() if not m[1]}
            return
        self.kind, self.opened_at = page.kind, page.opened_at
        if page.turn in (Turn.GREW, Turn.EASED, Turn.FELL):
            return
        kind = NotificationKind(page.turn.value)
        if page.turn in (Turn.WORSENED, Turn.DOWN_FOR_GOOD):
            self.acknowledged_at = self.acknowledged_until = None
        if page.turn is not Turn.WORSENED or self.owed not in FIRST_WORDS:
            self.owed = kind

    def change(self, change: Change) -> None:
        """The silence about it is another one."""
        if change.definition is not None:
            self.definition = change.definition
        if change.paused is not None:
            self.is_paused = change.paused
        is_wanted = change.acknowledged_until is not None and self.kind is not None
        # there is one person only, who may say another end
        if is_wanted and (self.acknowledged_until is None or change.says_end):
            self.acknowledged_at = self.acknowledged_at or change.at
            self.acknowledged_until = change.acknowledged_until
        if change.mute is not None:
            self.mutes.pop(change.mute, None)
            is_wanted = not change.until_recovery or self.kind is not None
            if change.muted_until is not None and is_wanted:
                self.mutes[change.mute] = (change.muted_until, change.until_recovery)
