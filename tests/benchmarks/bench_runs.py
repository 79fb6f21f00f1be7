"""Runs through the supervisor, beside what they would cost without one.

`python -m tests.benchmarks.bench_runs [--runs 1000] [--rounds 3] [--megabytes 1000]`:
starts a second with all orders at once, beside a bare `asyncio.create_subprocess_exec`
loop; latency one at a time; output throughput, beside `cat` into a file; memory.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from bot.clock import SystemClock
from bot.executors import connections
from bot.executors.base import Order, Started, State
from bot.executors.local import LocalExecutor

ENV = (("PATH", "/usr/bin:/bin"),)
TRUE = ("/bin/true",)


async def bare(runs: int, pipe: int | None = None) -> tuple[float, float]:
    """Starts a second of the loop that one would write, and ends a second."""
    began = time.perf_counter()
    made = [
        await asyncio.create_subprocess_exec(
            *TRUE, env=dict(ENV), stdout=pipe, stderr=pipe
        )
        for _ in range(runs)
    ]
    started = time.perf_counter()
    await asyncio.gather(*(each.communicate() for each in made))
    return runs / (started - began), runs / (time.perf_counter() - began)


async def supervised(executor: LocalExecutor, runs: int) -> tuple[float, float]:
    """The same through the supervisor, which keeps output and exit codes."""
    orders = [Order(id=f"n{n}", argv=TRUE, env=ENV) for n in range(runs)]
    events = executor.events()
    await anext(events)
    began = time.perf_counter()
    answers = await executor.start(orders)
    started = time.perf_counter()
    assert all(isinstance(answer, Started) for answer in answers)
    while any(x.state is not State.ENDED for x in await executor.reports()):
        await asyncio.sleep(0.005)
    ended = time.perf_counter()
    await executor.forget([order.id for order in orders])
    return runs / (started - began), runs / (ended - began)


async def rates(executor: LocalExecutor, runs: int, rounds: int) -> None:
    """In turn, so that what else the machine does meets all alike."""
    ways: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        ways.setdefault("bare", []).append(await bare(runs))
        piped = await bare(runs, asyncio.subprocess.PIPE)
        ways.setdefault("bare, with pipes", []).append(piped)
        ways.setdefault("supervisor", []).append(await supervised(executor, runs))
    shown: dict[str, tuple[float, float]] = {}
    for name, measured in ways.items():
        starts, ends = (statistics.median(x) for x in zip(*measured, strict=True))
        shown[name] = starts, ends
        print(
            f"{name:<18} {starts:6.0f} starts/s ({starts / shown['bare'][0]:.2f}),"
            f" {ends:6.0f} ends/s ({ends / shown['bare'][1]:.2f})"
        )


async def latency(executor: LocalExecutor, runs: int) -> None:
    """From the call to the process, one after the other."""

    async def one(n: int) -> None:
        await executor.start([Order(id=f"l{n}", argv=TRUE, env=ENV)])

    async def plain(_: int) -> None:
        made = await asyncio.create_subprocess_exec(*TRUE, env=dict(ENV))
        waits.append(made)

    waits: list[asyncio.subprocess.Process] = []
    for name, start in (("bare", plain), ("supervisor", one)):
        took = []
        for n in range(runs):
            began = time.perf_counter()
            await start(n)
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.005)
        marks = statistics.quantiles(took, n=100)
        print(f"{name:<18} start: p50 {marks[49]:.2f} ms, p99 {marks[98]:.2f} ms")
    for each in waits:
        await each.wait()


async def throughput(executor: LocalExecutor, folder: Path, megabytes: int) -> None:
    """One child that writes as fast as it can."""
    source = folder / "source"
    with source.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1 << 10) * (1 << 10))
    os.sync()
    plainly: list[float] = []
    ways: dict[str, list[float]] = {"supervisor": [], "with a mask": []}
    await into_file(source)
    for n in range(3):
        plainly.append(await into_file(source))
        ways["supervisor"].append(await supervise(executor, f"c{n}", source))
        masks = (b"a-secret-as-they-are-usually-made",)
        ways["with a mask"].append(await supervise(executor, f"d{n}", source, masks))
    plain = megabytes / statistics.median(plainly)
    print(f"cat into a file    {plain:6.0f} MB/s")
    for name, took in ways.items():
        rate = megabytes / statistics.median(took)
        print(f"cat, {name:<13} {rate:6.0f} MB/s ({rate / plain:.2f})")


async def into_file(source: Path) -> float:
    """Seconds that a shell takes."""
    copy = source.with_name("copy")
    began = time.perf_counter()
    made = await asyncio.create_subprocess_shell(f"cat {source} > {copy}")
    await made.wait()
    took = time.perf_counter() - began
    copy.unlink()
    return took


async def supervise(
    executor: LocalExecutor, name: str, source: Path, masks: tuple[bytes, ...] = ()
) -> float:
    """Seconds that the same takes as a run."""
    began = time.perf_counter()
    order = Order(id=name, argv=("cat", str(source)), env=ENV, masks=masks)
    await executor.start([order])
    async for _ in executor.follow(name):
        pass
    return time.perf_counter() - began


def memory_kb(pid: int) -> tuple[int, int]:
    """Resident, and of that its own."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = dict(line.split(":") for line in rollup.splitlines()[1:])
    own = int(found["Private_Dirty"].split()[0]) + int(
        found["Private_Clean"].split()[0]
    )
    return int(found["Rss"].split()[0]), own


async def memory(executor: LocalExecutor, pid: int, runs: int) -> None:
    """Of the supervisor while so many jobs run and have said something."""
    before, own_before = memory_kb(pid)
    print(f"supervisor         {before} kB resident, {own_before} kB its own")
    text = "echo something; exec sleep 600"
    orders = [Order(id=f"m{n}", argv=(text,), shell=True, env=ENV) for n in range(runs)]
    await executor.start(orders)
    await asyncio.sleep(1)
    resident, own = memory_kb(pid)
    print(
        f"with {runs} runs     {resident} kB resident, {own} kB its own:"
        f" {(own - own_before) / runs:.1f} kB a run"
    )
    await executor.cancel([order.id for order in orders], grace_s=5)
    while any(x.state is not State.ENDED for x in await executor.reports()):
        await asyncio.sleep(0.05)


async def main(runs: int, rounds: int, megabytes: int) -> None:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        executor = LocalExecutor(folder / "runs", release="bench", clock=SystemClock())
        running = asyncio.create_task(executor.run())
        await executor.reports()
        connection = await connections.connect(folder / "runs")
        await connection.close()
        pid = connection.greeting["pid"]
        await memory(executor, pid, runs)
        await rates(executor, runs, rounds)
        await latency(executor, 300)
        await throughput(executor, folder, megabytes)
        await executor.quit()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1000)
    given = parser.parse_args()
    asyncio.run(main(given.runs, given.rounds, given.megabytes))
