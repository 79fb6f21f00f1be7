"""Runs that are asked for from the card of an incident, and what is read of them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.executions import ExecutionId
from bot.core.kinds import IncidentId
from bot.errors import Conflict, Invalid, NotFound
from tests.engine.house import ANN, BOB
from tests.engine.works import Works, works

ONE = IncidentId(1)
PARAMS = {"target": ["daily", "full"]}


async def failed(here: Works, **fields: Any) -> None:
    """A job whose run with a value that is no default has just failed."""
    await here.add(params=PARAMS, **fields)
    await here.run(params={"target": "full"})
    await here.end(1, output=b"\x1b[1mno\x1b[0m password=hunter2\n")


async def test_it_is_run_with_the_values_of_the_run_that_failed(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await failed(here)
        view, is_new = await here.home.engine.runs.again(ONE, BOB)
        assert is_new
        assert (view["by"], view["params"]) == ("bob (cli)", {"target": "full"})
        await here.home.settle()
        await here.end(0)
        (incident,) = await here.home.incidents()
        assert incident["status"] == "resolved"
        newest, *_ = await here.home.reads.audit()
        assert (newest["action"], newest["actor"]) == ("run_wished", "bob (cli)")


@pytest.mark.parametrize("overlap", ["skip", "queue", "allow", "replace"])
async def test_two_who_press_at_once_have_one_run(tmp_path: Path, overlap: str) -> None:
    async with works(tmp_path) as here:
        more = {"max_parallel": 9} if overlap == "allow" else {}
        await failed(here, overlap=overlap, **more)
        again = here.home.engine.runs.again
        both = await asyncio.gather(again(ONE, ANN), again(ONE, BOB))
        assert sorted(is_new for _, is_new in both) == [False, True]
        assert both[0][0]["id"] == both[1][0]["id"]
        await here.home.settle()
        # it is over before the third one presses
        await here.end(0)
        view, is_new = await again(ONE, BOB)
        assert (view["end"], is_new) == ("ok", False)
        assert len(await here.runs()) == 2


async def test_later_it_is_another_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await failed(here)
        for number in (2, 3):
            view, is_new = await here.home.engine.runs.again(ONE, ANN)
            assert (view["id"], is_new) == (number, True)
            await here.home.settle()
            await here.end(1)
            await here.home.advance(seconds=11)


async def test_another_run_in_the_way_is_named(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await failed(here)
        await here.run()
        with pytest.raises(Conflict, match="is still going"):
            await here.home.engine.runs.again(ONE, ANN)


async def test_what_cannot_be_run_again_says_why(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await failed(here)
        await here.home.add("heart", every="1h")
        await here.home.ping("heart", "fail")
        runs = here.home.engine.runs
        with pytest.raises(Conflict, match="it is a heartbeat job"):
            await runs.again(IncidentId(2), ANN)
        with pytest.raises(NotFound, match="no run of heart"):
            await runs.of_incident(IncidentId(2))
        with pytest.raises(NotFound):
            await runs.again(IncidentId(3), ANN)
        await here.home.engine.jobs.edit("nightly", {"params": {}}, ANN)
        with pytest.raises(Invalid, match="target"):
            await runs.again(ONE, ANN)


async def test_the_end_is_told_after_the_last_attempt(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=1, retry_base="1s")
        view = await here.run()
        waiting = asyncio.create_task(
            here.home.engine.runs.ended(ExecutionId(view["id"])), name="waiting"
        )
        await here.end(1)
        await here.home.advance(seconds=2)
        await here.end(0)
        ended = await waiting
        assert (ended["end"], ended["attempt"]) == ("ok", 2)
        with pytest.raises(NotFound):
            await here.home.engine.runs.ended(ExecutionId(99))


async def test_an_output_is_shown_without_colours_and_secrets(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await failed(here)
        runs = here.home.engine.runs
        view = await runs.of_incident(ONE)
        assert (view["end"], view["exit_status"]) == ("failed", 1)
        number = ExecutionId(int(str(view["id"])))
        assert await runs.shown_output(number) == "no password=***\n"
        assert await runs.output(number) == b"\x1b[1mno\x1b[0m password=hunter2\n"
        why = await here.home.reads.explain(ONE)
        assert why.output == "no password=***\n"


async def test_jobs_are_found_that_are_run_here_or_go_on(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("idle")
        await here.add("going")
        await here.home.add("heart", every="1h")
        await here.run("going")

        async def like(**how: bool) -> list[str]:
            found = await here.home.reads.jobs_like("", limit=25, **how)
            return [standing.slug for standing in found]

        assert await like() == ["going", "heart", "idle"]
        assert await like(command=True) == ["going", "idle"]
        assert await like(going=True) == ["going"]
        await here.end(0)
        assert await like(going=True) == []


async def test_an_old_press_means_no_run_of_long_ago(tmp_path: Path) -> None:
    """A resolved incident's button, seen on a message that was not edited."""
    async with works(tmp_path) as here:
        await failed(here)
        await here.run()
        await here.end(0)
        here.home.clock.advance(timedelta(minutes=30))
        view, is_new = await here.home.engine.runs.again(ONE, ANN)
        assert is_new
        assert view["params"] == {"target": "full"}


async def test_many_runs_later_it_is_still_about_its_own_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await failed(here)
        for _ in range(25):
            await here.home.advance(minutes=2)
            await here.run()
            await here.end(0)
        view = await here.home.engine.runs.of_incident(ONE)
        assert (view["id"], view["end"]) == (1, "failed")
