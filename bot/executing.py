"""The executor of this machine, beside the engine: started when it is needed."""

import asyncio
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bot.clock import Clock
from bot.config_sections import Runs as RunSettings
from bot.engine.runner import Runner, RunPlan
from bot.engine.runs import Runs
from bot.engine.services import Services
from bot.executors.base import GRACE_S
from bot.executors.local import LocalExecutor
from bot.stopping import end

logger = logging.getLogger(__name__)

#: where the supervisor keeps what it knows, in the data directory
FOLDER = "runs"
#: what came with requests to webhooks, there as well
PAYLOADS = "payloads"
#: how often a stop looks whether the last run has ended
_LOOK_S = 0.2
#: how long runs are given that are ended at a stop: until KILL, and some more
_END_S = GRACE_S + 5.0
#: who has ended them, where that is shown
STOP = "stop of Cronitor"


class Executing:
    """Runs of this server, or that there are none."""

    def __init__(self, settings: RunSettings, data_dir: Path, clock: Clock) -> None:
        self._drain_s = settings.drain.total_seconds()
        self._end_s = _END_S if settings.at_stop == "end" else 0.0
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
                outputs_total=settings.outputs_mb * 1_000_000,
            )

    @property
    def stop_s(self) -> float:
        """How long a stop may take, beside what it takes anyway."""
        return self._drain_s + self._end_s

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
        try:
            if engine.runs.runner is not None:
                await self._drain(engine.runs, engine.runs.runner)
        finally:
            await end(parts)

    async def _drain(self, runs: Runs, runner: Runner) -> None:
        runner.drain()
        left = await self._left(runner, self._drain_s)
        if left and self._end_s:
            await runs.end_all(STOP)
            left = await self._left(runner, self._end_s)
        if left:
            logger.info(
                "%s runs go on without this server and are found again",
                left,
                extra={"action": "runs_left"},
            )

    async def _left(self, runner: Runner, within_s: float) -> int:
        """How many still go on then; 0 as soon as there is none."""
        until = self._clock.monotonic() + within_s
        while left := await runner.going():
            if self._clock.monotonic() >= until:
                return left
            await asyncio.sleep(_LOOK_S)
        return 0
