"""What a large store costs: many jobs, and many pings that are kept.

`python -m tests.benchmarks.bench_scale jobs [--jobs 100000]`: from the start to the
first answered ping, memory, idle processor time, and from a deadline to its incident
while 1,000 pings come in every second.

`python -m tests.benchmarks.bench_scale pings [--pings 10000000] [--jobs 1000]`: pings,
lists and history beside the same server with an empty store, in turn; then how fast
retention removes what is too old, and what pings feel of it.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.server import Server
from tests.benchmarks import stores
from tests.benchmarks.bench_backup import ping_at, shown
from tests.benchmarks.bench_deadlines import DELAYS, apply, report, tables
from tests.benchmarks.bench_pings import cpu_s, resident_mb
from tests.benchmarks.bench_start import is_answered

QUIET = {"CRONITOR_SERVER__RATE_LIMIT": "0", "CRONITOR_STORAGE__BACKUP_AT": "never"}
#: deadlines that pass while pings come in, and how far apart they are
MISSES = 200
APART_S = 0.1


def pid_of(server: Server) -> int:
    """The process of a server that runs."""
    assert server.process is not None
    return server.process.pid


async def first_ping(server: Server, url: str) -> float:
    """Start it; seconds until a ping is answered."""
    began = time.perf_counter()
    await server.start(ready=False)
    async with aiohttp.ClientSession() as session:
        while not await is_answered(session, url):
            await asyncio.sleep(0.005)
    return time.perf_counter() - began


async def idle_percent(server: Server, seconds: float = 20) -> float:
    """Processor time of a server that nobody asks anything."""
    before = cpu_s(pid_of(server))
    await asyncio.sleep(seconds)
    return (cpu_s(pid_of(server)) - before) / seconds * 100


async def until_idle(server: Server) -> float:
    """Seconds until it has done what it does after a start (retention looks around)."""
    began = time.perf_counter()
    while await idle_percent(server, 1) > 3 and time.perf_counter() - began < 120:
        pass
    return time.perf_counter() - began


async def many_jobs(count: int, rate: int, rounds: int) -> None:
    """All that many jobs may cost."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), **QUIET)
        await stores.template(server)
        uuids = stores.build(server, jobs=count, pings=0)
        urls = [f"{server.url}/ping/{uuid}" for uuid in uuids]
        found = []
        for _ in range(rounds):
            found.append(await first_ping(server, urls[0]))
            spent = cpu_s(pid_of(server))
            await server.stop()
        print(
            f"{count} jobs: first answered ping after {statistics.median(found):.2f} s"
            f" (best {min(found):.2f} s), {spent:.2f} s of processor time"
        )
        await first_ping(server, urls[0])
        try:
            await asyncio.sleep(5)
            memory = resident_mb(pid_of(server))
            print(f"{memory:.0f} MB, idle {await idle_percent(server):.2f} % of a core")
            await misses(server, urls, rate)
            print(f"{resident_mb(pid_of(server)):.0f} MB after that")
        finally:
            await server.stop()


async def misses(server: Server, urls: list[str], rate: int) -> None:
    """Let deadlines pass while pings of all the other jobs come in."""
    declared = tables(MISSES, 4.0)
    for number, table in enumerate(declared):
        table["every"] = f"{round(4 + number * APART_S)}s"
    done = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        pinging = asyncio.create_task(ping_at(session, urls, rate=rate, until=done))
        await asyncio.sleep(2)
        await apply(server, declared)
        async with asyncio.timeout(120):
            while len(server.rows(DELAYS)) < MISSES:
                await asyncio.sleep(0.5)
        done.set()
        print(f"{len(await pinging)} pings came in meanwhile, {rate} a second")
    report("deadlines meanwhile", [(row[0], row[1]) for row in server.rows(DELAYS)])


