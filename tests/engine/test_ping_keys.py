"""The ping key: made once, rotated with an overlap, or as the settings say."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.ping_keys import PingKeys
from bot.errors import Conflict
from storage.database import Database
from tests.databases import opened
from tests.engine.house import ANN
from tests.fakes import FakeClock


async def started(
    db: Database, clock: FakeClock, *, fixed: str | None = None
) -> PingKeys:
    """As a server that has just started has it."""
    keys = PingKeys(db, clock, fixed=fixed)
    await keys.open()
    return keys


async def test_it_is_made_once(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "c.db", clock=clock) as db:
        first = await started(db, clock)
        assert len(first.current) > 20
        again = await started(db, clock)
        assert again.current == first.current
        assert again.opens(first.current)
        for wrong in ("", first.current[:-1], "\udcff"):
            assert not again.opens(wrong)


async def test_the_old_one_is_taken_until_the_overlap_ends(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "c.db", clock=clock) as db:
        keys = await started(db, clock)
        old = keys.current
        said = await keys.rotate(timedelta(hours=24), ANN)
        assert said["former_until"] == "2026-11-24T03:00:00Z"
        assert keys.current == said["ping_key"] != old
        for each in (keys, await started(db, clock)):
            assert each.opens(old)
            assert each.opens(keys.current)
        clock.advance(timedelta(hours=24))
        for each in (keys, await started(db, clock)):
            assert not each.opens(old)
            assert each.opens(keys.current)


async def test_without_an_overlap_every_older_one_ends(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "c.db", clock=clock) as db:
        keys = await started(db, clock)
        old = [keys.current]
        await keys.rotate(timedelta(days=1), ANN)
        old.append(keys.current)
        await keys.rotate(timedelta(), ANN)
        for each in (keys, await started(db, clock)):
            assert not any(each.opens(key) for key in old)


async def test_one_of_the_settings_is_changed_there(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "c.db", clock=clock) as db:
        keys = await started(db, clock, fixed="a-key-of-the-settings")
        assert keys.opens("a-key-of-the-settings")
        with pytest.raises(Conflict, match=r"api\.ping_key"):
            await keys.rotate(timedelta(), ANN)
