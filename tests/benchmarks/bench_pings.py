"""Durable pings a second of the real server, as a ratio to a bare aiohttp handler.

`python -m tests.benchmarks.bench_pings [--jobs 20 1000] [--connections 64 256]`; it
needs wrk. Every ping is answered after its commit (durability full), with all rules and
its body kept. Both servers have the first core, wrk has the second, and they take
turns. `--close` makes a connection for each request, as curl does.

Beside the rates stands what one request costs each server in processor time: that
figure is the steadier one on a machine that does other things too.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import aiohttp

from tests.acceptance.server import Server, running
from tests.benchmarks.bench_web import pinned, rate

SCRIPT = """
wrk.method = "POST"
wrk.body = "done in 12 s"
%s
local paths = { %s }
local number = 0
request = function()
  number = number %% #paths + 1
  return wrk.format(nil, paths[number])
end
"""
CLOSE = 'wrk.headers["Connection"] = "close"'


class Load(NamedTuple):
    """How the servers are loaded."""

    script: Path
    rounds: int
    seconds: int
    connections: int


class Measured(NamedTuple):
    """Requests a second, and processor time for each in microseconds."""

    rate: float
    cpu_us: float


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


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def keep_on_first_core(pid: int) -> None:
    """All threads of a process, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        return
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {0})


def measure(port: int, pid: int, load: Load) -> Measured:
    """Load one server for a while."""
    before = cpu_s(pid)
    found = rate(
        port,
        seconds=load.seconds,
        connections=load.connections,
        script=load.script,
    )
    return Measured(found, (cpu_s(pid) - before) * 1e6 / (found * load.seconds))


async def compare(server: Server, load: Load) -> float:
    """Load the two in turn, print and return the ratio of each round's pair."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_web", "--child", "bare"]
    bare = subprocess.Popen(pinned(0, *command), stdout=subprocess.PIPE, text=True)
    assert bare.stdout is not None
    assert server.process is not None
    port, pid = int(bare.stdout.readline()), server.process.pid
    theirs, ours = [], []
    try:
        for _ in range(load.rounds):
            theirs.append(await asyncio.to_thread(measure, port, bare.pid, load))
            ours.append(await asyncio.to_thread(measure, server.port, pid, load))
    finally:
        bare.kill()
        bare.wait()
    pairs = list(zip(ours, theirs, strict=True))
    ratio = statistics.median(our.rate / their.rate for our, their in pairs)
    costs = statistics.median(their.cpu_us / our.cpu_us for our, their in pairs)
    print(
        f"{load.connections:>4} connections: "
        f"{statistics.median(our.rate for our in ours):6,.0f} durable pings/s at "
        f"{statistics.median(our.cpu_us for our in ours):3.0f} us, bare "
        f"{statistics.median(their.rate for their in theirs):6,.0f}/s at "
        f"{statistics.median(their.cpu_us for their in theirs):3.0f} us; ratio "
        f"{ratio:.2f}, by processor time {costs:.2f}; {resident_mb(pid):.0f} MB"
    )
    return ratio


def write_script(folder: Path, paths: list[str], *, close: bool) -> Path:
    """What wrk sends."""
    script = folder / "pings.lua"
    named = ", ".join(f'"{path}"' for path in paths)
    script.write_text(SCRIPT % (CLOSE if close else "", named))
    return script


async def main(jobs: int, given: argparse.Namespace) -> None:
    """Measure with so many jobs."""
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        environ = {"CRONITOR_SERVER__RATE_LIMIT": "0"}
        async with running(Path(folder), **environ) as server:
            assert server.process is not None
            keep_on_first_core(server.process.pid)
            paths = await make_jobs(server, jobs)
            script = write_script(Path(folder), paths, close=given.close)
            print(f"{jobs} jobs{', one connection each' if given.close else ''}")
            for count in given.connections:
                load = Load(script, given.rounds, given.seconds, count)
                await compare(server, load)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[20, 1000])
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--close", action="store_true")
    parser.add_argument("--folder", help="where to keep the data; else as ever")
    chosen = parser.parse_args()
    for each in chosen.jobs:
        asyncio.run(main(each, chosen))
