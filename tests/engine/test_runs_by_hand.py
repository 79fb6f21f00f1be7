"""Runs that somebody starts and ends."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.core.executions import Execution, ExecutionId, Trigger
from bot.errors import Conflict, Invalid, NotFound, Unavailable
from bot.executors.base import Order, Refused, Started
from tests.engine.house import ANN, house
from tests.engine.works import works


async def test_a_run_that_somebody_wants(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(no_schedule=True, params={"target": ["daily", "full"]})
        view = await here.run(params={"target": "full"})
        assert view["by"] == "ann (cli)"
        (order,) = here.executor.begun
        assert dict(order.env)["CRONITOR_ARG_TARGET"] == "full"
        await here.end(0)
        assert (await here.home.job("nightly"))["status"] == "up"
        assert await here.slots() == []


async def test_the_same_wish_twice_is_one_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(no_schedule=True)
        first = await here.run(key="deploy-7", trigger=Trigger.API)
        again = await here.run(key="deploy-7", trigger=Trigger.API)
        assert first["id"] == again["id"]
        await here.end(0)
        ended = await here.run(key="deploy-7", trigger=Trigger.API)
        assert ended["end"] == "ok"
        assert len(here.executor.begun) == 1


async def test_what_cannot_be_wished_is_refused(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(no_schedule=True, params={"target": ["daily"]})
        await here.home.add("heart", every="1h")
        with pytest.raises(NotFound):
            await here.run("nobody")
        with pytest.raises(Conflict, match="it is a heartbeat job"):
            await here.run("heart")
        with pytest.raises(Invalid, match="'full' is none of daily"):
            await here.run(params={"target": "full"})
        await here.run()
        with pytest.raises(Conflict, match="is still going"):
            await here.run()
        with pytest.raises(NotFound, match="there is no run 99"):
            await here.home.engine.runs.show(ExecutionId(99))


async def test_without_an_executor_nothing_is_run(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.add("nightly", kind="command", command=["a"], no_schedule=True)
        with pytest.raises(Unavailable, match="this server runs nothing"):
            await home.engine.runs.wish("nightly", ANN)
        with pytest.raises(NotFound, match="has not run yet"):
            await home.engine.runs.newest("nightly")


async def test_a_run_is_cancelled(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        await here.home.engine.runs.cancel("nightly", ANN)
        await here.home.settle()
        # the executor would say that something has ended
        await here.home.settle()
        assert await here.ends() == [(1, "cancelled")]
        assert await here.slots() == ["skipped"]
        view = await here.home.job("nightly")
        assert "cancelled: ann (cli)" in view["pings"][0]["reason"]
        with pytest.raises(Conflict, match="has no run that waits or goes on"):
            await here.home.engine.runs.cancel("nightly", ANN)


async def test_a_run_that_waits_is_cancelled_before_it_begins(tmp_path: Path) -> None:
    async with works(tmp_path, places=0) as here:
        await here.add()
        await here.home.advance(hours=1)
        (waits,) = await here.runs()
        number = ExecutionId(waits["id"])
        await here.home.engine.runs.cancel("nightly", ANN, number=number)
        await here.home.settle()
        assert await here.ends() == [(1, "cancelled")]
        assert await here.slots() == ["skipped"]
        assert here.executor.begun == []


async def test_a_run_that_is_cancelled_while_it_is_chosen_does_not_begin(
    tmp_path: Path,
) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add()
        runner = here.home.engine.runs.runner
        assert runner is not None
        starter = runner._starter
        choose = starter._choose

        async def chosen(pending: Sequence[Execution]) -> list[Execution]:
            found = await choose(pending)
            if found:
                await here.home.engine.runs.cancel("nightly", ANN)
            return found

        starter._choose = chosen  # type: ignore[method-assign]
        await here.home.advance(hours=1)
        assert here.executor.begun == []
        assert await here.ends() == [(1, "cancelled")]


async def test_a_wish_to_end_a_run_is_not_lost_while_it_begins(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        start = here.executor.start

        async def slowly(orders: Sequence[Order]) -> list[Started | Refused]:
            answers = await start(orders)
            await here.home.engine.runs.cancel("nightly", ANN)
            return answers

        here.executor.start = slowly  # type: ignore[method-assign]
        await here.home.advance(hours=1)
        assert len(here.executor.cancelled) == 1
        assert await here.ends() == [(1, "cancelled")]


async def test_a_further_attempt_of_it_leaves_the_next_due_its_turn(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=2, retry_base="30m", retry_cap="30m")
        await here.home.advance(minutes=50)
        await here.run()
        await here.end(1)
        await here.home.advance(minutes=10)
        assert [each["trigger"] for each in await here.runs()] == ["person", "schedule"]
        await here.end(0)
        assert await here.slots() == ["ok"]
