"""More pings than can be stored: refused at once, and memory stays bounded."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.engine import pings
from bot.errors import Unavailable
from storage.database import Limits, Transaction
from tests.engine.house import House, house


def resident_mb() -> float:
    """Memory of this process now."""
    count = int(Path("/proc/self/statm").read_text().split()[1])
    return count * os.sysconf("SC_PAGESIZE") / 1e6


@asynccontextmanager
async def stuck(home: House) -> AsyncIterator[None]:
    """A store that stores nothing until the end of the block."""
    inside, leave = asyncio.Event(), asyncio.Event()

    async def unit(tx: Transaction) -> None:
        inside.set()
        await leave.wait()

    blocking = asyncio.create_task(home.db.write(unit))
    await inside.wait()
    try:
        yield
    finally:
        leave.set()
        await blocking


async def ping(home: House, body: bytes) -> str:
    try:
        return (await home.ping("backup", body=body)).answer
    except Unavailable:
        return "refused"


async def flood(home: House, count: int, body_bytes: int) -> tuple[int, Counter[str]]:
    """Ping a stuck store: how many were refused at once, and how all ended."""
    async with stuck(home):
        tasks = [
            asyncio.create_task(ping(home, os.urandom(body_bytes)))
            for _ in range(count)
        ]
        for _ in range(3):
            await asyncio.sleep(0)
        refused = sum(task.done() for task in tasks)
    return refused, Counter(await asyncio.gather(*tasks))


async def test_what_does_not_fit_into_the_queue_is_refused_at_once(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        await home.add("backup", every="1h")
        most = Limits().waiting
        refused, answers = await flood(home, most + 2_000, 100)
        assert refused == 2_000
        assert answers == {"ok": most, "refused": 2_000}
        # and everything is well afterwards
        assert await ping(home, b"") == "ok"


async def test_large_bodies_do_not_fill_the_memory(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.add("backup", every="1h")
        before = resident_mb()
        fits = pings.MOST_WAITING_BYTES // 100_000
        async with stuck(home):
            tasks = []
            for _ in range(5_000):
                tasks.append(asyncio.create_task(ping(home, os.urandom(100_000))))
                await asyncio.sleep(0)
            grown = resident_mb() - before
        answers = Counter(await asyncio.gather(*tasks))
        assert answers == {"ok": fits, "refused": 5_000 - fits}
        assert grown < 200, f"{grown} MB"
