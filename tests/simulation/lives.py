"""Invents a world from a seed: jobs, their luck, people, and Cronitor's absences."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from bot.core.kinds import MuteScope, ScheduleKind
from bot.core.models import Definition
from tests.simulation import clients, definitions, surroundings
from tests.simulation.clients import Client, Network, Recipe, is_away
from tests.simulation.definitions import DAY, HOUR, MINUTE, SECOND, TAGS
from tests.simulation.oracle_slots import calendar_slots
from tests.simulation.worlds import Act, Event, Gap, Life, Sight, What, World

START = datetime(2026, 1, 5, tzinfo=UTC)


def world(seed: int, jobs: int, days: int) -> World:
    """A world of so many jobs and days."""
    random = Random(f"{seed}")
    start = START + random.randrange(365 * 4) * DAY + random.randrange(86400) * SECOND
    end = start + days * DAY
    gaps = list(absences(random, start, end))
    mutes = common_mutes(random, start, end)
    lives = [life(seed, number, start, end, gaps) for number in range(1, jobs + 1)]
    lives = surroundings.tied(random, lives, end)
    works = surroundings.works(random, lives, gaps, start, end)
    announced = surroundings.announcements(works, end)
    common = [act for act in (*mutes, *announced) if not is_away(gaps, act.at)]
    return World(
        seed=seed,
        start=start,
        end=end,
        gaps=gaps,
        common=sorted(common, key=lambda act: act.at),
        lives=lives,
        works=works,
    )


def absences(random: Random, start: datetime, end: datetime) -> Iterator[Gap]:
    """Restarts, longer stops, and a watchdog that is late."""
    at = start
    while True:
        at += random.expovariate(1) * 2 * DAY
        length = random.choice((2 * SECOND, 20 * SECOND, MINUTE, 10 * MINUTE, 3 * HOUR))
        length *= 0.2 + random.random()
        if at + length >= end:
            return
        yield Gap(at, at + length, random.choice((Sight.AWAY, Sight.LATE)))
        at += length + MINUTE


def common_mutes(random: Random, start: datetime, end: datetime) -> Iterator[Act]:
    """Somebody silences a tag, or everything, now and then."""
    at, number = start, 1_000_000
    while (at := at + random.expovariate(1) * 12 * DAY) < end:
        number += 1
        scope = random.choice((MuteScope.TAG, MuteScope.TAG, MuteScope.ALL))
        target = random.choice(TAGS) if scope is MuteScope.TAG else ""
        length = random.choice((HOUR, 4 * HOUR, DAY))
        yield Act(
            at=at,
            what=What.MUTE,
            until=at + length,
            number=number,
            scope=scope,
            target=target,
        )
        if random.random() < 0.3:
            yield Act(
                at=at + length * random.random(),
                what=What.UNMUTE,
                number=number,
                scope=scope,
                target=target,
            )


def life(
    seed: int, number: int, start: datetime, end: datetime, gaps: list[Gap]
) -> Life:
    """A job with all that happens to it."""
    random = Random(f"{seed}/{number}")
    chosen = definitions.rhythm(random)
    defined = definitions.definition(random, number, chosen)
    if random.random() < 0.7:
        made_at = start + random.random() * HOUR
    else:
        made_at = start + random.random() * (end - start) * 0.8
    network = Network(random, gaps)
    while network.is_away(made_at):
        made_at += MINUTE
    gone_at = min(end, made_at + chosen.lasts)
    is_removed = gone_at < end or random.random() < 0.05
    if gone_at == end and is_removed:
        gone_at -= random.random() * (end - made_at) * 0.5
    client = clients.client(random, network)
    edits = list(changes(random, defined, chosen, made_at, gone_at))
    work(client, defined, edits, made_at, gone_at)
    acts = [*edits, *people(random, client, made_at, gone_at)]
    acts = [
        replace(act, target=defined.slug) if is_own_mute(act) else act for act in acts
    ]
    if is_removed:
        acts.append(Act(at=gone_at, what=What.REMOVE))
    acts = [act for act in acts if act.at <= gone_at and not network.is_away(act.at)]
    heard = [said for said in network.heard if made_at < said.at < end]
    events: list[Event] = [*heard, *acts]
    events.sort(key=lambda event: event.at)
    return Life(defined, made_at, events)


def is_own_mute(act: Act) -> bool:
    """Whether it begins or ends a mute, which is of the job at hand then."""
    return act.what in (What.MUTE, What.UNMUTE)


def changes(
    random: Random,
    defined: Definition,
    chosen: definitions.Rhythm,
    made_at: datetime,
    gone_at: datetime,
) -> Iterator[Act]:
    """The definition is changed now and then."""
    at = made_at
    while (at := at + random.expovariate(1) * 90 * DAY) < gone_at:
        yield Act(
            at=at, what=What.EDIT, fields=definitions.changed(random, defined, chosen)
        )


def work(
    client: Client,
    defined: Definition,
    edits: list[Act],
    start: datetime,
    end: datetime,
) -> None:
    """What the client does, by the definition of the time."""
    versions = [(start, defined)]
    for edit in edits:
        versions.append((edit.at, replace(versions[-1][1], **edit.fields)))
    random = client.random
    if client.recipe is Recipe.MONKEY:
        clients.monkey(client, start, end, random.choice((HOUR, 2 * HOUR, 8 * HOUR)))
        return
    kind = defined.schedule.kind
    if kind in (ScheduleKind.INTERVAL, ScheduleKind.NONE):
        times = [at for at, _ in versions]

        def at_the_time(moment: datetime) -> Definition:
            return versions[bisect_right(times, moment) - 1][1]

        first = start + random.random() * (defined.schedule.interval or DAY)
        for _ in clients.by_interval(client, at_the_time, first, end):
            pass
        return
    ends = [*(at for at, _ in versions[1:]), end]
    for (begins, version), ends_at in zip(versions, ends, strict=True):
        for window in calendar_slots(version, begins, ends_at + 40 * DAY):
            if window.due >= ends_at:
                break
            client.turn(version, window)


def people(
    random: Random, client: Client, made_at: datetime, gone_at: datetime
) -> Iterator[Act]:
    """Who acknowledges, mutes and pauses; most often when something is wrong."""
    for trouble in client.troubles:
        at = trouble + random.expovariate(1) * 20 * MINUTE
        if random.random() < 0.04:
            until = random.choice((None, at + 20 * MINUTE, at + 2 * DAY))
            yield Act(at=at, what=What.ACKNOWLEDGE, until=until)
        if random.random() < 0.04:
            yield from muted(random, at)
    at = made_at
    while (at := at + random.expovariate(1) * 40 * DAY) < gone_at:
        yield from random.choice((paused, muted, rotated))(random, at)


def paused(random: Random, at: datetime) -> Iterator[Act]:
    """A pause, and most often a resumption by hand."""
    yield Act(at=at, what=What.PAUSE)
    length = random.choice((10 * MINUTE, 5 * HOUR, 3 * DAY)) * random.random() * 2
    if random.random() < 0.1:
        yield Act(at=at + length / 2, what=What.PAUSE)
    yield Act(at=at + length, what=What.RESUME)


def muted(random: Random, at: datetime) -> Iterator[Act]:
    """A mute of the job, sometimes ended early."""
    number = random.getrandbits(40)
    length = random.choice((HOUR, 4 * HOUR, DAY))
    until_recovery = random.random() < 0.3
    yield Act(
        at=at,
        what=What.MUTE,
        until=at + length * (30 if until_recovery else 1),
        number=number,
        until_recovery=until_recovery,
    )
    if random.random() < 0.3:
        yield Act(at=at + length * random.random(), what=What.UNMUTE, number=number)


def rotated(random: Random, at: datetime) -> Iterator[Act]:
    """The ping URL is another one from now on."""
    yield Act(at=at, what=What.ROTATE, number=random.getrandbits(100))
