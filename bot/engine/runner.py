"""Starts and collects runs, and stays in touch with the executor."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import storage.executions
from bot.engine.context import Context
from bot.engine.ends import Collector
from bot.engine.health import Health
from bot.engine.results import Results
from bot.engine.starts import Starter
from bot.errors import Unavailable
from bot.executors.base import EventKind, Executor

logger = logging.getLogger(__name__)

PART = "executor"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """Where runs happen, and how many."""

    executor: Executor
    #: that go on at the same time, of all jobs together
    places: int = 50
    #: bytes of the output of each that are kept
    output_limit: int = 1_000_000
    #: where the payloads of webhooks are kept for runs; None: webhooks take nothing
    payloads: Path | None = None
    #: bytes that those of all runs may take together, as they are stored
    outputs_total: int = 1_000_000_000


class Runner:
    """What starts runs, and what writes down how they go on and end.

    Two loops: who is due does not wait until the ends of others are written down.
    """

    def __init__(
        self,
        context: Context,
        plan: RunPlan,
        health: Health,
        restored_at: datetime | None = None,
    ) -> None:
        #: when a backup took the place of the database last
        self.restored_at = restored_at
        self._context = context
        self._executor = plan.executor
        self._health = health
        #: what ended while Cronitor was away is written down
        self.has_collected = False
        #: the executor is needed; before that it need not be there
        self.wanted = asyncio.Event()
        results = Results(context)
        self._collector = Collector(context, plan.executor, results, self.wanted)
        self._starter = Starter(
            context,
            plan.executor,
            results,
            self._collector,
            wanted=self.wanted,
            places=plan.places,
            output_limit=plan.output_limit,
            restored_at=restored_at,
        )
        self.starts, self.ends = context.wakes.runs, context.wakes.ends

    async def start(self) -> bool:
        """Start a batch, or end one; True when there may be more."""
        return await self._watched(self._starter.step())

    async def collect(self) -> bool:
        """Write down what has begun or ended; True when there may be more."""
        moved = await self._watched(self._collector.step(self._starter.calm))
        if not moved and not self.has_collected:
            self.has_collected = True
            self._context.wakes.dues.event.set()
            return True
        return moved

    async def _watched(self, step: Awaitable[bool]) -> bool:
        try:
            moved = await step
        except Unavailable as exc:
            self._health.report(PART, str(exc))
            raise
        self._health.clear(PART)
        return moved

    async def next_at(self) -> datetime | None:
        """When the next run may begin."""
        return await self._starter.next_at()

    def drain(self) -> None:
        """Begin no more runs; what goes on goes on."""
        self._starter.is_draining = True

    async def going(self) -> int:
        """How many runs go on."""
        return await self._context.db.read(storage.executions.count_active)

    async def listen(self) -> None:
        """For ever: look as soon as the executor says that something has happened."""
        async for event in self._executor.events():
            if event.kind in (EventKind.CONNECTED, EventKind.ENDED):
                self.starts.event.set()
                self.ends.event.set()
