"""What all outputs take together is bounded: the oldest go, what is needed stays."""

import random
from pathlib import Path

import pytest

from bot.core.executions import ExecutionId
from bot.engine import outputs
from tests.engine.works import Works, works

#: of a few of them, deflated: random bytes do not shrink
SIZE = 10_000


async def ran(here: Works, code: int, output: bytes) -> None:
    """One more run, an hour later."""
    await here.home.advance(hours=1)
    await here.end(code, output=output)


async def kept(here: Works) -> list[tuple[str, bool]]:
    """How each run has ended, and whether its output is there."""
    found = []
    for each in await here.runs():
        output = await here.home.engine.runs.output(ExecutionId(each["id"]))
        found.append((each["end"], bool(output)))
    return found


async def test_the_oldest_outputs_go_and_the_newest_failure_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "BYTES_AT_ONCE", SIZE)
    chance = random.Random(9)
    async with works(tmp_path, outputs_total=3 * SIZE + 1000) as here:
        await here.add()
        for code in (1, 1, 0, 0, 0, 0):
            await ran(here, code, chance.randbytes(SIZE))
        await here.home.advance(minutes=2)
        assert await kept(here) == [
            ("failed", False),
            ("failed", True),
            ("ok", False),
            ("ok", False),
            ("ok", True),
            ("ok", True),
        ]
        (_, newest, *_) = await here.runs()
        assert newest["output_size"] == SIZE


async def test_what_is_needed_stays_even_if_it_is_too_much(tmp_path: Path) -> None:
    async with works(tmp_path, outputs_total=10) as here:
        await here.add()
        await ran(here, 1, b"why it has failed")
        await here.home.advance(minutes=2)
        assert await kept(here) == [("failed", True)]
