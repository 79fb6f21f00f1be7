"""How fast the writer commits; run it by hand: python -m tests.benchmarks.bench_writer.

Prints one line for each case: what was done, by how many callers at once, how many a
second, and how much of one core that took.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.clock import SystemClock
from storage.database import Database, Durability, Transaction

SCHEMA = "CREATE TABLE rows (id INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
INSERT = "INSERT INTO rows (value) VALUES (?)"

Worker = Callable[[int], Awaitable[object]]


async def insert(tx: Transaction) -> None:
    """The smallest unit that stores something."""
    await tx.execute(INSERT, (1,))


async def refuse(tx: Transaction) -> None:
    """A unit that stores something and then finds a reason not to."""
    await tx.execute(INSERT, (1,))
    raise LookupError


async def insert_all(tx: Transaction, items: list[int]) -> list[int]:
    """The smallest handler of a batch."""
    await tx.executemany(INSERT, [(item,) for item in items])
    return items


async def write_one(database: Database, number: int) -> None:
    """One ordinary unit."""
    await database.write(insert)


async def write_mixed(database: Database, number: int) -> None:
    """One ordinary unit; every tenth is refused by its own rule."""
    if number % 10:
        await database.write(insert)
        return
    try:
        await database.write(refuse)
    except LookupError:
        return


async def measure(
    database: Database, name: str, work: Worker, *, callers: int, seconds: float
) -> None:
    """Let `callers` tasks do `work` over and over, and print how often they could."""
    done = 0
    ends_at = time.perf_counter() + seconds

    async def caller(number: int) -> None:
        nonlocal done
        while time.perf_counter() < ends_at:
            await work(number)
            number += callers
            done += 1

    started_at, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller(number) for number in range(callers)))
    took, cpu = time.perf_counter() - started_at, time.process_time() - cpu
    print(f"{name:34} {callers:3} callers {done / took:9,.0f}/s  cpu {cpu / took:4.0%}")


async def fsync_ms(folder: Path) -> float:
    """What one write and fsync costs here: the floor of a commit."""
    with (folder / "probe").open("wb", buffering=0) as file:
        started_at = time.perf_counter()
        for _ in range(500):
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
        return (time.perf_counter() - started_at) * 2


async def main(durability: Durability, seconds: float) -> None:
    """Run every case on one database in a temporary directory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "0001_rows.sql").write_text(SCHEMA)
        print(f"write + fsync of a page: {await fsync_ms(folder):.3f} ms")
        database = await Database.open(
            folder / "cronitor.db",
            clock=SystemClock(),
            durability=durability,
            migrations=folder,
        )
        running = asyncio.create_task(database.run())
        submit = database.batch(insert_all)

        async def one(number: int) -> None:
            await write_one(database, number)

        async def mixed(number: int) -> None:
            await write_mixed(database, number)

        for callers in (1, 64):
            for title, work in (("write", one), ("write, 1 of 10 refused", mixed)):
                await measure(database, title, work, callers=callers, seconds=seconds)
        for callers in (1, 64, 512):
            await measure(database, "batch", submit, callers=callers, seconds=seconds)
        await database.close()
        await running


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--durability", choices=["full", "normal"], default="full")
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.durability, chosen.seconds))
