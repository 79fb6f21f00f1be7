"""A ping counts from the moment at which it came in, however long the store takes."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.core.kinds import MuteScope, PingKind
from bot.engine.loop import Loop
from bot.engine.pings import Incoming, Received
from bot.errors import Unavailable
from storage.queries import Transaction
from tests.engine.house import ANN, House, house
from tests.engine.test_batches import JOBS, RIDS, rows
from tests.fakes import FakeClock


@asynccontextmanager
async def slow_store(h: House, *, fails: bool = False) -> AsyncIterator[None]:
    """One commit that takes as long as the body; then it is done, or cannot be."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def unit(tx: Transaction) -> None:
        begun.set()
        await over.wait()
        if fails:
            row = await tx.fetch_one("PRAGMA page_count")
            assert row is not None
            await tx.fetch_all(f"PRAGMA max_page_count = {row[0]}")

    commit = asyncio.create_task(h.db.write(unit))
    await begun.wait()
    try:
        yield
    finally:
        over.set()
        await commit


def hand_in(
    h: House, slug: str, said: str = "success", **more: Any
) -> asyncio.Future[Received]:
    """A ping comes in now."""
    incoming = Incoming(said=PingKind(said), uuid=h.uuids[slug], **more)
    return h.engine.pings.submit(incoming)


def watchdog(h: House) -> Loop:
    """What judges deadlines."""
    return next(each for each in h.engine.loops if each.name == "deadlines")


async def outcomes(h: House, slug: str) -> list[str]:
    """What became of the slots of a job, the oldest first."""

    async def query(q: Any) -> list[str]:
        found = await q.fetch_all(
            """SELECT s.outcome FROM slots s JOIN jobs j ON j.id = s.job_id
               WHERE j.slug = :slug ORDER BY s.due_at""",
            {"slug": slug},
        )
        return [row[0] for row in found]

    return await h.db.read(query)


async def hourly(h: House, *slugs: str) -> None:
    """Jobs that have until five past four; it is one second before that."""
    for slug in slugs:
        await h.add(slug, cron="0 * * * *", grace="5m", node=slug)
        await h.ping(slug)
    await h.settle()
    await h.advance(minutes=64, seconds=59)


@pytest.mark.parametrize("seconds", [2, 45])
async def test_a_ping_that_is_committed_after_the_deadline_is_in_time(
    tmp_path: Path, seconds: int
) -> None:
    async with house(tmp_path) as h:
        await hourly(h, "backup")
        async with slow_store(h):
            answer = hand_in(h, "backup")
            h.clock.advance(timedelta(seconds=seconds))
        await answer
        await h.settle()
        assert h.log.kinds() == []
        assert await outcomes(h, "backup") == ["ok"]
        shown = await h.job("backup")
        assert shown["last_ping_at"].endswith("04:04:59Z")


async def test_a_deadline_waits_for_a_ping_that_came_before_it(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, "backup", "other")
        loop = watchdog(h)
        async with slow_store(h):
            answer = hand_in(h, "backup")
            h.clock.advance(timedelta(seconds=2))
            loop.alarm.event.clear()
            assert await loop.step() is False
            assert await loop._next_at() is None
            assert not loop.alarm.event.is_set()
        await answer
        assert loop.alarm.event.is_set()
        await h.settle()
        (incident,) = await h.incidents()
        assert incident["job"] == "other"


