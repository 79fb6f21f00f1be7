"""Whether pings are taken: true, and cheap however many ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

import storage.meta
from bot.engine import readiness
from bot.errors import Unavailable
from storage.database import Transaction
from storage.faults import Fault
from tests.engine.house import House, house


@asynccontextmanager
async def stuck_writer(home: House) -> AsyncIterator[None]:
    """A unit that does not end before the block does."""
    began, ends = asyncio.Event(), asyncio.Event()

    async def unit(tx: Transaction) -> None:
        began.set()
        await ends.wait()

    task = asyncio.create_task(home.db.write(unit))
    await began.wait()
    yield
    ends.set()
    await task


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """An engine."""
    async with house(tmp_path) as home:
        yield home


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What readiness has written."""
    done: list[str] = []
    put = storage.meta.put

    async def counted(tx: Transaction, key: str, value: str) -> None:
        done.append(key)
        await put(tx, key, value)

    monkeypatch.setattr(storage.meta, "put", counted)
    return done


async def test_all_who_ask_together_share_a_write(
    home: House, writes: list[str]
) -> None:
    await asyncio.gather(*(home.engine.readiness.check() for _ in range(200)))
    assert writes == ["ready_at"]


async def test_an_answer_is_good_for_a_second(home: House, writes: list[str]) -> None:
    for _ in range(5):
        await home.engine.readiness.check()
        home.clock.advance(timedelta(seconds=0.4))
    assert len(writes) == 2


async def test_who_goes_away_takes_the_answer_from_nobody(home: House) -> None:
    first = asyncio.create_task(home.engine.readiness.check())
    await asyncio.sleep(0)
    second = asyncio.create_task(home.engine.readiness.check())
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()


async def test_a_writer_that_does_not_answer_is_told_and_stands_in_health(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "WITHIN_S", 0.05)
    async with stuck_writer(home):
        for check in (home.engine.readiness.check, home.engine.readiness.check_alive):
            with pytest.raises(Unavailable, match=r"no write was done within 0\.05 s"):
                await check()
        assert home.engine.health.faults() == {}
        home.clock.advance(timedelta(seconds=11))
        said = home.engine.health.faults()
        assert said == {"writer": "a commit has been under way for 11 s"}
    home.clock.advance(timedelta(seconds=2))
    await home.engine.readiness.check()
    assert home.engine.health.faults() == {}


async def test_a_stuck_loop_is_told_and_stands_in_health(home: House) -> None:
    (stuck,) = [each for each in home.engine.loops if each.name == "sounds"]
    stuck.ticked_at = home.clock.monotonic() - 31
    for check in (home.engine.readiness.check, home.engine.readiness.check_alive):
        with pytest.raises(Unavailable, match="stuck: sounds"):
            await check()
    assert home.engine.health.faults() == {"loops": "stuck: sounds"}


async def test_a_disk_that_takes_nothing_is_not_ready_and_does_not_hang(
    home: House,
) -> None:
    faults = home.engine.readiness._faults
    faults._notice(Fault.DAMAGED, "the database is damaged")
    with pytest.raises(Unavailable, match="the database is damaged"):
        await home.engine.readiness.check()
    assert "storage" in home.engine.health.faults()
    await home.engine.readiness.check_alive()


async def test_who_is_about_to_stop_is_not_ready(home: House) -> None:
    home.engine.readiness.stop()
    with pytest.raises(Unavailable, match="stopping"):
        await home.engine.readiness.check()
    assert home.engine.health.faults() == {"stopping": "the server stops"}
    await home.engine.readiness.check_alive()


async def test_what_the_store_refuses_is_told_for_a_second_too(home: House) -> None:
    await home.db.close()
    for _ in range(2):
        with pytest.raises(Unavailable, match="shutting down"):
            await home.engine.readiness.check()
