"""Pings a second through the whole engine, without HTTP.

`python -m tests.benchmarks.bench_engine [--jobs 20] [--clients 64] [--profile]`
"""

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from itertools import count
from pathlib import Path

from bot.clock import SystemClock
from bot.core.kinds import ActorKind, PingKind
from bot.core.models import Actor
from bot.engine import services
from bot.engine.pings import Incoming, Pings
from storage.database import Database
from tests.fakes import FakeNotifier

ME = Actor(kind=ActorKind.CLI, name="bench")


async def hammer(pings: Pings, uuids: list[str], *, clients: int, total: int) -> float:
    """Pings a second of so many clients that each wait for their answer."""
    numbers = count()

    async def client() -> None:
        while (n := next(numbers)) < total:
            uuid = uuids[n % len(uuids)]
            await pings.receive(Incoming(said=PingKind.SUCCESS, uuid=uuid))

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return total / (time.perf_counter() - began)


async def main(jobs: int, clients: int, total: int, *, profile: bool) -> None:
    """Measure once."""
    with tempfile.TemporaryDirectory() as folder:
        db = await Database.open(Path(folder) / "bench.db", clock=SystemClock())
        writer = asyncio.create_task(db.run())
        engine = await services.build(
            db,
            clock=SystemClock(),
            notifiers=[FakeNotifier()],
            ping_urls=lambda uuid, slug: {},
            rate_limit=0,
            version="bench",
        )
        tables = [{"slug": f"j{n}", "every": "1h"} for n in range(jobs)]
        await engine.jobs.apply(tables, prune=False, actor=ME)
        uuids = [str(view["uuid"]) for view in await engine.reads.jobs()]
        profiler = cProfile.Profile() if profile else None
        if profiler:
            profiler.enable()
        rate = await hammer(engine.pings, uuids, clients=clients, total=total)
        if profiler:
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(35)
        print(f"{jobs} jobs, {clients} clients: {rate:.0f} pings/s")
        await db.close()
        await writer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--total", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    asyncio.run(main(given.jobs, given.clients, given.total, profile=given.profile))
