"""Intervals count from the end of a run, whatever has begun it."""

from pathlib import Path

import pytest

from tests.engine.house import ANN
from tests.engine.works import Works, works


async def minutes(here: Works, count: int) -> None:
    """Let minute after minute pass."""
    for _ in range(count):
        await here.home.advance(minutes=1)


async def is_due_ten_minutes_after_its_end(here: Works) -> None:
    """The run that goes on ends, and the next one begins ten minutes later."""
    begun = len(here.executor.begun)
    await here.end(0)
    await minutes(here, 9)
    assert len(here.executor.begun) == begun
    await minutes(here, 1)
    assert len(here.executor.begun) == begun + 1
    assert await here.home.incidents() == []


@pytest.mark.parametrize("overlap", ["skip", "queue", "allow", "replace"])
async def test_nothing_is_due_while_a_run_goes_on_that_somebody_wanted(
    tmp_path: Path, overlap: str
) -> None:
    async with works(tmp_path) as here:
        await here.add(every="10m", timeout="20h", overlap=overlap)
        await minutes(here, 5)
        await here.run()
        await minutes(here, 40)
        assert len(here.executor.begun) == 1
        assert await here.home.incidents() == []
        await is_due_ten_minutes_after_its_end(here)


async def test_nor_while_one_is_tried_again(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(every="10m", timeout="20h", retries=1, retry_base="8m")
        await minutes(here, 5)
        await here.run()
        await here.end(1)
        await minutes(here, 30)
        assert await here.ends() == [(1, "failed"), (2, None)]
        assert await here.home.incidents() == []
        await is_due_ten_minutes_after_its_end(here)


async def test_nor_after_another_interval_was_set_meanwhile(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(every="20m", timeout="20h")
        await minutes(here, 20)
        await here.home.engine.jobs.edit("nightly", {"every": "10m"}, ANN)
        await minutes(here, 40)
        assert len(here.executor.begun) == 1
        assert await here.home.incidents() == []
        await is_due_ten_minutes_after_its_end(here)


async def test_nor_while_one_goes_on_that_waited_when_it_was_set(
    tmp_path: Path,
) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add("other", no_schedule=True)
        await here.run("other")
        await here.add(every="20m", timeout="20h")
        await minutes(here, 20)
        await here.home.engine.jobs.edit("nightly", {"every": "10m"}, ANN)
        await here.end(0)
        await minutes(here, 40)
        assert len(here.executor.begun) == 2
        assert await here.home.incidents() == []
        await is_due_ten_minutes_after_its_end(here)


async def test_nor_while_the_last_of_several_goes_on(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(every="10m", timeout="20h", overlap="allow", max_parallel=3)
        await minutes(here, 5)
        await here.run()
        await here.run()
        here.executor.end(here.executor.going()[0])
        await minutes(here, 40)
        assert len(here.executor.begun) == 2
        assert await here.home.incidents() == []
        await is_due_ten_minutes_after_its_end(here)


async def test_a_late_run_makes_no_further_miss_while_it_goes_on(
    tmp_path: Path,
) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add("other", no_schedule=True)
        await here.run("other")
        await here.add(every="10m", timeout="20h", grace="1m")
        await minutes(here, 13)
        (incident,) = await here.home.incidents()
        assert (incident["kind"], incident["count"]) == ("missed", 1)
        await here.end(0)
        await minutes(here, 40)
        (incident,) = await here.home.incidents()
        assert incident["count"] == 1
        await here.end(0)
        assert (await here.home.job("nightly"))["status"] == "up"
        assert await here.slots() == ["late"]


async def test_what_waits_for_ever_is_missed_all_the_same(tmp_path: Path) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add("other", no_schedule=True)
        await here.run("other")
        await here.add(every="10m", timeout="20h")
        await minutes(here, 5)
        await here.run()
        await minutes(here, 20)
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "missed"


async def test_what_is_cancelled_lets_it_be_due_again(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(every="10m", timeout="20h")
        await minutes(here, 5)
        await here.run()
        await minutes(here, 20)
        await here.home.engine.runs.cancel("nightly", ANN)
        await here.home.settle()
        await here.home.settle()
        assert await here.ends() == [(1, "cancelled")]
        await minutes(here, 10)
        assert len(here.executor.begun) == 2
        assert await here.home.incidents() == []
