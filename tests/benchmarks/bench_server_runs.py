"""Runs through the whole server, beside what they would cost without one.

`python -m tests.benchmarks.bench_server_runs [--runs 1000] [--rounds 3]
[--megabytes 1000]`: from the due to the process and starts a second with all jobs due
at once, beside a bare `asyncio.create_subprocess_exec` loop; output throughput, beside
`cat` into a file; memory of server and supervisor for each run that goes on.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import SystemClock
from tests.acceptance import works
from tests.acceptance.server import Server
from tests.benchmarks.bench_pings import cpu_s
from tests.benchmarks.bench_runs import bare, into_file, memory_kb

#: between the last word of `apply` and the due, for each job
AHEAD_S = 0.008
LONG_S = 120.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of so many runs that were due at once."""

    #: from the due to the process, in milliseconds, in order
    waits_ms: list[float]
    #: from the due to the last process
    started_s: float
    #: from the due to the last outcome
    ended_s: float

    @property
    def rate(self) -> float:
        """Starts a second, counted from the due."""
        return len(self.waits_ms) / self.started_s


def jobs(count: int, schedule: str, command: str = '["/bin/true"]') -> str:
    """So many jobs of the same kind."""
    lines = f"kind = 'command'\ncommand = {command}\n{schedule}\n"
    return "\n".join(f"[[job]]\nslug = 'job-{n}'\n{lines}" for n in range(count))


async def let_be_due(server: Server, folder: Path, count: int) -> datetime:
    """Let so many jobs be due at the same second, which is soon."""
    # the first apply makes them, the second moves them to a moment that is near
    clock = SystemClock()
    began = clock.monotonic()
    await works.apply(folder, server, jobs(count, "on_calendar = '*-01-01 UTC'"))
    ahead = 2 * (clock.monotonic() - began) + AHEAD_S * count
    due = (clock.now() + timedelta(seconds=ahead)).replace(microsecond=0)
    await works.apply(
        folder, server, jobs(count, f"on_calendar = '{due:*-%m-%d %H:%M:%S} UTC'")
    )
    if clock.now() >= due:
        raise RuntimeError("the machine is too slow: the due came before the jobs")
    return due


async def outcomes(server: Server, count: int, due: datetime) -> Crowd:
    """Wait until all that was due then has ended."""
    due_us = round(due.timestamp() * 1e6)
    ended = f"FROM executions WHERE stage = 'ended' AND due_at = {due_us}"
    await works.until(
        lambda: server.rows(f"SELECT count(*) {ended}")[0][0] >= count, LONG_S
    )
    rows = server.rows(f"SELECT started_at, ended_at, ending {ended}")
    assert {row[2] for row in rows} == {"ok"}
    waits = sorted((row[0] - due_us) / 1000 for row in rows)
    last_us = max(row[1] for row in rows) - due_us
    return Crowd(waits, waits[-1] / 1000, last_us / 1e6)


async def crowd(server: Server, folder: Path, count: int) -> Crowd:
    """Both."""
    return await outcomes(server, count, await let_be_due(server, folder, count))


async def starts(server: Server, folder: Path, runs: int, rounds: int) -> None:
    """In turn, so that what else the machine does meets both alike."""
    crowds, plain = [], []
    for _ in range(rounds):
        plain.append((await bare(runs))[0])
        crowds.append(await crowd(server, folder, runs))
        marks = statistics.quantiles(crowds[-1].waits_ms, n=100)
        print(
            f"{runs} due at once: p50 {marks[49]:.0f} ms, p99 {marks[98]:.0f} ms,"
            f" {crowds[-1].rate:.0f} starts/s; bare {plain[-1]:.0f} starts/s"
            f" ({crowds[-1].rate / plain[-1]:.2f})"
        )
    ratios = [each.rate / rate for each, rate in zip(crowds, plain, strict=True)]
    print(f"starts: {statistics.median(ratios):.2f} of the rate of a bare loop")


async def throughput(server: Server, folder: Path, megabytes: int) -> None:
    """One child that writes as fast as it can, until its outcome is stored."""
    source = folder / "source"
    with source.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1 << 10) * (1 << 10))
    os.sync()
    await works.apply(folder, server, works.table("cat", f"exec cat {source}"))
    plain, ours = [], []
    clock = SystemClock()
    await into_file(source)
    for _ in range(3):
        plain.append(await into_file(source))
        began = clock.monotonic()
        await works.run(server, "cat")
        await works.newest(server, "cat", "ended")
        ours.append(clock.monotonic() - began)
    theirs, us = (megabytes / statistics.median(each) for each in (plain, ours))
    print(f"cat into a file {theirs:.0f} MB/s, as a run {us:.0f} ({us / theirs:.2f})")


async def memory(server: Server, folder: Path, runs: int) -> None:
    """Of both processes while so many runs go on and have said something."""
    assert server.process is not None
    pids = server.process.pid, await works.supervisor(server)
    before = [memory_kb(pid)[1] for pid in pids]
    command = '["/bin/sh", "-c", "echo something; exec sleep 600"]'
    await works.apply(
        folder, server, jobs(runs, "on_calendar = '*-01-01 UTC'", command)
    )
    for n in range(runs):
        await works.run(server, f"job-{n}")
    sql = "SELECT count(*) FROM executions WHERE stage = 'running'"
    await works.until(lambda: server.rows(sql)[0][0] >= runs, LONG_S)
    await asyncio.sleep(2)
    after = [memory_kb(pid)[1] for pid in pids]
    used = cpu_s(pids[0])
    await asyncio.sleep(10)
    share = (cpu_s(pids[0]) - used) / 10
    for name, was, now in zip(("server", "supervisor"), before, after, strict=True):
        print(f"{name}: {now} kB its own, {(now - was) / runs:.1f} kB a run")
    print(f"while {runs} runs go on the server takes {100 * share:.0f} % of a core")


async def main(runs: int, rounds: int, megabytes: int) -> None:
    """Measure all of it."""
    settings = {
        "CRONITOR_RUNS__MAX_PARALLEL": str(2 * runs),
        "CRONITOR_LOG__LEVEL": "warning",
        "CRONITOR_STORAGE__BACKUP_AT": "never",
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with works.at_work(folder, **settings) as server:
            await starts(server, folder, runs, rounds)
            await throughput(server, folder, megabytes)
            await memory(server, folder, runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1000)
    given = parser.parse_args()
    asyncio.run(main(given.runs, given.rounds, given.megabytes))
