"""What is compared: all that was decided about one job, whoever decided it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from bot.core.kinds import IncidentKind, NotificationKind, Outcome


def clock(moment: datetime) -> str:
    """A moment, with its fraction only where it has one."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") + (
        f".{moment.microsecond:06}" if moment.microsecond else ""
    )


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was said, with or without a sound."""

    at: datetime
    kind: NotificationKind
    sounds: bool = True

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.kind}{'' if self.sounds else ' (silent)'} {clock(self.at)}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """An incident as it stood at the end."""

    opened_at: datetime
    kind: IncidentKind
    resolved_at: datetime | None

    def __str__(self) -> str:
        """As a person reads it."""
        until = (
            "open" if self.resolved_at is None else f"until {clock(self.resolved_at)}"
        )
        return f"{self.kind} from {clock(self.opened_at)}, {until}"


@dataclass(frozen=True, slots=True)
class Findings:
    """Outcomes, incidents and sounds of one job."""

    slots: Mapping[datetime, Outcome]
    incidents: Sequence[Trouble]
    told: Sequence[Told]
    #: beginnings of the blind times because of which something is unknown
    unseen: Set[datetime] = frozenset()
