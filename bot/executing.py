"""The executor of this machine, beside the engine: started when it is needed."""

import asyncio
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bot.clock import Clock
from bot.config_sections import Runs
from bot.engine.runner import Runner, RunPlan
from bot.engine.services import Services
from bot.executors.local import LocalExecutor
from bot.stopping import end

logger = logging.getLogger(__name__)

#: where the supervisor keeps what it knows, in the data directory
FOLDER = "runs"
#: what came with requests to webhooks, there as well
PAYLOADS = "payloads"
#: how often a stop looks whether the last run has ended
_LOOK_S = 0.2


class Executing:
    """Runs of this server, or that there are none."""

    def __init__(self, settings: Runs, data_dir: Path, clock: Clock) -> None:
        self.drain_s = settings.drain.total_seconds()
        self._clock = clock
        self.plan: RunPlan | None = None
        if settings.max_parallel > 0:
            self._executor = LocalExecutor(
                data_dir / FOLDER, release=version("cronitor-bot"), clock=clock
            )
            self.plan = RunPlan(
                executor=self._executor,
                places=settings.max_parallel,
                output_limit=settings.output_limit,
                payloads=data_dir / PAYLOADS,
            )

    def parts(self, engine: Services) -> list[asyncio.Task[None]]:
        """What has to run beside the loops."""
        if engine.runs.runner is None:
            return []
        return [
            asyncio.create_task(self._connected(engine.runs.runner), name="executor"),
            asyncio.create_task(engine.runs.runner.listen(), name="news of runs"),
        ]

    async def _connected(self, runner: Runner) -> None:
        """Reach the supervisor as soon as something is to run, and stay connected."""
        await runner.wanted.wait()
        await self._executor.run()

    async def stop(self, engine: Services, parts: Sequence[asyncio.Task[None]]) -> None:
        """Begin nothing more, and give what goes on its time; the rest outlives us."""
        if engine.runs.runner is not None:
            await self._drain(engine.runs.runner)
        await end(parts)

    async def _drain(self, runner: Runner) -> None:
        runner.drain()
        until = self._clock.monotonic() + self.drain_s
        while left := await runner.going():
            if self._clock.monotonic() >= until:
                logger.info(
                    "%s runs go on without this server and are found again",
                    left,
                    extra={"action": "runs_left"},
                )
                return
            await asyncio.sleep(_LOOK_S)
