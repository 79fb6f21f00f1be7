"""What the one message about a storm says: how many, what they share, who is worst."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core import incidents, storms
from bot.core.audible import Silence
from bot.core.kinds import IncidentStatus, MuteScope, Severity, SilenceKind
from bot.core.models import Incident, Job, JobState
from bot.core.silencers import Mute, Storm

#: members that are looked at; of more only the number is known
MOST = 1000
#: a message is brought up to date no more often
EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One incident of a storm as it is now."""

    incident: Incident
    job: Job
    state: JobState
    #: why it makes no sound now; None: nothing silences it
    silence: Silence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StormCard:
    """Everything that the message about one storm may say."""

    storm: Storm
    #: the worst first; only the first `MOST` of very many
    members: tuple[Member, ...]
    #: how many of all that were ever in it have which status
    tally: dict[IncidentStatus, int]
    #: stands in the footer; what a message is looked for by when an answer was lost
    mark: str = ""

    @property
    def total(self) -> int:
        """How many were ever in it."""
        return sum(self.tally.values())

    @property
    def is_over(self) -> bool:
        """Whether all of them are resolved."""
        return self.tally.get(IncidentStatus.RESOLVED, 0) == self.total

    @property
    def is_acknowledged(self) -> bool:
        """Whether somebody has all that is not resolved."""
        return not self.is_over and not self.tally.get(IncidentStatus.OPEN, 0)

    @property
    def mutes(self) -> tuple[Mute, ...]:
        """What people have muted of it, each mute once."""
        found = {
            each.silence.mute.id: each.silence.mute
            for each in self.members
            if each.silence is not None and each.silence.mute is not None
        }
        return tuple(found.values())

    @property
    def is_muted(self) -> bool:
        """Whether all that is not resolved is muted."""
        unresolved = [m for m in self.members if m.incident.resolved_at is None]
        return bool(unresolved) and all(map(_is_muted, unresolved))

    @property
    def is_quiet(self) -> bool:
        """Whether it makes no sound any more: nobody has to be told of any of them."""
        return not any(map(_is_heard, self.members))


def _is_muted(member: Member) -> bool:
    return member.silence is not None and member.silence.kind is SilenceKind.MUTE


def _is_heard(member: Member) -> bool:
    if member.incident.resolved_at is not None:
        return False
    return member.silence is None or member.silence.kind is SilenceKind.STORM


def worst_first(members: Iterable[Member]) -> tuple[Member, ...]:
    """Those that nobody has first, then the worse kinds, then the older ones."""
    return tuple(sorted(members, key=_badness))


def _badness(member: Member) -> tuple[object, ...]:
    incident = member.incident
    return (
        list(IncidentStatus).index(incident.status),
        -list(Severity).index(incident.severity),
        -incidents.RANK[incident.kind],
        incident.opened_at,
        incident.id,
    )


def group(storm: Storm) -> tuple[str, str]:
    """`node` or `tag` and its name; two empty texts where all are one group."""
    kind, _, name = storm.group.partition(" ")
    return (kind, name) if name else ("", "")


def own_mutes(storm: Storm, slugs: Iterable[str]) -> set[tuple[MuteScope, str]]:
    """What a mute of the storm may have silenced: its group, or each of its jobs."""
    kind, name = group(storm)
    found = {(MuteScope.JOB, slug) for slug in slugs}
    return found | {(MuteScope(kind), name)} if kind else found


def is_muted_itself(card: StormCard) -> bool:
    """Whether a mute of the storm's own silences any of it."""
    own = own_mutes(card.storm, (each.job.slug for each in card.members))
    return any((mute.scope, mute.target) in own for mute in card.mutes)


def shared(card: StormCard) -> list[str]:
    """What all of them have in common, beside their group."""
    if not card.members or card.total > len(card.members):
        return []
    pairs = [(each.incident, each.job) for each in card.members]
    found = storms.shared(card.storm, pairs)
    dues = {each.incident.due_at for each in card.members}
    due = dues.pop() if len(dues) == 1 else None
    return [*found, f"due {_moment(due)}"] if due is not None else found


def _moment(at: datetime) -> str:
    clock = "%H:%M:%S" if at.second else "%H:%M"
    return f"{at.astimezone(UTC):%Y-%m-%d {clock}} UTC"


def owners(members: Sequence[Member]) -> list[tuple[str, int]]:
    """Who has acknowledged how many, the first name of the alphabet first."""
    names = Counter(
        each.incident.acknowledged_by
        for each in members
        if each.incident.status is IncidentStatus.ACKNOWLEDGED
    )
    return sorted(names.items())
