"""What the report of a day costs: its time, its memory, and who is held up by it.

`python -m tests.benchmarks.bench_reports [--jobs 10000] [--runs 1000000] [--days 1]`:
makes a store in which so many runs are spread over the last days, today among them,
and has the report of today made while something looks every millisecond whether the
event loop still answers.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core import periods, summary_views
from bot.core.jobs import as_table
from bot.core.kinds import ScheduleKind
from bot.core.models import Definition, Schedule
from bot.core.summaries import Lateness, Report
from bot.engine.report_facts import Gatherer
from storage.database import Database
from tests.benchmarks.bench_pings import resident_mb
from tests.databases import opened

S = 1_000_000
#: of a thousand runs so many end badly
BAD = 5


def fill(path: Path, now: datetime, *, jobs: int, runs: int, days: int) -> None:
    """Jobs with as many runs each, every one with its slot; some are down."""
    length = days * 86_400 * S
    begins = int(now.timestamp()) * S - length
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA cache_size = -400000")
        add_jobs(db, jobs, begins, due=begins + length + 1800 * S)
        add_runs(db, jobs, runs // jobs, begins, length)
        db.execute(
            """INSERT INTO incidents (job_id, kind, status, severity, opened_at,
                   updated_at, revision, count, last_bad_at)
               SELECT id, 'failed', 'open', 'warning', :at, :at, 1, 1, :at
               FROM jobs WHERE id % 50 = 0""",
            {"at": begins + length - 3600 * S},
        )


def add_jobs(db: sqlite3.Connection, jobs: int, begins: int, *, due: int) -> None:
    """So many that run every hour."""
    schedule = Schedule(kind=ScheduleKind.INTERVAL, interval=timedelta(hours=1))
    definition = as_table(Definition(slug="x", schedule=schedule))
    db.executemany(
        """INSERT INTO jobs (id, uuid, slug, kind, definition, created_at)
           VALUES (?, ?, ?, 'heartbeat', ?, ?)""",
        (
            (
                n,
                f"00000000-0000-4000-8000-{n:012}",
                f"many-{n}",
                json.dumps(definition | {"slug": f"many-{n}"}),
                begins,
            )
            for n in range(1, jobs + 1)
        ),
    )
    db.execute(
        """INSERT INTO job_states (job_id, status, due_at, ping_count)
           SELECT id, 'up', :due, 1 FROM jobs""",
        {"due": due},
    )


def add_runs(
    db: sqlite3.Connection, jobs: int, each: int, begins: int, length: int
) -> None:
    """As they come in: by time, not by job."""
    draw = random.Random(1)  # a benchmark's data, no secret
    rows = [
        (
            job,
            begins + (2 * n + 1) * length // (2 * each),
            draw.randint(20, 60) * S,
            "failed" if draw.randrange(1000) < BAD else "ok",
        )
        for job in range(1, jobs + 1)
        for n in range(each)
    ]
    rows.sort(key=lambda row: row[1])
    db.executemany(
        """INSERT INTO runs (job_id, started_at, due_at, ended_at, outcome)
           VALUES (?1, ?2, ?2 - 5000000, ?2 + ?3, ?4)""",
        rows,
    )
    db.executemany(
        """INSERT INTO slots (job_id, due_at, outcome, decided_at)
           VALUES (?1, ?2 - 5000000, ?4, ?2 + ?3)""",
        rows,
    )


def elsewhere(*args: object, **kwargs: object) -> None:
    """Fill it in a process of its own, whose memory is no part of ours."""
    filling = multiprocessing.get_context("spawn").Process(
        target=fill, args=args, kwargs=kwargs
    )
    filling.start()
    filling.join()
    assert filling.exitcode == 0


@asynccontextmanager
async def watched() -> AsyncIterator[tuple[list[float], list[float]]]:
    """Seconds that the loop answered later than asked, every millisecond; and MB."""
    late: list[float] = []
    memory: list[float] = []

    async def look() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - began - 0.001)
            if len(late) % 50 == 0:
                memory.append(resident_mb(os.getpid()))

    looking = asyncio.create_task(look())
    await asyncio.sleep(0.05)
    late.clear()
    try:
        yield late, memory
    finally:
        looking.cancel()


async def make(db: Database, now: datetime) -> Report:
    """The report of today."""
    period = periods.day(now.date(), "UTC")
    return await Gatherer(db, period, Lateness(written_at=now)).gather()


def say(what: str, late: list[float]) -> None:
    """How late, in milliseconds."""
    ordered = sorted(late)
    share = [ordered[len(ordered) * n // 1000] * 1000 for n in (500, 990, 999)]
    print(
        f"{what}: {share[0]:.2f} ms in the middle, {share[1]:.1f} in 99 of 100 looks, "
        f"{share[2]:.1f} in 999 of 1000, {ordered[-1] * 1000:.1f} at most"
    )


async def main(jobs: int, runs: int, days: int) -> None:
    """Build the store, and measure."""
    now = datetime.now(UTC).replace(hour=23, minute=59)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cronitor.db"
        async with opened(path):
            pass
        elsewhere(path, now, jobs=jobs, runs=runs, days=days)
        async with opened(path) as db:
            # what is loaded once is no part of it
            await make(db, now - timedelta(days=400))
            before = resident_mb(os.getpid())
            async with watched() as (late, memory):
                began, spent = time.perf_counter(), time.process_time()
                report = await make(db, now)
                took = time.perf_counter() - began
                spent = time.process_time() - spent
            view = summary_views.report_view(report)
            print(f"{jobs} jobs, {runs} runs over {days} days: {view['headline']}")
            print(
                f"{took:.1f} s, {spent:.1f} s of processor time; "
                f"{max(memory) - before:.0f} MB more at its peak ({max(memory):.0f} MB)"
            )
            say("the loop was late", late)
            async with watched() as (late, _):
                await asyncio.sleep(took)
            say("for as long without a report", late)
            text = json.dumps(view, separators=(",", ":"))
            print(f"{len(text) / 1000:.0f} kB of JSON")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=1)
    asyncio.run(main(**vars(parser.parse_args())))
