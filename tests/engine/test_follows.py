"""A run is followed to the attempt that counts, and no byte is told twice."""

from pathlib import Path
from typing import Any

import pytest

from bot.core.cut_outputs import mark
from bot.core.executions import ExecutionId
from bot.errors import NotFound
from tests.engine.house import ANN
from tests.engine.works import Works, works


async def test_it_goes_on_with_the_attempts_that_follow(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=1, retry_base="1m")
        view = await here.run()
        events = here.home.engine.runs.follow(ExecutionId(view["id"]))
        await here.end(1, output=b"boom\n")
        assert await anext(events) == ("output", "boom\n")
        name, said = await anext(events)
        assert name == "again"
        told = table(said)
        assert (told["ended"]["id"], told["ended"]["end"]) == (view["id"], "failed")
        assert told["next"]["attempt"] == 2
        assert told["next"]["ready_at"] > told["ended"]["ended_at"]
        await here.home.advance(minutes=1)
        await here.end(0, output=b"fine\n")
        output, (name, last) = [each async for each in events]
        assert output == ("output", "fine\n")
        final = table(last)
        assert (name, final["end"], final["attempt"]) == ("end", "ok", 2)
        assert final["id"] == told["next"]["id"]
        assert "evidence" in final


async def test_an_attempt_that_is_cancelled_while_it_waits_is_the_last(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=1, retry_base="1m")
        view = await here.run()
        await here.end(1)
        (_, waiting) = await here.runs()
        number = ExecutionId(waiting["id"])
        await here.home.engine.runs.cancel("nightly", ANN, number=number)
        await here.home.settle()
        events = here.home.engine.runs.follow(ExecutionId(view["id"]))
        (again, _), (end, last) = [each async for each in events]
        final = table(last)
        assert (again, end, final["end"]) == ("again", "end", "cancelled")


async def test_a_character_that_comes_in_two_pieces_is_one(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        view, run_id = await going(here)
        events = here.home.engine.runs.follow(ExecutionId(view["id"]))
        here.executor.printed[run_id] = b"a\xc3"
        assert await anext(events) == ("output", "a")
        here.executor.printed[run_id] = b"a\xc3\xa4"
        assert await anext(events) == ("output", "\xe4")
        await here.end(0, output=b"a\xc3\xa4b\xc3")
        assert await anext(events) == ("output", "b\ufffd")


async def test_what_was_told_before_the_middle_was_cut_is_not_told_again(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        view, run_id = await going(here)
        events = here.home.engine.runs.follow(ExecutionId(view["id"]))
        here.executor.printed[run_id] = b"h" * 10 + b"m" * 30
        assert await anext(events) == ("output", "h" * 10 + "m" * 30)
        here.executor.holes[run_id] = (10, 90)
        await here.end(0, output=b"h" * 10 + b"m" * 80 + b"t" * 10)
        rest = mark(50).decode() + "t" * 10
        assert await anext(events) == ("output", rest)
        assert await here.printed() == b"h" * 10 + mark(80) + b"t" * 10


async def test_what_is_cut_while_it_goes_on_is_said(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        view, run_id = await going(here)
        events = here.home.engine.runs.follow(ExecutionId(view["id"]))
        here.executor.holes[run_id] = (10, 90)
        here.executor.printed[run_id] = b"h" * 10 + b"m" * 80 + b"t" * 10
        whole = "h" * 10 + mark(80).decode() + "t" * 10
        assert await anext(events) == ("output", whole)
        await here.end(0, output=b"h" * 10 + b"m" * 80 + b"t" * 12)
        assert await anext(events) == ("output", "tt")


async def test_a_run_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        with pytest.raises(NotFound, match="no run 99"):
            await anext(here.home.engine.runs.follow(ExecutionId(99)))


def table(data: object) -> dict[str, Any]:
    """The data of an event that is no text."""
    assert isinstance(data, dict)
    return data


async def going(here: Works) -> tuple[dict[str, Any], str]:
    """A run that goes on, and what the executor calls it."""
    await here.add()
    view = await here.run()
    (run_id,) = here.executor.going()
    return view, run_id
