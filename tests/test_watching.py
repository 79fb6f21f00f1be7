"""Watching real files, as the system tells of them and as they are looked at."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot import watching
from bot.clock import SystemClock
from bot.core.kinds import JobId
from bot.engine.health import Health
from bot.engine.watches import Paths
from bot.errors import Unavailable
from bot.watching import Watching

PATIENCE_S = 20.0


class Heard:
    """Stands for `bot.engine.watches.Watches`, and remembers what it is told."""

    def __init__(self, *paths: Path) -> None:
        self.changed = asyncio.Event()
        self.paths = tuple(map(str, paths))
        self.noticed: list[tuple[str, str]] = []
        self.is_away = False

    async def wanted(self) -> list[Paths]:
        """One job that watches these."""
        if self.is_away:
            raise Unavailable
        return [Paths(JobId(1), self.paths)] if self.paths else []

    def notice(
        self, job_id: JobId, root: str, paths: tuple[str, ...], since: datetime
    ) -> None:
        """Remember it."""
        assert job_id == 1
        assert since <= SystemClock().now()
        self.noticed += [(root, path) for path in paths]

    async def until(self, root: Path, path: Path) -> None:
        """Wait until that was noticed, and forget all."""
        async with asyncio.timeout(PATIENCE_S):
            while (str(root), str(path)) not in self.noticed:
                await asyncio.sleep(0.01)
        self.noticed.clear()


@asynccontextmanager
async def watched(heard: Heard) -> AsyncIterator[tuple[Watching, Health]]:
    """What watches for it, having looked once."""
    health = Health()
    found = Watching(heard, health, SystemClock())  # type: ignore[arg-type]
    task = asyncio.create_task(found.run())
    async with asyncio.timeout(PATIENCE_S):
        while not found.has_looked:
            await asyncio.sleep(0.01)
    try:
        yield found, health
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks often."""
    monkeypatch.setattr(watching, "LOOK_S", 0.05)
    monkeypatch.setattr(watching, "AGAIN_S", 0.1)


async def test_the_system_tells_of_what_is_deep_in_a_folder(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    heard = Heard(tmp_path / "a")
    async with watched(heard):
        (deep / "x").write_text("x")
        await heard.until(tmp_path / "a", deep / "x")
        (tmp_path / "beside").write_text("x")
        (deep / "y").write_text("y")
        await heard.until(tmp_path / "a", deep / "y")
        assert not any("beside" in path for _, path in heard.noticed)


async def test_what_appears_is_watched_from_then_on(
    tmp_path: Path, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = tmp_path / "not" / "yet"
    heard = Heard(inbox)
    async with watched(heard):
        inbox.mkdir(parents=True)
        await heard.until(inbox, inbox)
        (inbox / "x").write_text("x")
        await heard.until(inbox, inbox / "x")
    said = [r for r in caplog.records if r.__dict__.get("action") == "watched_missing"]
    assert len(said) == 1


async def test_what_changes_behind_a_link_is_found_by_looking(
    tmp_path: Path, quick: None
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "links").mkdir()
    file, link = tmp_path / "real" / "conf", tmp_path / "links" / "conf"
    file.write_text("1")
    link.symlink_to(file)
    heard = Heard(link)
    async with watched(heard):
        file.write_text("2 and more")
        await heard.until(link, link)


async def test_what_is_watched_may_change(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    heard = Heard()
    async with watched(heard):
        heard.paths = (str(one),)
        heard.changed.set()
        (one / "x").write_text("x")
        async with asyncio.timeout(PATIENCE_S):
            while not heard.noticed:
                (one / "x").write_text("x")
                await asyncio.sleep(0.1)
        heard.paths = (str(one), str(two))
        # nothing of the first is missed meanwhile
        heard.changed.set()
        heard.noticed.clear()
        await asyncio.sleep(0.05)
        (one / "y").write_text("y")
        await heard.until(one, one / "y")


async def test_a_store_that_is_away_ends_no_watch(tmp_path: Path, quick: None) -> None:
    heard = Heard(tmp_path)
    async with watched(heard):
        heard.is_away = True
        heard.changed.set()
        await asyncio.sleep(0.2)
        (tmp_path / "x").write_text("x")
        await heard.until(tmp_path, tmp_path / "x")


async def test_where_the_system_refuses_paths_are_looked_at_and_it_is_asked_again(
    tmp_path: Path,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    import watchfiles

    real = watchfiles.awatch

    def refuse(*paths: Any, **more: Any) -> Any:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "awatch", refuse)
    file = tmp_path / "conf"
    file.write_text("1")
    heard = Heard(file)
    async with watched(heard) as (_, health):
        async with asyncio.timeout(PATIENCE_S):
            while "watched_files" not in health.faults():
                await asyncio.sleep(0.01)
        file.write_text("2 and more")
        await heard.until(file, file)
        monkeypatch.setattr(watchfiles, "awatch", real)
        async with asyncio.timeout(PATIENCE_S):
            while health.faults():
                await asyncio.sleep(0.01)
    assert caplog.text.count("the system refuses to watch") == 1
    assert "max_user_watches" in caplog.text


async def test_a_folder_that_goes_in_between_is_looked_for_again(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles

    real = watchfiles.awatch
    gone: list[Any] = []

    def awatch(*paths: Any, **more: Any) -> Any:
        if len(gone) < 2:
            gone.append(paths)
            raise FileNotFoundError(paths)
        return real(*paths, **more)

    monkeypatch.setattr(watchfiles, "awatch", awatch)
    heard = Heard(tmp_path)
    async with watched(heard) as (_, health):
        async with asyncio.timeout(PATIENCE_S):
            while len(gone) < 2:
                await asyncio.sleep(0.01)
        (tmp_path / "x").mkdir()
        await heard.until(tmp_path, tmp_path)
        assert health.faults() == {}


async def test_nothing_is_loaded_where_nothing_is_watched(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    loaded: list[str] = []
    monkeypatch.setattr(watching, "import_module", loaded.append)
    async with watched(Heard()):
        await asyncio.sleep(0.05)
    assert loaded == []
