"""Runs on days when clocks change, and under a clock that somebody sets."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.works import Works, reopened
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock

BERLIN = {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}


async def hours(here: Works, count: int) -> None:
    """Let so many pass, and let each run end well."""
    for _ in range(2 * count):
        await here.home.advance(minutes=30)
        for run_id in here.executor.going():
            here.executor.end(run_id)
            await here.home.settle()


@pytest.mark.parametrize(
    ("evening", "dues"),
    [
        # 02:30 is left out: it comes at the end of the gap, 03:00 summer time
        ("2027-03-27", ["2027-03-28T01:00:00", "2027-03-29T00:30:00"]),
        # 02:30 comes twice: the first counts, which is summer time
        ("2027-10-30", ["2027-10-31T00:30:00", "2027-11-01T01:30:00"]),
    ],
)
async def test_a_day_when_clocks_change_has_one_run(
    tmp_path: Path, evening: str, dues: list[str]
) -> None:
    clock = FakeClock(datetime.fromisoformat(f"{evening}T18:00:00").replace(tzinfo=UTC))
    async with reopened(tmp_path, FakeExecutor(clock), clock) as here:
        await here.add(**BERLIN)
        await hours(here, 32)
        runs = await here.runs()
        assert [each["due_at"][:19] for each in runs] == dues
        assert {each["end"] for each in runs} == {"ok"}
        assert await here.slots() == ["ok", "ok"]
        assert len(here.executor.begun) == 2


async def test_a_clock_that_goes_back_and_on_runs_nothing_twice(tmp_path: Path) -> None:
    clock = FakeClock()
    async with reopened(tmp_path, FakeExecutor(clock), clock) as here:
        await here.add()
        await hours(here, 3)
        before = [order.id for order in here.executor.begun]
        assert len(before) == 3
        clock.step(timedelta(hours=-2))
        await here.home.settle()
        await hours(here, 1)
        assert [order.id for order in here.executor.begun] == before
        clock.step(timedelta(hours=2))
        await here.home.settle()
        await hours(here, 1)
        ids = [order.id for order in here.executor.begun]
        assert len(ids) == len(set(ids)) > 3


async def test_an_end_is_not_before_its_beginning(tmp_path: Path) -> None:
    clock = FakeClock()
    async with reopened(tmp_path, FakeExecutor(clock), clock) as here:
        await here.add()
        await here.home.advance(hours=1)
        here.executor.end(after=timedelta(hours=-5))
        await here.home.settle()
        (run,) = await here.runs()
        assert (run["end"], run["duration"]) == ("ok", 0)
