"""Stages of a stop: each ends, whatever became of the one before."""

from contextlib import AsyncExitStack

import pytest

from bot import systemd
from bot.errors import Unavailable
from bot.stopping import Stages


async def test_a_stage_without_the_store_keeps_no_later_one_from_ending(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended: list[str] = []

    async def reads() -> None:
        ended.append("runs")
        raise Unavailable("cannot be read now: the database is damaged")

    async def closes() -> None:
        ended.append("store")

    async with AsyncExitStack() as stack:
        stages = Stages(stack, systemd.find({}))
        stages.push(5.0, "store", closes)
        stages.push(5.0, "runs", reads)
    assert ended == ["runs", "store"]
    assert "runs stopped without the store: cannot be read now" in caplog.text