async def test_what_passed_before_the_oldest_ping_that_waits_is_judged(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await hourly(h, "backup", "other")
        h.clock.advance(timedelta(seconds=2))
        async with slow_store(h):
            answers = [hand_in(h, "backup"), hand_in(h, "other", "log")]
            h.clock.advance(timedelta(seconds=2))
            judged = asyncio.ensure_future(watchdog(h).step())
            await asyncio.sleep(0)
        assert await judged is True
        await asyncio.gather(*answers)
        await h.settle()
        assert sorted(h.log.kinds()) == ["(resolved)", "opened", "opened"]


async def test_pings_that_come_all_the_time_hold_no_deadline(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, "backup", "busy")
        answers = []
        for _ in range(6):
            async with slow_store(h):
                answers.append(hand_in(h, "busy", "log"))
                h.clock.advance(timedelta(seconds=1))
                answers.append(hand_in(h, "busy", "log"))
            await watchdog(h).step()
        await asyncio.gather(*answers)
        assert len(await h.incidents(job="backup")) == 1


async def test_a_ping_that_could_not_be_stored_was_not_seen(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, "backup")
        async with slow_store(h, fails=True):
            answer = hand_in(h, "backup", body=b"x" * 90_000)
            h.clock.advance(timedelta(seconds=2))
        with pytest.raises(Unavailable):
            await answer
        assert h.engine.pings._arrivals.oldest is None
        (blind,) = h.engine.pulse.times
        assert f"{blind.began_at:%H:%M:%S}" == "04:04:59"

        async def unit(tx: Transaction) -> None:
            await tx.fetch_all("PRAGMA max_page_count = 1000000")

        await h.db.write(unit)
        await h.settle()
        assert await h.incidents() == []
        assert await outcomes(h, "backup") == ["unknown"]


@pytest.mark.parametrize("how", ["note", "edit", "mute", "resolve", "settle"])
async def test_nobody_judges_a_deadline_before_the_ping_that_waits(
    tmp_path: Path, how: str
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m", recovery_threshold=3)
        await h.ping("backup")
        await h.ping("backup", "fail")
        await h.advance(minutes=64, seconds=59)
        (before,) = await h.incidents()
        async with slow_store(h):
            what = asyncio.create_task(act(h, how, before["id"]))
            await asyncio.sleep(0)
            answer = hand_in(h, "backup")
            h.clock.advance(timedelta(seconds=2))
        await what
        await answer
        await h.settle()
        (incident,) = await h.incidents()
        assert incident["count"] == before["count"]
        assert "missed" not in await outcomes(h, "backup")


async def act(h: House, how: str, incident: Any) -> None:
    """Somebody does something about a job."""
    match how:
        case "note":
            await h.engine.incidents.add_note(incident, ANN, "I am on it")
        case "edit":
            await h.jobs.edit("backup", {"description": "nightly"}, ANN)
        case "mute":
            minute = timedelta(minutes=1)
            await h.engine.mutes.add(
                MuteScope.JOB, "backup", duration=minute, actor=ANN
            )
        case "resolve":
            await h.engine.incidents.resolve(incident, ANN)
        case _:
            await h.settle()


async def test_nothing_is_decided_as_of_before_what_a_person_did(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("often", every="10m", grace="1m")
        await h.ping("often")
        async with slow_store(h):
            pause = asyncio.create_task(h.jobs.pause("often", ANN))
            await asyncio.sleep(0)
            answer = hand_in(h, "often")
            h.clock.advance(timedelta(seconds=3))
        await pause
        await answer
        found = await rows(h)
        (state,) = found["states"]
        assert state[1] == "up"
        assert state[11] == int(h.clock.now().timestamp() * 1_000_000)
        assert h.engine.pings._arrivals.looked_at == {}


class Sent(NamedTuple):
    """A ping, and how long nothing came before it."""

    after_s: float
    slug: str
    said: str
    rid: str | None


bursts = st.lists(
    st.builds(
        Sent,
        after_s=st.sampled_from((0, 1, 59, 61, 290, 310, 700, 3600)),
        slug=st.sampled_from(sorted(JOBS)),
        said=st.sampled_from(("success", "success", "success", "start", "fail")),
        rid=st.sampled_from((None, None, RIDS[1])),
    ),
    min_size=2,
    max_size=7,
)


async def life(history: list[list[Sent]], *, slow: bool) -> Any:
    """What bursts leave behind; `slow`: each is committed at its end."""
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), clock=FakeClock()) as h:
            for slug, fields in JOBS.items():
                await h.add(slug, **fields)
                await h.ping(slug)
            for burst in history:
                await send(h, burst, slow=slow)
                await h.advance(seconds=400)
            return await rows(h)


def wait(h: House, seconds: float) -> None:
    """Nothing comes in."""
    h.clock.advance(timedelta(seconds=seconds))
    h.engine.pulse.look()


async def send(h: House, burst: list[Sent], *, slow: bool) -> None:
    """The pings of a burst come in."""
    if not slow:
        for each in burst:
            wait(h, each.after_s)
            await hand_in(h, each.slug, each.said, rid=each.rid)
        return
    answers = []
    async with slow_store(h):
        for each in burst:
            wait(h, each.after_s)
            answers.append(hand_in(h, each.slug, each.said, rid=each.rid))
    await asyncio.gather(*answers)


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=st.lists(bursts, min_size=1, max_size=3))
def test_a_slow_store_changes_nothing(history: list[list[Sent]]) -> None:
    at_once = asyncio.run(life(history, slow=False))
    assert asyncio.run(life(history, slow=True)) == at_once
