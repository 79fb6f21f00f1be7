"""What drift costs in a large store: `python -m tests.benchmarks.bench_drift`.

All jobs alert. It prints the first pass (every habit is learnt), one in which nothing
is new, one in which a hundred jobs have reported, and `job show` of a busy job.
"""

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.engine.loop import Loop
from tests.benchmarks.stores import S, add_jobs
from tests.engine.house import House, house
from tests.fakes import FakeClock

DAY_US = 86_400 * S


def add_runs(path: Path, count: int, *, busy: int) -> None:
    """So many runs of all jobs in turn over thirty days, and a job with `busy` more."""
    rng, now = random.Random(8), int(time.time() * S)
    with closing(sqlite3.connect(path)) as db, db:
        ids = [row[0] for row in db.execute("SELECT id FROM jobs ORDER BY id")]
        step = 30 * DAY_US // count
        rows = [(ids[n % len(ids)], now - (count - n) * step) for n in range(count)]
        rows += [(ids[-1], now - n * 300 * S) for n in range(1, busy + 1)]
        db.executemany(
            """INSERT INTO runs (job_id, started_at, deadline_at, due_at, ended_at,
                   outcome)
               VALUES (?1, ?2, ?2 + 3600000000, ?2 - 2000000, ?2 + ?3, 'ok')""",
            ((*row, int(rng.gauss(300, 20) * S)) for row in rows),
        )


async def passed(here: House, loop: Loop, words: str) -> None:
    """Let the next pass begin, and see how long it takes and what it holds up."""
    here.clock.advance(here.clock.LOOKS_EVERY * 4)
    steps, longest, began = 0, 0.0, time.perf_counter()
    more = True
    while more:
        at = time.perf_counter()
        more = await loop.step()
        longest = max(longest, time.perf_counter() - at)
        steps += 1
    took = time.perf_counter() - began
    print(f"{words}: {took:.2f} s, {steps} steps, the longest {longest * 1000:.0f} ms")


async def measure(folder: Path, jobs: int, runs: int) -> None:
    """Fill a store, and print what its passes take."""
    clock, path = FakeClock(datetime.now(UTC)), folder / "cronitor.db"
    async with house(folder, clock=clock) as here:
        await here.add("job-0", every="1d", alert_on_drift=True)
    add_jobs(path, jobs)
    add_runs(path, runs, busy=100_000)
    async with house(folder, clock=clock) as here:
        loop = next(each for each in here.engine.loops if each.name == "drifts")
        await passed(here, loop, f"{jobs} habits of {runs} runs")
        await passed(here, loop, "nothing new")
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE job_states SET ping_count = 2 WHERE job_id % 100 = 7")
        await passed(here, loop, "a hundredth has reported")
        at = time.perf_counter()
        await here.job(f"many-{jobs - 1}")
        print(f"job show, 100,000 runs: {(time.perf_counter() - at) * 1000:.0f} ms")


def main() -> None:
    """Measure a store in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options.jobs, options.runs))


if __name__ == "__main__":
    main()
