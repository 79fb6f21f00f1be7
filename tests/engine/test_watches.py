"""Changes of files that start jobs: one run for many, and no endless loop."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.kinds import JobId
from bot.core.watches import CHAINED_AT_MOST
from bot.errors import Unavailable
from tests.engine.house import ANN, house
from tests.engine.works import Works, works

INBOX = "/srv/inbox"


async def watcher(here: Works, **fields: Any) -> JobId:
    """A job that watches the inbox."""
    await here.add(no_schedule=True, watch=[INBOX], **fields)
    (found,) = await here.home.engine.causes.watches.wanted()
    assert found.paths == (INBOX,)
    return found.job_id


async def change(here: Works, job_id: JobId, name: str = "a") -> None:
    """A file in the inbox has changed."""
    now = here.home.clock.now()
    here.home.engine.causes.watches.notice(job_id, INBOX, (f"{INBOX}/{name}",), now)
    await here.home.settle()


async def test_many_changes_are_one_run_once_they_settle(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        job_id = await watcher(here)
        for name in "abc":
            await change(here, job_id, name)
            await here.home.advance(seconds=1)
        assert await here.runs() == []
        watches = here.home.engine.causes.watches
        now = here.home.clock.now()
        assert await watches.next_at() == now + timedelta(seconds=1)
        await here.home.advance(seconds=1)
        assert await watches.next_at() is None
        (run,) = await here.runs()
        assert (run["trigger"], run["by"]) == ("watch", f"a change of {INBOX}")
        env = dict(here.executor.begun[0].env)
        assert env["CRONITOR_CHANGED"].split() == [f"{INBOX}/{n}" for n in "abc"]
        assert env["CRONITOR_CHANGED_COUNT"] == "3"


async def test_a_job_that_changes_what_it_watches_runs_once(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        job_id = await watcher(here)
        await change(here, job_id)
        await here.home.advance(seconds=2)
        await here.home.advance(seconds=5)
        await change(here, job_id, "made-by-it")
        await here.end(0)
        await here.home.advance(seconds=1)
        await change(here, job_id, "told-late")
        await here.home.advance(seconds=60)
        assert len(await here.runs()) == 1
        await change(here, job_id, "new")
        await here.home.advance(seconds=2)
        assert len(await here.runs()) == 2


@pytest.mark.parametrize("overlap", ["queue", "replace"])
async def test_where_such_changes_count_their_runs_are_bounded(
    tmp_path: Path, overlap: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with works(tmp_path) as here:
        job_id = await watcher(here, overlap=overlap)
        await change(here, job_id)
        for _ in range(20):
            await here.home.advance(seconds=3)
            if here.executor.going():
                await change(here, job_id, "made-by-it")
                await here.end(0)
        await here.home.advance(seconds=60)
        runs = await here.runs()
        assert len(runs) == 1 + CHAINED_AT_MOST
        (said,) = [r for r in caplog.records if "seems to change" in r.getMessage()]
        assert said.__dict__["action"] == "watch_loop"
        # whoever else changes something is heard, and it all begins anew
        await change(here, job_id)
        await here.home.advance(seconds=2)
        assert len(await here.runs()) == 2 + CHAINED_AT_MOST


async def test_a_change_while_it_runs_waits_with_queue(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        job_id = await watcher(here, overlap="queue")
        await here.run()
        for _ in range(3):
            await change(here, job_id)
            await here.home.advance(seconds=3)
        waiting = [e for e in await here.runs() if e["stage"] == "waiting"]
        assert len(waiting) == 1


async def test_nothing_comes_of_a_change_for_a_job_that_may_not_run(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        job_id = await watcher(here)
        await here.home.engine.jobs.pause("nightly", ANN)
        await change(here, job_id)
        await here.home.advance(seconds=5)
        assert await here.runs() == []
        await here.home.engine.jobs.resume("nightly", ANN)
        await change(here, job_id)
        await here.home.engine.jobs.edit("nightly", {"watch": None}, ANN)
        await here.home.advance(seconds=5)
        assert await here.runs() == []
        assert await here.home.engine.causes.watches.wanted() == []
        await change(here, job_id)
        await here.home.engine.jobs.remove("nightly", ANN)
        await here.home.advance(seconds=5)


async def test_a_run_that_waits_for_a_place_sees_the_change_anyway(
    tmp_path: Path,
) -> None:
    async with works(tmp_path, places=1) as here:
        job_id = await watcher(here)
        await here.add("other", no_schedule=True)
        await here.run("other")
        await here.run()
        await change(here, job_id)
        await here.home.advance(seconds=5)
        assert [each["trigger"] for each in await here.runs()] == ["person"]


async def test_who_watches_is_told_when_that_changes(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        changed = here.home.engine.causes.watches.changed
        await here.add("other", no_schedule=True)
        assert not changed.is_set()
        await watcher(here)
        assert changed.is_set()
        for step in (
            here.home.engine.jobs.edit("nightly", {"watch": ["/etc/x"]}, ANN),
            here.home.engine.jobs.edit("nightly", {"watch": None}, ANN),
            here.home.engine.jobs.edit("nightly", {"watch": ["/etc/x"]}, ANN),
            here.home.engine.jobs.remove("nightly", ANN),
        ):
            changed.clear()
            await step
            assert changed.is_set()


async def test_without_an_executor_nothing_is_watched(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.add(
            "nightly", kind="command", command=["a"], no_schedule=True, watch="/srv"
        )
        assert await home.engine.causes.watches.wanted() == []


@pytest.mark.parametrize("way", ["read", "write"])
async def test_without_a_store_a_change_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    async def refuse(unit: object) -> None:
        raise Unavailable

    async with works(tmp_path) as here:
        job_id = await watcher(here)
        watches = here.home.engine.causes.watches
        if way == "write":
            await change(here, job_id)
        else:
            now = here.home.clock.now()
            watches.notice(job_id, INBOX, (f"{INBOX}/a",), now)
        here.home.clock.advance(timedelta(seconds=2))
        with monkeypatch.context() as broken:
            broken.setattr(here.home.db, way, refuse)
            with pytest.raises(Unavailable):
                await watches.step()
        await here.home.settle()
        await here.home.advance(seconds=2)
        assert len(await here.runs()) == 1


async def test_a_job_that_goes_while_a_change_settles_is_forgotten(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        job_id = await watcher(here)
        await change(here, job_id)
        await here.home.engine.jobs.remove("nightly", ANN)
        await here.home.advance(seconds=2)
        assert await here.home.engine.causes.watches.next_at() is None
