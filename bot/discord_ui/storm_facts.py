"""What is said of a storm, in its card and to whoever asks."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.core import incidents, storm_cards, storms
from bot.core.kinds import IncidentStatus
from bot.core.storm_cards import Member, StormCard
from bot.discord_ui import facts, looks, text
from bot.discord_ui.facts import Field

#: owners, mutes and shared facts that are named one by one
_OWNERS, _MUTES, _SHARED = 5, 3, 8
_STANDINGS = {
    IncidentStatus.OPEN: "open",
    IncidentStatus.ACKNOWLEDGED: "acknowledged",
    IncidentStatus.RESOLVED: "resolved",
}


def what(card: StormCard) -> str:
    """How many, of what."""
    kind, name = storm_cards.group(card.storm)
    where = f" of {kind} {text.name(name, limit=60)}" if kind else ""
    return f"{_count(card)}{where}"


def _count(card: StormCard) -> str:
    many = card.total or card.storm.count
    return "1 incident" if many == 1 else f"{many} incidents"


def lines(card: StormCard) -> list[str]:
    """What they share, since when, and how they stand."""
    kind, name = storm_cards.group(card.storm)
    shared = [f"{kind} {text.name(name, limit=60)}"] if kind else []
    shared += common(card)
    found = [f"**All share** {' · '.join(shared)}"] if shared else []
    kinds = Counter(each.incident.kind for each in card.members)
    if len(kinds) > 1:
        most = [f"{n} {incidents.WORDS[kind]}" for kind, n in kinds.most_common()]
        found.append(f"**What** {' · '.join(most)}")
    found.append(f"**Since** {facts.both(card.storm.opened_at)}")
    standing = [
        f"{card.tally[status]} {word}"
        for status, word in _STANDINGS.items()
        if card.tally.get(status)
    ]
    return [*found, *([f"**Now** {' · '.join(standing)}"] if standing else [])]


def common(card: StormCard) -> list[str]:
    """What all of them share beside their group, as far as there is room."""
    return [text.name(words, limit=80) for words in storm_cards.shared(card)[:_SHARED]]


def fields(card: StormCard) -> Iterator[Field]:
    """Who has them, and what is muted."""
    owners = storm_cards.owners(card.members)
    if owners:
        said = [f"by {text.name(who)} ({count})" for who, count in owners[:_OWNERS]]
        more = len(owners) - _OWNERS
        said += [f"and {more} more"] if more > 0 else []
        yield Field("Acknowledged", ", ".join(said))
    mutes = card.mutes
    if mutes:
        said = [facts.muted(mute) for mute in mutes[:_MUTES]]
        more = len(mutes) - _MUTES
        said += [f"and {more} more mutes"] if more > 0 else []
        yield Field("Muted", "\n".join(said))


def named(card: StormCard, room: int) -> str:
    """Its members, the worst first, as many as there is room for."""
    return listing([member(each) for each in card.members], card.total, room)


def listing(lines: Sequence[str], total: int, room: int) -> str:
    """As many lines as fit into `room`, and how many of `total` are not named."""
    kept = list(lines[: storms.NAMED])
    while kept:
        more = total - len(kept)
        said = "\n".join([*kept, *([f"and {more} more"] if more > 0 else [])])
        if text.length(said) <= room:
            return said
        kept.pop()
    return text.cut(f"{total} in all", max(room, 1))


def member(member: Member) -> str:
    """One line of the list."""
    look = looks.of(member)
    name = text.name(member.job.label, member.job.slug, limit=60)
    return f"{look.emoji} {name}: {_standing(member)}"


def _standing(member: Member) -> str:
    incident = member.incident
    if incident.status is IncidentStatus.RESOLVED:
        return "resolved"
    said = incidents.WORDS[incident.kind]
    if incident.count > 1:
        said += f", {incident.count} times"
    return said
