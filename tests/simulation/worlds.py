"""What happens to the jobs of one world: records only; `lives` invents them.

A world is a list of jobs, each with all that comes to it in its order, and the times in
which Cronitor is away. Nothing in it depends on what Cronitor decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.core.kinds import MuteScope, PingKind, WindowScope
from bot.core.models import Definition, Schedule


class What(StrEnum):
    """What a person does to a job."""

    PAUSE = "pause"
    RESUME = "resume"
    EDIT = "edit"
    ROTATE = "rotate"
    REMOVE = "remove"
    #: no effect without an open incident
    ACKNOWLEDGE = "acknowledge"
    MUTE = "mute"
    UNMUTE = "unmute"
    #: maintenance is announced, or ended early
    ANNOUNCE = "announce"
    CALL_OFF = "call off"


SILENCES = (What.MUTE, What.UNMUTE, What.ANNOUNCE, What.CALL_OFF)


@dataclass(frozen=True, slots=True)
class Said:
    """A ping as it came in."""

    at: datetime
    kind: PingKind
    rid: str | None = None
    #: its sender has given it an id, and says when it happened
    event: str | None = None
    about: datetime | None = None


ONCE = Schedule()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A maintenance window."""

    number: int
    scope: WindowScope
    target: str
    #: when somebody announced it, and ended it early
    made_at: datetime
    ended_at: datetime | None = None
    #: of a single one the start; of one that comes again, when it was made
    starts_at: datetime
    #: when it comes again and again; of kind none for a single one
    schedule: Schedule = ONCE
    length: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that a person did."""

    at: datetime
    what: What
    #: end of an acknowledgement or a mute; None: as long as an acknowledgement holds
    until: datetime | None = None
    #: which mute begins or ends
    number: int = 0
    scope: MuteScope = MuteScope.JOB
    target: str = ""
    #: only has an effect on a job with an open incident
    until_recovery: bool = False
    work: Work | None = None
    #: fields of the definition that are changed
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_common(self) -> bool:
        """Whether it is done to many jobs in one stroke."""
        return self.work is not None or self.scope is not MuteScope.JOB

    @property
    def is_silence(self) -> bool:
        """Whether a mute or maintenance begins or ends."""
        return self.what in SILENCES


Event = Said | Act


class Sight(StrEnum):
    """How much Cronitor sees while it does not look."""

    #: stopped: what is said to it is refused
    AWAY = "away"
    #: it hears, but its watchdog is late
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which no deadline is looked at; the first look after it is at `end`."""

    start: datetime
    end: datetime
    sight: Sight

    def holds(self, moment: datetime) -> bool:
        """Whether nothing is looked at then."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Life:
    """One job and all that comes to it."""

    definition: Definition
    made_at: datetime
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class World:
    """Everything that happens from one seed."""

    seed: int
    start: datetime
    end: datetime
    lives: Sequence[Life]
    gaps: Sequence[Gap]
    #: mutes of a tag or of everything, and maintenance: they are for many jobs
    common: Sequence[Act]
    works: Sequence[Work] = ()


def events_of(world: World, life: Life) -> list[Event]:
    """All that comes to one job, what is done to every job among it, in order."""
    events = [each for each in world.common if concerns(each, life)]
    return sorted([*life.events, *events], key=lambda event: event.at)


def concerns(act: Act, life: Life) -> bool:
    """Whether what is done to many jobs is about that one."""
    if act.work is not None:
        return is_for(act.work, life.definition)
    if act.scope is MuteScope.ALL:
        return True
    return act.scope is MuteScope.TAG and act.target in life.definition.tags


def is_for(work: Work, definition: Definition) -> bool:
    """Whether maintenance is about that job."""
    match work.scope:
        case WindowScope.ALL:
            return True
        case WindowScope.TAG:
            return work.target in definition.tags
        case WindowScope.NODE:
            return work.target in (definition.node, definition.stands_for_node)
    return work.target == definition.slug


def is_above(upper: Life, lower: Life) -> bool:
    """Whether one is the next above another."""
    up, low = upper.definition, lower.definition
    if up.slug in low.depends_on:
        return True
    return up.stands_for_node != "" and up.stands_for_node == low.node


def reached(number: int, next_up: Sequence[set[int]]) -> set[int]:
    """Everybody above one, at whatever distance."""
    found: set[int] = set()
    waiting = {number}
    while waiting:
        waiting = {up for each in waiting for up in next_up[each]} - found
        found |= waiting
    return found - {number}


def families(world: World) -> Iterator[list[int]]:
    """Numbers of jobs that have to do with each other, from 0; most stand alone."""
    ties: dict[str, list[int]] = {}
    for number, life in enumerate(world.lives):
        definition = life.definition
        nodes = {definition.node, definition.stands_for_node} - {""}
        for tie in (definition.slug, *definition.depends_on, *(f"/{n}" for n in nodes)):
            ties.setdefault(tie, []).append(number)
    family = list(range(len(world.lives)))
    for tied in ties.values():
        merged = {family[number] for number in tied}
        family = [min(merged) if each in merged else each for each in family]
    for head in sorted(set(family)):
        yield [number for number, each in enumerate(family) if each == head]
