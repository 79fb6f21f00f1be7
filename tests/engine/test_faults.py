"""An outage of the store: refused, told once, and over by itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Unavailable
from storage.database import Transaction
from storage.faults import Fault
from tests.engine.house import House, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, webhook=True) as home:
        await home.add("backup", every="1h")
        yield home


async def limit_pages(home: House, more: int) -> None:
    """A full disk, as far as SQLite can tell."""

    async def unit(tx: Transaction) -> None:
        row = await tx.fetch_one("PRAGMA page_count")
        assert row is not None
        await tx.fetch_all(f"PRAGMA max_page_count = {row[0] + more}")

    await home.db.write(unit)


async def fill_up(home: House) -> None:
    """Ping until that is refused."""

    async def ping_on() -> None:
        for _ in range(1000):
            await home.ping("backup", body=b"x" * 50_000)

    with pytest.raises(Unavailable, match="the disk is full"):
        await ping_on()


async def test_a_full_disk_is_told_once_at_every_place(home: House) -> None:
    await limit_pages(home, 30)
    await fill_up(home)
    assert "storage" in home.engine.health.faults()
    with pytest.raises(Unavailable, match="the disk is full"):
        await home.engine.store.ready()
    # however little a ping is: what is left is for our own writes
    with pytest.raises(Unavailable, match="the disk is full"):
        await home.ping("backup")
    await home.settle()
    for notifier in home.notifiers.values():
        assert notifier.kinds() == ["storage_lost"]
    await limit_pages(home, 10_000)
    await home.advance(minutes=1)
    assert home.log.kinds() == ["storage_lost", "(storage_back)"]
    assert "from 2026-11-23T03:00:00Z" in str(home.log.taken[-1].snapshot["text"])
    assert home.engine.health.faults() == {}
    assert (await home.ping("backup")).answer == "ok"


async def test_it_goes_on_only_when_there_is_room(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await limit_pages(home, 30)
    await fill_up(home)
    monkeypatch.setattr(home.db.ballast, "room", lambda: 0)
    await home.settle()
    await limit_pages(home, 10_000)
    for _ in range(5):
        await home.advance(minutes=10)
    assert home.log.kinds()[0] == "storage_lost"
    assert "(storage_back)" not in home.log.kinds()
    monkeypatch.undo()
    await home.advance(minutes=1)
    assert home.log.kinds()[-1] == "(storage_back)"


@pytest.mark.parametrize(("seconds", "told"), [(29, []), (31, ["storage_lost"])])
async def test_a_passing_fault_is_told_afterwards_if_it_was_long(
    home: House, seconds: int, told: list[str]
) -> None:
    faults = home.engine.readiness._faults
    faults._notice(Fault.PASSING, "the database is read-only")
    assert home.engine.health.faults() == {
        "storage": "nothing can be stored: the database is read-only"
    }
    await home.advance(seconds=seconds)
    assert home.log.kinds() == told
    assert home.engine.health.faults() == {}


async def test_a_damaged_database_is_told_and_does_not_heal(home: House) -> None:
    faults = home.engine.readiness._faults
    faults._notice(Fault.DAMAGED, "the database is damaged")
    await home.advance(minutes=10)
    assert home.log.kinds() == ["storage_lost"]
    with pytest.raises(Unavailable, match="damaged"):
        await home.ping("backup")


async def test_an_outage_that_was_told_is_not_told_again_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as home:
        await home.add("backup", every="1h")
        await limit_pages(home, 30)
        await fill_up(home)
        monkeypatch.setattr(home.db.ballast, "room", lambda: 0)
        await home.settle()
    async with house(tmp_path, clock=home.clock) as again:
        again.uuids = home.uuids
        with pytest.raises(Unavailable, match="the disk is full"):
            await again.ping("backup")
        await again.advance(minutes=1)
        told = [kind for kind in again.log.kinds() if "storage" in kind]
        assert told == ["(storage_back)"]
        assert (await again.ping("backup")).answer == "ok"
