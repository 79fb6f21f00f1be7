"""What a picture costs: its size, its time, and the memory of both processes.

`python -m tests.benchmarks.bench_pictures [--rounds 5]`: every sort of day and job,
drawn as the server has it drawn, while something looks every millisecond whether the
event loop still answers.
"""

import argparse
import asyncio
import os
import resource
import statistics
import time

from bot.core import day_grids, job_charts
from bot.core.drawings import Drawing
from bot.reports import pictures
from tests.benchmarks.bench_pings import resident_mb
from tests.reports import scenes

#: what others make of the machine, before anything is drawn
_REST_S = 20


def drawings() -> dict[str, Drawing]:
    """One of each sort."""
    days: dict[str, Drawing] = {
        name: day_grids.of_report(make()) for name, make in scenes.REPORTS.items()
    }
    jobs = {f"job, {n} days": job_charts.chart(scenes.job(n)) for n in (30, 90)}
    return days | jobs


async def _longest_ms(stop: asyncio.Event) -> float:
    """The longest time in which the loop did not come back."""
    longest = 0.0
    while not stop.is_set():
        at = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - at - 0.001)
    return longest * 1000


async def measure(rounds: int) -> None:
    """Print a line for each drawing."""
    before, stop, idle = resident_mb(os.getpid()), asyncio.Event(), asyncio.Event()
    resting = asyncio.create_task(_longest_ms(idle))
    await asyncio.sleep(_REST_S)
    idle.set()
    looking = asyncio.create_task(_longest_ms(stop))
    print("drawing          kB    s (median)   s of processor")
    for name, drawing in drawings().items():
        times: list[float] = []
        used = _processor_s()
        for _ in range(rounds):
            pictures.forget()
            at = time.perf_counter()
            png = await pictures.draw(drawing)
            times.append(time.perf_counter() - at)
        used = (_processor_s() - used) / rounds
        median = statistics.median(times)
        print(f"{name:14} {len(png) / 1000:5.0f} {median:13.2f} {used:15.2f}")
    stop.set()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    after = resident_mb(os.getpid())
    print(f"peak of the process that draws: {peak:.0f} MB")
    print(f"the one that asks: {before:.1f} MB before, {after:.1f} MB after")
    print(f"its loop stood still for {await looking:.0f} ms at the most")
    print(f"and in {_REST_S} s with nothing to do for {await resting:.0f} ms")


def _processor_s() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(measure(parser.parse_args().rounds))
