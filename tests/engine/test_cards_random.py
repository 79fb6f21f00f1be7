"""Whatever goes wrong in whatever order: one card each, nothing lost, nothing twice."""

import random
from collections import Counter, deque
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.cards import Card
from bot.core.choices import Choice
from bot.core.kinds import IncidentId, MuteScope
from bot.errors import Conflict, CronitorError
from storage.times import from_us
from tests.engine.house import ANN, House, house
from tests.fake_places import ALERTS, FALLBACK, FakePlace
from tests.fakes import FakeClock

SLUGS = ("one", "two", "three")
#: a channel that only a choice brings into use
OTHER = 33
FAULTS = ("refuse", "lose", "drop", "refuse")


class Watched(FakePlace):
    """A place that knows when it took something about an incident."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.taken: list[tuple[int, datetime]] = []

    async def post(self, card: Any, channel_id: int, *, silent: bool) -> Any:
        """Send the card."""
        posted = await super().post(card, channel_id, silent=silent)
        self._took(card)
        return posted

    async def edit(self, card: Any, posted: Any) -> None:
        """Bring it up to date."""
        await super().edit(card, posted)
        self._took(card)

    async def sound(self, card: Any, kind: Any, **more: Any) -> Any:
        """Say it beside the card."""
        posted = await super().sound(card, kind, **more)
        self._took(card)
        return posted

    def _took(self, card: Any) -> None:
        if isinstance(card, Card):
            self.taken.append((card.incident.id, self.clock.now()))

    def took_at(self, number: int, since: datetime) -> datetime:
        """When it first took something about it since then; now, if it did not yet."""
        found = [at for each, at in self.taken if each == number and at >= since]
        return min(found, default=self.clock.now())


async def something(h: House, rng: random.Random, *, choosing: bool) -> None:
    """One event in the life of jobs, people or Discord."""
    # no two happen at one moment, so that it is known which came first
    h.clock.advance(timedelta(milliseconds=1))
    if choosing and rng.random() < 0.15:
        await choose(h, rng)
    slug = rng.choice(SLUGS)
    match rng.randrange(10):
        case 0 | 1 | 2:
            await h.ping(slug, rng.choice(("fail", "success", "fail")))
        case 3:
            h.place.faults.extend(rng.choices(FAULTS, k=rng.randrange(1, 6)))
        case 4 | 5:
            step = timedelta(seconds=rng.choice((1, 5, 40, 90, 400, 4000)))
            h.clock.advance(step)
        case 6:
            await people(h, slug, rng)
        case 7:
            h.place.lost = {} if h.place.lost else {ALERTS: False}
        case 8:
            delete_one(h.place, rng)
        case _:
            await h.settle()


async def people(h: House, slug: str, rng: random.Random) -> None:
    """Somebody acknowledges or mutes."""
    incidents = await h.incidents(status="open", job=slug)
    try:
        if incidents and rng.random() < 0.6:
            await h.engine.incidents.acknowledge(IncidentId(incidents[0]["id"]), ANN)
            return
        length = timedelta(minutes=rng.randrange(1, 60))
        await h.engine.mutes.add(MuteScope.JOB, slug, duration=length, actor=ANN)
    except (Conflict, CronitorError):
        return


def delete_one(place: FakePlace, rng: random.Random) -> None:
    """Somebody deletes a card that makes nobody wait for its sound."""
    silent = [number for number, each in place.messages.items() if each.silent]
    if silent and rng.random() < 0.3:
        del place.messages[rng.choice(silent)]
        place.deleted += 1


async def choose(h: House, rng: random.Random) -> None:
    """Somebody chooses other channels."""
    alert, fallback = rng.sample((ALERTS, FALLBACK, OTHER), 2)
    wanted = {Choice.ALERT: (alert,), Choice.FALLBACK: (fallback,)}
    await h.engine.choices.choose(wanted, ANN)


async def live(
    path: Path, rng: random.Random, *, choosing: bool = False
) -> tuple[FakePlace, House]:
    """A stretch of life with restarts in mid-send; everything is well at its end.

    `choosing`: the channels are changed meanwhile, too.
    """
    clock = FakeClock()
    place = Watched(clock)
    uuids: dict[str, str] = {}
    for _ in range(4):
        async with house(path, clock=clock, place=place) as h:
            h.uuids = uuids
            for slug in SLUGS if not uuids else ():
                await h.add(slug, every="30m", grace="1m", realert_every="20m")
            for _ in range(rng.randrange(5, 25)):
                await something(h, rng, choosing=choosing)
    place.faults, place.lost = deque(), {}
    async with house(path, clock=clock, place=place) as h:
        for minutes in (0, 2, 10):
            h.clock.advance(timedelta(minutes=minutes))
            await h.engine.cards["discord"].hurry()
            await h.settle()
        await check(h)
    return place, h


async def check(h: House) -> None:
    """What must hold once Discord is well again."""
    messages = h.place.messages.values()
    marks = Counter(each.mark for each in messages)
    assert [each for each in messages if marks[each.mark] > 1] == []
    incidents = {each["id"]: each for each in await h.incidents(limit=1000)}
    cards = Counter(number_of(each) for each in h.place.cards)
    assert [each for each in h.place.cards if cards[number_of(each)] > 1] == []
    for card in h.place.cards:
        incident = incidents[number_of(card)]
        assert f"{incident['kind']} {incident['status']}" in card.text
    told = Counter(each.mark.split(".")[1] for each in h.place.of("storm"))
    assert [storm for storm, count in told.items() if count > 1] == []
    storms = {f"s{each['storm']}" for each in incidents.values() if each["storm"]}
    # only what somebody deleted, and what has not changed since, is not there
    alone = [n for n, each in incidents.items() if each["storm"] is None]
    missing = len([n for n in alone if n not in cards]) + len(storms - told.keys())
    assert missing <= h.place.deleted
    assert (await h.reads.status())["backlog"] == {}
    loud_ones = [m for m in [*messages, *h.place.removed] if not m.silent]
    for number, at, _ in await sounds(h):
        assert isinstance(h.place, Watched)
        took_at = h.place.took_at(number, at)
        storm = f"storm #{incidents[number]['storm']} "
        heard = any(
            (number_of(each) == number and at <= each.at <= took_at)
            or (each.text.startswith(storm) and each.at >= at)
            for each in loud_ones
        )
        over = await was_hushed(h, number, at, took_at)
        assert heard or over, f"#{number} was to sound at {at} and did not"
    loud = Counter(number_of(each) for each in messages if not each.silent)
    owed = Counter(number for number, _, _ in await sounds(h))
    assert {n: t for n, t in loud.items() if n is not None and t > owed[n]} == {}


async def was_hushed(h: House, number: int, since: datetime, took_at: datetime) -> bool:
    """Whether it was over, or silenced by somebody, before Discord took anything."""
    incident = await h.reads.incident(number)
    told = [
        event["at"]
        for event in incident["story"]
        if event["kind"] in ("resolved", "acknowledged")
    ]
    if any(since <= datetime.fromisoformat(at) <= took_at for at in told):
        return True
    mutes = await h.reads.mutes(ended=True)
    return any(
        datetime.fromisoformat(each["created_at"]) <= took_at
        and took_at < datetime.fromisoformat(each["ended_at"] or each["until_at"])
        for each in mutes
        if each["target"] == incident["job"]
    )


def number_of(message: Any) -> int | None:
    """The incident that a message is about."""
    head = message.text.split()[0]
    return int(head[1:]) if head.startswith("#") else None


async def sounds(h: House) -> list[tuple[int, Any, str]]:
    """Every sound that was owed: of which incident, since when, of which kind."""

    async def query(q: Any) -> list[tuple[int, Any, str]]:
        rows = await q.fetch_all(
            "SELECT incident_id, at, kind FROM notifications "
            "WHERE sounds AND incident_id IS NOT NULL ORDER BY id"
        )
        return [(row[0], from_us(row[1]), row[2]) for row in rows]

    return await h.db.read(query)


@pytest.mark.parametrize("seed", range(25))
async def test_a_stretch_of_life_with_faults(tmp_path: Path, seed: int) -> None:
    await live(tmp_path, random.Random(seed))


@pytest.mark.parametrize("seed", range(25))
async def test_channels_that_are_chosen_meanwhile_lose_and_repeat_nothing(
    tmp_path: Path, seed: int
) -> None:
    await live(tmp_path, random.Random(seed), choosing=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 108))
async def test_many_stretches_of_life_with_faults(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(25):
        folder = tmp_path / str(number)
        folder.mkdir()
        await live(folder, rng)
