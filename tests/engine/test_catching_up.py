"""Dues that passed while Cronitor was away and are all caught up on, in order."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.kinds import Overlap
from tests.engine.works import Works, reopened
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock

#: the dues of an hourly job, from the first on
HOURS = [f"2026-11-23T{hour:02}:00:00Z" for hour in range(4, 14)]


def begun(executor: FakeExecutor, name: str = "CRONITOR_DUE") -> list[str]:
    """What each run was told, in the order in which they have begun."""
    return [dict(order.env)[name].replace("+00:00", "Z") for order in executor.begun]


async def end_all(here: Works) -> None:
    """Whatever is started ends well, and so does what comes after it."""
    while here.executor.going():
        assert len(here.executor.going()) == 1, "one after the other"
        await here.end(0)


@pytest.mark.parametrize("overlap", Overlap)
async def test_all_dues_are_caught_up_on_in_order(
    tmp_path: Path, overlap: Overlap
) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all", overlap=overlap.value)
    clock.advance(timedelta(hours=5, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await end_all(here)
        runs = await here.runs()
        assert [(run["due_at"], run["end"]) for run in runs] == [
            (due_at, "ok") for due_at in HOURS[:5]
        ]
        assert begun(executor) == HOURS[:5]
        assert {run["by"] for run in runs} == {"schedule, caught up on"}
        assert await here.home.incidents() == []
        # the next one is on time
        await here.home.advance(minutes=50)
        assert (await here.runs())[-1]["by"] == "schedule"


@pytest.mark.parametrize(
    ("overlap", "ends"),
    [
        # what is on time while others are caught up on obeys the rule
        ("skip", ["ok", "ok", "ok", "skipped"]),
        ("queue", ["ok", "ok", "ok", "ok"]),
        ("allow", ["ok", "ok", "ok", "ok"]),
        ("replace", ["cancelled", "skipped", "skipped", "ok"]),
    ],
)
async def test_a_due_that_comes_meanwhile_obeys_its_rule(
    tmp_path: Path, overlap: str, ends: list[str]
) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all", overlap=overlap)
    clock.advance(timedelta(hours=3, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await here.home.advance(minutes=50)
        await end_all(here)
        runs = await here.runs()
        assert [run["end"] for run in runs] == ends
        assert [run["due_at"] for run in runs] == HOURS[:4]
        assert await here.home.incidents() == []


async def test_what_waits_to_be_caught_up_on_survives_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all")
    clock.advance(timedelta(hours=3, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
    clock.advance(timedelta(hours=2))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await end_all(here)
        assert await here.ends() == [(1, "ok")] * 5
        assert begun(executor) == HOURS[:5]


async def test_one_that_is_tried_again_keeps_its_place(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all", retries=1, retry_base="1m")
    clock.advance(timedelta(hours=2, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await here.end(1)
        assert executor.going() == []
        await here.home.advance(minutes=1)
        await end_all(here)
        assert begun(executor) == [HOURS[0], HOURS[0], HOURS[1]]
        assert begun(executor, "CRONITOR_ATTEMPT") == ["1", "2", "1"]