class Pair:
    """A server with an empty store, and one with a full one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: dict[str, Server] = {}
        self.urls: dict[str, list[str]] = {}

    async def build(self, jobs: int, pings: int) -> None:
        """Make both; the full one has so many pings."""
        for name, count in (("empty", 0), ("full", pings)):
            (self.folder / name).mkdir()
            server = Server(self.folder / name, **QUIET)
            await stores.template(server)
            uuids = stores.build(server, jobs=jobs, pings=count)
            self.servers[name] = server
            self.urls[name] = [f"{server.url}/ping/{uuid}" for uuid in uuids]
            await server.start()

    async def compare(
        self, what: str, measure: Callable[[str], Awaitable[float]], rounds: int
    ) -> None:
        """Measure both in turn; the median of each, and of the ratios."""
        found: list[tuple[float, float]] = []
        for _ in range(rounds):
            found.append((await measure("empty"), await measure("full")))
        empty = statistics.median(pair[0] for pair in found)
        full = statistics.median(pair[1] for pair in found)
        ratio = statistics.median(pair[1] / pair[0] for pair in found)
        print(f"{what:<32} empty {empty:7.2f}, full {full:7.2f}, ratio {ratio:.2f}")

    async def latency(self, name: str) -> float:
        """Median ms of pings at a moderate rate."""
        until = asyncio.Event()
        async with aiohttp.ClientSession() as session:
            pinging = asyncio.create_task(
                ping_at(session, self.urls[name], rate=200, until=until)
            )
            await asyncio.sleep(2)
            until.set()
            return statistics.median(await pinging)

    async def cost(self, name: str) -> float:
        """Microseconds of processor time for a ping."""
        server, clients, total = self.servers[name], 32, 4000
        before, urls = cpu_s(pid_of(server)), iter(self.urls[name] * 100)
        async with aiohttp.ClientSession() as session:

            async def client() -> None:
                for _ in range(total // clients):
                    async with session.post(next(urls), data=b"done") as response:
                        assert response.status == 200

            await asyncio.gather(*(client() for _ in range(clients)))
        return (cpu_s(pid_of(server)) - before) / total * 1e6

    def question(self, path: str) -> Callable[[str], Awaitable[float]]:
        """Median ms of a question over the Unix socket."""

        async def measure(name: str) -> float:
            took = []
            for _ in range(15):
                began = time.perf_counter()
                await self.servers[name].get(path)
                took.append((time.perf_counter() - began) * 1000)
            return statistics.median(took)

        return measure


async def many_pings(pings: int, jobs: int, rounds: int, folder: str | None) -> None:
    """All that many kept pings may cost."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        pair = Pair(Path(made))
        began = time.perf_counter()
        await pair.build(jobs, pings)
        full = pair.servers["full"]
        size = os.stat(full.data_dir / "cronitor.db").st_size / 1e9
        took = time.perf_counter() - began
        print(f"{jobs} jobs, {pings} pings: {size:.1f} GB, built in {took:.0f} s")
        print(f"idle {await until_idle(full):.0f} s after its start")
        try:
            await pair.compare("ping at 200/s, ms", pair.latency, rounds)
            await pair.compare("processor time of a ping, us", pair.cost, rounds)
            for path in ("/v1/jobs", "/v1/jobs/many-77", "/v1/status"):
                await pair.compare(f"GET {path}, ms", pair.question(path), rounds)
            await pair.servers["empty"].stop()
            await pruned(full, pair.urls["full"])
        finally:
            for server in pair.servers.values():
                await server.stop()


async def pruned(server: Server, urls: list[str]) -> None:
    """Start it again with a short memory, and see how fast it forgets."""
    count = "SELECT count(*) FROM pings"
    await server.stop()
    server.change(CRONITOR_RETENTION__PING_DAYS="55")
    before: Any = server.rows(count)[0][0]
    await server.start()
    until, seconds = asyncio.Event(), 20.0
    async with aiohttp.ClientSession() as session:
        pinging = asyncio.create_task(ping_at(session, urls, rate=200, until=until))
        await asyncio.sleep(seconds)
        until.set()
        latencies = await pinging
    removed = before + len(latencies) - server.rows(count)[0][0]
    print(f"retention removed {removed / seconds:,.0f} pings a second meanwhile")
    print(shown("pings meanwhile", latencies))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["jobs", "pings"])
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--pings", type=int, default=10_000_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="where to keep the data; else as ever")
    given = parser.parse_args()
    if given.part == "jobs":
        asyncio.run(many_jobs(given.jobs or 100_000, given.rate, given.rounds))
    else:
        asyncio.run(
            many_pings(given.pings, given.jobs or 1000, given.rounds, given.folder)
        )
