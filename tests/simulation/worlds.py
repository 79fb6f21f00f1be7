"""What happens to the jobs of one world: records only; `lives` invents them.

A world is a list of jobs, each with all that comes to it in its order, and the times in
which Cronitor is away. Nothing in it depends on what Cronitor decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.core.kinds import MuteScope, PingKind
from bot.core.models import Definition


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


@dataclass(frozen=True, slots=True)
class Said:
    """A ping as it came in."""

    at: datetime
    kind: PingKind
    rid: str | None = None


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
    #: fields of the definition that are changed
    fields: dict[str, Any] = field(default_factory=dict)


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
    #: mutes of a tag or of everything: they begin and end for many jobs
    common: Sequence[Act]


def events_of(world: World, life: Life) -> list[Event]:
    """All that comes to one job, what is done to every job among it, in order."""
    events = [each for each in world.common if concerns(each, life)]
    return sorted([*life.events, *events], key=lambda event: event.at)


def concerns(act: Act, life: Life) -> bool:
    """Whether a mute of a tag or of everything is about that job."""
    if act.scope is MuteScope.ALL:
        return True
    return act.scope is MuteScope.TAG and act.target in life.definition.tags
