"""A house in which things are run, and what a test does there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.executions import ExecutionId
from bot.engine.runner import RunPlan
from tests.engine.house import ANN, House, house
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock

Fields = Mapping[str, Any]


@dataclass
class Works:
    """A house with an executor."""

    home: House
    executor: FakeExecutor

    async def add(self, slug: str = "nightly", **fields: Any) -> dict[str, Any]:
        """A job that is run every hour, unless it is said."""
        table: dict[str, Any] = {"kind": "command", "command": ["/bin/true"]}
        if not fields.keys() & {"every", "after", "no_schedule"}:
            table["cron"] = "0 * * * *"
        return await self.home.add(slug, **(table | fields))

    async def run(self, slug: str = "nightly", **more: Any) -> dict[str, Any]:
        """Ann wants a run."""
        view = await self.home.engine.runs.wish(slug, ANN, **more)
        await self.home.settle()
        return dict(view)

    async def runs(self, slug: str = "nightly") -> list[dict[str, Any]]:
        """The runs of a job, the oldest first."""
        found = await self.home.engine.runs.of_job(slug)
        return [dict(each) for each in reversed(found)]

    async def ends(self, slug: str = "nightly") -> list[tuple[int, str | None]]:
        """Attempts and how each has ended."""
        return [(each["attempt"], each["end"]) for each in await self.runs(slug)]

    async def end(self, code: int = 0, **more: Any) -> None:
        """The run that goes on ends, and that is seen."""
        self.executor.end(code=code, **more)
        await self.home.settle()

    async def printed(self, slug: str = "nightly") -> bytes:
        """What the newest run has printed."""
        run = await self.home.engine.runs.newest(slug)
        number = ExecutionId(int(str(run["id"])))
        return await self.home.engine.runs.output(number)

    async def slots(self, slug: str = "nightly") -> list[str]:
        """What became of each due, the oldest first."""
        view = await self.home.job(slug)
        return [each["outcome"] for each in reversed(view["slots"])]


@asynccontextmanager
async def works(path: Path, **plan: Any) -> AsyncIterator[Works]:
    """An engine that runs things; T0 is an hour's full hour."""
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(path, executor, clock, **plan) as found:
        yield found


@asynccontextmanager
async def reopened(
    path: Path, executor: FakeExecutor, clock: FakeClock, **plan: Any
) -> AsyncIterator[Works]:
    """The same executor after a restart of Cronitor."""
    runs = RunPlan(executor=executor, **plan)
    async with house(path, clock=clock, runs=runs) as home:
        yield Works(home, executor)
