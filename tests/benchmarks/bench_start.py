"""From `cronitor up` on an empty directory to the first answered ping; memory.

`python -m tests.benchmarks.bench_start [--rounds 5]`; the ping is of a job that is made
by its first ping (`?create=1`), sent again and again until it is answered.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp

from tests.acceptance.server import Server
from tests.benchmarks.bench_pings import resident_mb

KEY = "a-ping-key-of-the-benchmark"


async def once(folder: Path) -> tuple[float, float]:
    """Seconds, and megabytes after the first ping."""
    server = Server(folder, CRONITOR_API__PING_KEY=KEY)
    url = f"{server.url}/ping/{KEY}/first?create=1"
    began = time.perf_counter()
    await server.start(ready=False)
    async with aiohttp.ClientSession() as session:
        while not await is_answered(session, url):
            await asyncio.sleep(0.005)
    took = time.perf_counter() - began
    assert server.process is not None
    memory = resident_mb(server.process.pid)
    await server.stop()
    return took, memory


async def is_answered(session: aiohttp.ClientSession, url: str) -> bool:
    """Whether somebody listens and has taken the ping."""
    try:
        async with session.get(url) as response:
            return response.status in (200, 201)
    except aiohttp.ClientError:
        return False


async def main(rounds: int) -> None:
    """Measure a few times."""
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            found.append(await once(Path(folder)))
    took = [seconds for seconds, _ in found]
    print(
        f"start to first answered ping: median {statistics.median(took):.2f} s, "
        f"best {min(took):.2f} s; {statistics.median(m for _, m in found):.0f} MB"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(main(parser.parse_args().rounds))
