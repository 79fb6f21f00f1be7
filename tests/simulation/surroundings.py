"""Invents what jobs have to do with each other: machines, parents, planned work."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from bot.core.kinds import MuteScope, ScheduleKind, WindowScope
from bot.core.models import Schedule
from tests.simulation.clients import is_away
from tests.simulation.definitions import DAY, HOUR, MINUTE, TAGS, ZONES
from tests.simulation.worlds import Act, Gap, Life, Said, What, Work

#: jobs of one machine, the sign of life not counted: no more than a storm begins with
ON_A_NODE = 3
FAMILIES = (0, 1, 1, 2, 3, 4, 6)
OPENINGS = ("0 2 * * *", "30 1 * * 0", "0 3 1 * *", "15 0 * * 1-5")


def tied(random: Random, lives: Sequence[Life], end: datetime) -> list[Life]:
    """Some of the jobs stand on machines, or depend on each other."""
    found = list(lives)
    numbers = list(range(len(found)))
    random.shuffle(numbers)
    while numbers:
        size = random.choice(FAMILIES)
        family, numbers = numbers[:size], numbers[size + 1 :]
        family.sort(key=lambda number: found[number].made_at)
        if len(family) > 1:
            tie(random, found, family, end)
    return found


def tie(random: Random, lives: list[Life], family: list[int], end: datetime) -> None:
    """One family: each stands on a machine of it, or depends on an older one."""
    nodes: dict[str, int] = {}
    for place, number in enumerate(family):
        life = lives[number]
        definition = life.definition
        older = [n for n in family[:place] if not is_removed(lives[n])]
        open_nodes = [node for node, count in nodes.items() if count < ON_A_NODE]
        if older and random.random() < 0.5:
            parents = random.sample(older, min(len(older), random.choice((1, 1, 2))))
            slugs = tuple(lives[parent].definition.slug for parent in parents)
            definition = replace(definition, depends_on=slugs)
        if open_nodes and random.random() < 0.7:
            node = random.choice(open_nodes)
            nodes[node] += 1
            definition = replace(definition, node=node)
        if random.random() < 0.4 or place == 0:
            own = f"node-{number}"
            nodes[own] = 0
            definition = replace(definition, stands_for_node=own)
        lives[number] = replace(life, definition=definition)
    first = min(lives[number].made_at for number in family)
    for begins, ends in outages(random, first, end):
        for number in family:
            lives[number] = cut_off(lives[number], begins, ends)


def is_removed(life: Life) -> bool:
    """Whether it is gone one day; nothing may depend on it then."""
    return any(isinstance(e, Act) and e.what is What.REMOVE for e in life.events)


def outages(
    random: Random, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """When none of a family can be heard."""
    at = start
    while (at := at + random.expovariate(1) * 20 * DAY) < end:
        length = random.choice((10 * MINUTE, 2 * HOUR, 9 * HOUR, 2 * DAY))
        yield at, at + length * random.random() * 2
        at += length


def cut_off(life: Life, begins: datetime, ends: datetime) -> Life:
    """Nothing is heard of it in that time."""
    events = [
        event
        for event in life.events
        if not (isinstance(event, Said) and begins <= event.at < ends)
    ]
    return replace(life, events=events)


def works(
    random: Random,
    lives: Sequence[Life],
    gaps: Sequence[Gap],
    start: datetime,
    end: datetime,
) -> list[Work]:
    """Planned work at jobs, tags, machines and everything."""
    found: list[Work] = []
    nodes = [n for life in lives if (n := life.definition.stands_for_node)]
    for life in lives:
        at = life.made_at
        while (at := at + random.expovariate(1) * 50 * DAY) < end:
            if not is_away(gaps, at):
                target = life.definition.slug
                found.append(work(random, len(found) + 1, WindowScope.JOB, target, at))
    at = start
    while (at := at + random.expovariate(1) * 5 * DAY) < end:
        scope = random.choice((WindowScope.TAG, WindowScope.NODE, WindowScope.ALL))
        targets = {WindowScope.TAG: TAGS, WindowScope.NODE: nodes}.get(scope, [""])
        if targets and not is_away(gaps, at):
            target = random.choice(targets)
            found.append(work(random, len(found) + 1, scope, target, at))
    return [
        replace(each, ended_at=None)
        if each.ended_at is not None and is_away(gaps, each.ended_at)
        else each
        for each in found
    ]


def work(
    random: Random, number: int, scope: WindowScope, target: str, at: datetime
) -> Work:
    """One window, announced then."""
    length = random.choice((20 * MINUTE, HOUR, 3 * HOUR, 5 * HOUR))
    if scope is WindowScope.ALL or random.random() < 0.7:
        begins = at + random.choice((timedelta(), 20 * MINUTE, DAY)) * random.random()
        if random.random() < 0.5:
            begins = begins.replace(minute=0, second=0, microsecond=0) + HOUR
        is_early = random.random() < 0.3
        ended_at = begins + length * random.random() if is_early else None
        return Work(
            number=number,
            scope=scope,
            target=target,
            made_at=at,
            ended_at=ended_at,
            starts_at=begins,
            length=length,
        )
    schedule = Schedule(
        kind=ScheduleKind.CRON,
        expression=random.choice(OPENINGS),
        timezone=random.choice(ZONES),
    )
    if random.random() < 0.3:
        kind, text = ScheduleKind.ON_CALENDAR, "Sun *-*-* 02:30"
        schedule = replace(schedule, kind=kind, expression=text)
    return Work(
        number=number,
        scope=scope,
        target=target,
        made_at=at,
        ended_at=at + random.random() * 40 * DAY,
        starts_at=at,
        schedule=schedule,
        length=length,
    )


def announcements(works: Sequence[Work], end: datetime) -> Iterator[Act]:
    """What somebody does so that planned work is known."""
    for each in works:
        scope = MuteScope.JOB
        yield Act(at=each.made_at, what=What.ANNOUNCE, work=each, scope=scope)
        if each.ended_at is not None and each.ended_at < end:
            yield Act(at=each.ended_at, what=What.CALL_OFF, work=each, scope=scope)
