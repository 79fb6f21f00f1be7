"""Many incidents at once: one storm is told in their place (SEMANTICS, section 5)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core import incidents
from bot.core.kinds import NotificationKind, Severity, StormId
from bot.core.models import Definition, Incident, Job
from bot.core.silencers import Storm

#: so many of a group are heard by themselves, more are a storm
AT_MOST = 3
#: what comes within this time of each other belongs together
WITHIN = timedelta(seconds=30)
#: after this it takes nobody in any more: the next ones are heard anew
GATHERS_FOR = timedelta(minutes=10)
#: it silences its members until so long after the newest has joined
LASTS = timedelta(minutes=30)
#: members that are named one by one
NAMED = 20

#: sounds that a storm can make in the place of its members
OPENINGS = frozenset(
    {
        NotificationKind.OPENED,
        NotificationKind.REOPENED,
        NotificationKind.UNSILENCED,
    }
)
#: those of incidents that were heard before: only many in one pass are a storm
REPEATS = frozenset(
    {
        NotificationKind.WORSENED,
        NotificationKind.REMINDER,
        NotificationKind.DOWN_FOR_GOOD,
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of incidents that are about to be heard."""

    #: heard by themselves, critical ones among them
    heard: tuple[Incident, ...]
    #: in the storm, critical ones among them
    joined: tuple[Incident, ...] = ()
    #: the storm as it is now; its id is 0 if it is new
    storm: Storm | None = None
    is_new: bool = False


def group(definition: Definition) -> str:
    """What a job is told together with: `node nas`, `tag db` or `all`."""
    if definition.node:
        return f"node {definition.node}"
    return f"tag {definition.tags[0]}" if definition.tags else "all"


def is_gathering(storm: Storm, now: datetime) -> bool:
    """Whether another incident would still belong to it."""
    return (
        storm.ended_at is None
        and now - storm.joined_at <= WITHIN
        and now - storm.opened_at <= GATHERS_FOR
    )


def gather(
    loud: Sequence[Incident],
    group: str,
    *,
    earlier: int,
    storm: Storm | None,
    now: datetime,
) -> Verdict:
    """Which of one group's incidents, decided in one pass, are told as a storm.

    `earlier` were heard by themselves within the last 30 s; `storm` is the newest one.
    """
    if storm is not None and is_gathering(storm, now):
        return _joined(loud, (), _extended(storm, len(loud), now), is_new=False)
    if earlier + len(loud) <= AT_MOST:
        return Verdict(tuple(loud))
    # more than three at once are a storm with all of them
    alone = 0 if len(loud) > AT_MOST else max(0, AT_MOST - earlier)
    made = Storm(
        id=StormId(0),
        group=group,
        opened_at=now,
        joined_at=now,
        ends_at=now + LASTS,
        count=len(loud) - alone,
    )
    return _joined(loud[alone:], loud[:alone], made, is_new=True)


def _extended(storm: Storm, more: int, now: datetime) -> Storm:
    return replace(
        storm,
        joined_at=now,
        ends_at=now + LASTS,
        count=storm.count + more,
        revision=storm.revision + 1,
    )


def _joined(
    members: Sequence[Incident],
    alone: Sequence[Incident],
    storm: Storm,
    *,
    is_new: bool,
) -> Verdict:
    """A storm never keeps anybody from hearing what is critical."""
    critical = [each for each in members if each.severity is Severity.CRITICAL]
    return Verdict((*alone, *critical), tuple(members), storm, is_new)


def in_storm(incident: Incident, storm: Storm) -> Incident:
    """The incident as a member; its sound is that of the storm."""
    return replace(incident, storm_id=storm.id, review_at=storm.ends_at)


def is_over(storm: Storm, now: datetime) -> bool:
    """Whether it silences nobody any more."""
    return storm.ended_at is not None or now >= storm.ends_at


def headline(storm: Storm, members: Sequence[tuple[Incident, Job]]) -> str:
    """What it is, in one line: how many, of what, and what they share."""
    where = "" if storm.group == "all" else f" of {storm.group}"
    many = "1 incident" if storm.count == 1 else f"{storm.count} incidents"
    common = shared(storm, members)
    more = f", all {' and '.join(common)}" if common and len(members) > 1 else ""
    return f"storm #{storm.id}: {many}{where} at once{more}"


def shared(storm: Storm, members: Sequence[tuple[Incident, Job]]) -> list[str]:
    """What all of them have in common, beside their group."""
    found = []
    kinds = {incident.kind for incident, _ in members}
    if len(kinds) == 1:
        found.append(incidents.WORDS[kinds.pop()])
    tags = Counter(tag for _, job in members for tag in set(job.definition.tags))
    found += [
        f"tagged {tag}"
        for tag, count in sorted(tags.items())
        if count == len(members) and storm.group != f"tag {tag}"
    ]
    return found


def names(members: Sequence[tuple[Incident, Job]]) -> list[str]:
    """Who is in it, the first of many."""
    named = [job.label for _, job in members[:NAMED]]
    more = len(members) - NAMED
    return [*named, f"and {more} more"] if more > 0 else named
