"""How long pings take while a backup is made, against a quiet time.

`python -m tests.benchmarks.bench_backup [--megabytes 200] [--rate 200]`. Pings come at
a fixed rate, over connections that are kept open, and are timed from the moment at
which they should have been sent.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import aiohttp

from tests.acceptance.server import Server, running

BODY_BYTES = 20_000


def fill(server: Server, megabytes: int) -> None:
    """Pings with large bodies, put in while nobody uses the database."""
    path = server.data_dir / "cronitor.db"
    count = megabytes * 1_000_000 // BODY_BYTES
    with sqlite3.connect(path) as db:
        (job_id,) = db.execute("SELECT id FROM jobs").fetchone()
        db.executemany(
            """INSERT INTO pings (job_id, at, kind, said, method, source, address,
                   agent, body, body_size)
               VALUES (?, ?, 'success', 'success', 'GET', 'http', '', '', ?, ?)""",
            (
                (job_id, 1_790_000_000_000_000 + n, bytes(BODY_BYTES), BODY_BYTES)
                for n in range(count)
            ),
        )
    db.close()


async def ping_at(
    session: aiohttp.ClientSession,
    urls: Sequence[str],
    *,
    rate: int,
    until: asyncio.Event,
) -> list[float]:
    """Latencies in ms of pings that are sent to these in turn, at a fixed rate."""
    latencies: list[float] = []
    tasks: set[asyncio.Task[None]] = set()
    turns = cycle(urls)

    async def one(due: float) -> None:
        async with session.post(next(turns), data=b"done in 12 s") as response:
            assert response.status == 200, response.status
        latencies.append((time.perf_counter() - due) * 1000)

    due = time.perf_counter()
    while not until.is_set():
        due += 1 / rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        task = asyncio.create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return latencies


def shown(name: str, latencies: list[float]) -> str:
    """The usual marks of a distribution."""
    marks = statistics.quantiles(latencies, n=1000)
    return (
        f"{name:<16} {len(latencies):>6} pings: median {marks[499]:.1f} ms, "
        f"p99 {marks[989]:.1f} ms, p99.9 {marks[998]:.1f} ms, "
        f"longest {max(latencies):.0f} ms"
    )


async def main(megabytes: int, rate: int, seconds: float, rounds: int) -> None:
    """Measure both in turn."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "CRONITOR_SERVER__RATE_LIMIT": "0",
            "CRONITOR_STORAGE__BACKUP_AT": "never",
        }
        async with running(Path(folder), **environ) as server:
            job = await server.add("busy", "--every", "1h")
            await server.stop()
            fill(server, megabytes)
            await server.start()
            await measure_all(server, job["ping_url"], rate, seconds, rounds=rounds)


async def measure_all(
    server: Server, url: str, rate: int, seconds: float, *, rounds: int
) -> None:
    """Both, so many times."""
    async with aiohttp.ClientSession() as session:
        for _ in range(rounds):
            await measure(server, session, url, rate, seconds)


async def measure(
    server: Server,
    session: aiohttp.ClientSession,
    url: str,
    rate: int,
    seconds: float,
) -> None:
    """One quiet time, and one backup."""
    quiet = asyncio.Event()
    pinging = asyncio.create_task(ping_at(session, [url], rate=rate, until=quiet))
    await asyncio.sleep(seconds)
    quiet.set()
    print(shown("quiet", await pinging))
    done = asyncio.Event()
    pinging = asyncio.create_task(ping_at(session, [url], rate=rate, until=done))
    target = server.data_dir.parent / "copy.db"
    began = time.perf_counter()
    connector = aiohttp.UnixConnector(str(server.data_dir / "cronitor.sock"))
    async with (
        aiohttp.ClientSession(connector=connector) as local,
        local.post("http://local/v1/backup", json={"path": str(target)}) as response,
    ):
        assert response.status == 200, await response.text()
    took = time.perf_counter() - began
    done.set()
    print(shown("during a backup", await pinging))
    print(f"the backup of {target.stat().st_size / 1e6:.0f} MB took {took:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(main(given.megabytes, given.rate, given.seconds, given.rounds))
