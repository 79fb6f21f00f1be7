"""Where two accounts of a job's life differ, in words for whoever judges."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import zip_longest

from bot.core.models import Definition
from tests.simulation.findings import Findings, Told, clock
from tests.simulation.looks import TICK
from tests.simulation.worlds import Event, Life, Said, World, events_of

#: so many events before a difference are shown, and some after
BEFORE, AFTER = 12, 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about which the two do not agree."""

    number: int
    about: str
    at: datetime
    oracle: str
    other: str
    #: the last events of the job before that
    story: Sequence[str] = field(repr=False)

    def __str__(self) -> str:
        """Several lines for a person."""
        head = f"job {self.number}, {self.about} {clock(self.at)}"
        said = f"  oracle says: {self.oracle}\n  rules say:   {self.other}"
        return "\n".join((head, said, *(f"    {line}" for line in self.story)))


def differences(
    world: World, number: int, oracle: Findings, other: Findings
) -> list[Difference]:
    """All of one job, the earliest first."""
    life = world.lives[number - 1]
    found = [
        Difference(
            number,
            about,
            at,
            mine,
            theirs,
            [
                *story(world, life, at),
                f"oracle had: {account(oracle, at)}",
                f"rules had:  {account(other, at)}",
            ],
        )
        for about, at, mine, theirs in unlike(oracle, other)
    ]
    return sorted(found, key=lambda each: each.at)


Unlike = tuple[str, datetime, str, str]


def unlike(oracle: Findings, other: Findings) -> Iterator[Unlike]:
    """Slots, incidents and sounds; of a list only the first that is not the same."""
    for due in sorted(oracle.slots.keys() | other.slots.keys()):
        mine, theirs = oracle.slots.get(due), other.slots.get(due)
        if mine != theirs:
            yield "slot of", due, str(mine or "nothing"), str(theirs or "nothing")
    for trouble, theirs_too in zip_longest(oracle.incidents, other.incidents):
        if trouble != theirs_too:
            both = [each for each in (trouble, theirs_too) if each is not None]
            ends = [each.resolved_at or each.opened_at for each in both]
            yield (
                "incident of",
                min(ends),
                str(trouble or "nothing"),
                str(theirs_too or "nothing"),
            )
            break
    for began in sorted(oracle.unseen ^ other.unseen):
        is_mine = began in oracle.unseen
        yield "unknown because of", began, str(is_mine), str(not is_mine)
    for told, told_too in zip_longest(oracle.told, other.told):
        if not is_same(told, told_too):
            moments = [each.at for each in (told, told_too) if each is not None]
            yield (
                "told at",
                min(moments),
                str(told or "nothing"),
                str(told_too or "nothing"),
            )
            break


def is_same(told: Told | None, told_too: Told | None) -> bool:
    """Whether both said the same; a look is at a moment or just after it."""
    if told is None or told_too is None:
        return told is told_too
    is_alike = (told.kind, told.sounds) == (told_too.kind, told_too.sounds)
    return is_alike and abs(told.at - told_too.at) <= TICK


def story(world: World, life: Life, moment: datetime) -> Iterator[str]:
    """The definition and what came to the job around that moment."""
    yield defined(life.definition)
    events = events_of(world, life)
    before = [event for event in events if event.at <= moment]
    after = [event for event in events if event.at > moment]
    for event in (*before[-BEFORE:], *after[:AFTER]):
        yield f"{clock(event.at)} {line(event)}"


def account(findings: Findings, moment: datetime) -> str:
    """The last that was said until then, and a little after."""
    slots = [(due, f"{clock(due)} {word}") for due, word in findings.slots.items()]
    told = [(told.at, f"told {told}") for told in findings.told]
    known = sorted([*slots, *told])
    before = [text for at, text in known if at <= moment]
    after = [text for at, text in known if at > moment]
    return "; ".join((*before[-BEFORE:], *after[:AFTER]))


def defined(definition: Definition) -> str:
    """What of a definition is not as usual."""
    usual = Definition(slug="")
    said = {
        each.name: getattr(definition, each.name)
        for each in fields(Definition)
        if getattr(definition, each.name) != getattr(usual, each.name)
    }
    schedule = definition.schedule
    when = f"{schedule.expression or schedule.interval} {schedule.timezone}"
    said["schedule"] = f"{schedule.kind} {when} {schedule.flavour}"
    return ", ".join(f"{name}={value}" for name, value in said.items())


def line(event: Event) -> str:
    """One event in a line."""
    if isinstance(event, Said):
        return f"{event.kind} {event.rid or ''}"
    until = f" until {clock(event.until)}" if event.until else ""
    return f"{event.what}{until} {event.fields or ''}"
