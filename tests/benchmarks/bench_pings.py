"""Durable pings a second of the real server, as a ratio to a bare aiohttp handler.

`python -m tests.benchmarks.bench_pings [--jobs 20] [--connections 64]`; it needs wrk.
Every ping is answered after its commit (durability full), with all rules and its body
kept. Both servers have the first core, wrk has the second, and they take turns.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import aiohttp

from tests.acceptance.server import Server, running
from tests.benchmarks.bench_web import pinned, rate

SCRIPT = """
wrk.method = "POST"
wrk.body = "done in 12 s"
local paths = { %s }
local number = 0
request = function()
  number = number %% #paths + 1
  return wrk.format(nil, paths[number])
end
"""


async def make_jobs(server: Server, count: int) -> list[str]:
    """Make so many hourly jobs; the paths of their ping URLs."""
    declared = [{"slug": f"job-{n}", "every": "1h"} for n in range(count)]
    connector = aiohttp.UnixConnector(str(server.data_dir / "cronitor.sock"))
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.post(
            "http://local/v1/apply", json={"jobs": declared}
        ) as response:
            assert response.status == 200, await response.text()
        async with session.get("http://local/v1/jobs") as response:
            jobs = (await response.json())["jobs"]
    return [f"/ping/{job['uuid']}" for job in jobs]


def resident_mb(pid: int) -> float:
    """Memory of a process now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def keep_on_first_core(pid: int) -> None:
    """All threads of a process, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        return
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {0})


async def compare(
    server: Server, script: Path, *, rounds: int, seconds: int, connections: int
) -> None:
    """Load the two in turn and print the ratio of each round's pair."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_web", "--child", "bare"]
    bare = subprocess.Popen(pinned(0, *command), stdout=subprocess.PIPE, text=True)
    assert bare.stdout is not None
    assert server.process is not None
    port = int(bare.stdout.readline())
    pairs = []
    try:
        for _ in range(rounds):
            pair = [
                await asyncio.to_thread(
                    rate, at, seconds=seconds, connections=connections, script=script
                )
                for at in (port, server.port)
            ]
            pairs.append(pair)
    finally:
        bare.kill()
        bare.wait()
    ours = statistics.median(pair[1] for pair in pairs)
    theirs = statistics.median(pair[0] for pair in pairs)
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    print(
        f"{connections} connections: {ours:,.0f} durable pings/s, "
        f"bare {theirs:,.0f}/s, ratio {ratio:.2f}; "
        f"{resident_mb(server.process.pid):.0f} MB resident"
    )


async def main(jobs: int, connections: list[int], rounds: int, seconds: int) -> None:
    """Measure with so many jobs."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"CRONITOR_SERVER__RATE_LIMIT": "0"}
        async with running(Path(folder), **environ) as server:
            assert server.process is not None
            keep_on_first_core(server.process.pid)
            paths = await make_jobs(server, jobs)
            script = Path(folder) / "pings.lua"
            script.write_text(SCRIPT % ", ".join(f'"{path}"' for path in paths))
            print(f"{jobs} jobs")
            for count in connections:
                await compare(
                    server, script, rounds=rounds, seconds=seconds, connections=count
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(main(given.jobs, given.connections, given.rounds, given.seconds))
