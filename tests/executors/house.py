"""A real supervisor with real children, and the executor that is connected to it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.errors import Unavailable
from bot.executors import connections, launching, processes
from bot.executors.base import Chunk, Order, Refusal, Refused, Report, Started, State
from bot.executors.local import LocalExecutor
from tests import tree

#: how long anything may take on a slow and busy machine
PATIENCE_S = 60.0
POLL_S = 0.01
RELEASE = "9.9.9"

ENV = (("PATH", "/usr/local/bin:/usr/bin:/bin"),)
PYTHON = sys.executable


def environ() -> dict[str, str]:
    """What a supervisor finds in a test: how to tell which of its lines were run."""
    return {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}


def python(before: str = "true") -> Sequence[str]:
    """As in the product, unless its lines are counted.

    That needs site-packages, and the folder that all paths are relative to.
    """
    words = (sys.executable,) if environ() else launching.PYTHON
    text = f'cd {tree.ROOT} && {before} && exec "$@"'
    return "/bin/sh", "-c", text, "sh", *words


def order(run_id: str, *argv: str, **fields: Any) -> Order:
    """An order with what every program needs."""
    return Order(**{"id": run_id, "argv": argv, "env": ENV, **fields})


def script(run_id: str, text: str, **fields: Any) -> Order:
    """An order for a shell."""
    return order(run_id, text, shell=True, **fields)


def code(run_id: str, text: str, **fields: Any) -> Order:
    """An order for a Python."""
    return order(run_id, PYTHON, "-I", "-S", "-c", text, **fields)


def refusals(answers: Sequence[Started | Refused]) -> set[Refusal]:
    """Why all of them were refused; none may have been started."""
    assert [each for each in answers if isinstance(each, Started)] == []
    return {each.why for each in answers if isinstance(each, Refused)}


def text_of(chunks: Sequence[Chunk]) -> bytes:
    """All of an output that is kept."""
    return b"".join(chunk.data for chunk in chunks)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(POLL_S)


def is_alive(pid: int) -> bool:
    """Whether it lives, and is no zombie."""
    return pid in processes.everything()


class House:
    """One folder of runs."""

    def __init__(
        self,
        folder: Path,
        *,
        release: str = RELEASE,
        idle_s: float = 60,
        before: str = "true",
    ) -> None:
        self.folder = folder
        #: what a shell does before it becomes a supervisor
        self.before = before
        self.release = release
        self.idle_s = idle_s
        self.executor = self._executor()
        self._running: asyncio.Task[None] | None = None
        self.launched = 0

    def _executor(self) -> LocalExecutor:
        return LocalExecutor(
            self.folder,
            release=self.release,
            clock=SystemClock(),
            launch=self.launch,
        )

    async def launch(self, folder: Path) -> None:
        """Start a supervisor, if there is none."""
        self.launched += 1
        await launching.launch(
            folder,
            release=self.release,
            python=python(self.before),
            environ=environ(),
            idle_s=self.idle_s,
        )

    async def connect(self) -> None:
        """Let the executor find its supervisor."""
        self._running = asyncio.create_task(self.executor.run())
        await self.executor.reports()

    async def disconnect(self) -> None:
        """Go without a word, as a server that is killed."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None
        self.executor = self._executor()

    async def pid(self) -> int:
        """Of the supervisor."""
        connection = await connections.connect(self.folder)
        await connection.close()
        return int(connection.greeting["pid"])

    async def ask(self, do: str) -> dict[str, Any]:
        """Ask in the supervisor's own words."""
        connection = await connections.connect(self.folder)
        listening = asyncio.create_task(connection.listen(lambda _: None))
        try:
            return await connection.ask(do)
        finally:
            listening.cancel()
            await connection.close()

    async def kill_supervisor(self, pid: int | None = None) -> int:
        """With KILL; and wait until it is gone, and another one is there."""
        pid = pid or await self.pid()
        os.kill(pid, signal.SIGKILL)
        await self.replaced(pid)
        return pid

    async def replaced(self, pid: int) -> None:
        """Wait until that supervisor is gone, and another one is there."""
        await until(lambda: not is_alive(pid))
        if self._running is not None:
            async with asyncio.timeout(PATIENCE_S):
                while not await self._answers():
                    await asyncio.sleep(POLL_S)

    async def _answers(self) -> bool:
        try:
            await self.executor.reports([])
        except Unavailable:
            return False
        return True

    async def start(self, *orders: Order) -> list[Started | Refused]:
        """Make processes of them."""
        return await self.executor.start(orders)

    async def started(self, given: Order) -> Started:
        """One that can be started."""
        (answer,) = await self.start(given)
        assert isinstance(answer, Started), answer
        return answer

    async def report(self, run_id: str) -> Report:
        """Of one run."""
        (report,) = await self.executor.reports([run_id])
        return report

    async def ended(self, run_id: str) -> Report:
        """The report of a run, when it has ended."""
        async with asyncio.timeout(PATIENCE_S):
            while (report := await self.report(run_id)).state is not State.ENDED:
                await asyncio.sleep(POLL_S)
        return report

    async def ran(self, given: Order) -> Report:
        """Start it, and wait for its end."""
        await self.start(given)
        return await self.ended(given.id)

    async def text(self, run_id: str) -> bytes:
        """What is kept of its output."""
        return text_of(await self.executor.output(run_id))

    async def said(self, run_id: str, text: bytes) -> None:
        """Wait until it has written that."""
        async with asyncio.timeout(PATIENCE_S):
            while text not in await self.text(run_id):
                await asyncio.sleep(POLL_S)

    async def clear(self) -> None:
        """Leave no process behind."""
        with suppress(Unavailable):
            ids = [report.id for report in await self.executor.reports()]
            await self.executor.cancel(ids, grace_s=0)
            for run_id in ids:
                await self.ended(run_id)
            await self.executor.quit()
        await self.disconnect()
        with suppress(Unavailable):
            os.kill(await self.pid(), signal.SIGTERM)


@asynccontextmanager
async def house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """One that is connected, and cleared at the end."""
    here = House(folder / "runs", **settings)
    await here.connect()
    try:
        yield here
    finally:
        await here.clear()
