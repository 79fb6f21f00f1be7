"""From a deadline to the incident in the store and in the log, with the real process.

`python -m tests.benchmarks.bench_deadlines [--single 30] [--together 1000]`
"""

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

import aiohttp

from tests.acceptance.server import Server, running

#: in milliseconds after the deadline: judged, and told by the log (after the commit)
DELAYS = """SELECT (n.at - i.opened_at) / 1000.0,
        (d.delivered_at - i.opened_at) / 1000.0
    FROM incidents i JOIN notifications n ON n.incident_id = i.id
    JOIN deliveries d ON d.notification_id = n.id
    WHERE n.kind = 'opened' AND d.channel = 'log' AND d.delivered_at IS NOT NULL"""


def tables(count: int, deadline_s: float) -> list[dict[str, object]]:
    """Jobs that miss for the first time so long after they were made."""
    return [
        {
            "slug": f"job-{n}",
            # many of one node would be told as one storm
            "node": f"node-{n}",
            "every": f"{deadline_s:g}s",
            "grace": "0s",
            "strict_start": True,
        }
        for n in range(count)
    ]


async def apply(server: Server, declared: list[dict[str, object]]) -> None:
    """Make jobs in one transaction, so that they fall due together."""
    connector = aiohttp.UnixConnector(str(server.data_dir / "cronitor.sock"))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post("http://local/v1/apply", json={"jobs": declared}) as response,
    ):
        assert response.status == 200, await response.text()


async def measure(
    folder: Path, rounds: int, together: int
) -> list[tuple[float, float]]:
    """Delays of so many rounds of so many jobs that miss at the same moment."""
    async with running(folder) as server:
        for number in range(rounds):
            declared = tables(together, 2.0 + number / 1000)
            for table in declared:
                table["slug"] = f"{table['slug']}-{number}"
                table["node"] = f"{table['node']}-{number}"
            await apply(server, declared)
            while len(server.rows(DELAYS)) < (number + 1) * together:
                await asyncio.sleep(0.25)
        return [(row[0], row[1]) for row in server.rows(DELAYS)]


def report(name: str, found: list[tuple[float, float]]) -> None:
    """How long it took until a miss was judged, and until it was told."""
    summary(f"{name}, judged", sorted(judged for judged, _ in found))
    summary(f"{name}, told", sorted(told for _, told in found))


def summary(name: str, delays: list[float]) -> None:
    """Median, p99, first and last, in milliseconds."""
    p99 = delays[min(len(delays) - 1, round(len(delays) * 0.99))]
    print(
        f"{name}: {len(delays)} delays, median {statistics.median(delays):.1f} ms, "
        f"p99 {p99:.1f} ms, first {delays[0]:.1f} ms, last {delays[-1]:.1f} ms",
        flush=True,
    )


async def main(single: int, together: int) -> None:
    """One job at a time, then many at once."""
    with tempfile.TemporaryDirectory() as folder:
        report("one at a time", await measure(Path(folder), single, 1))
    with tempfile.TemporaryDirectory() as folder:
        report(f"{together} at once", await measure(Path(folder), 1, together))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--single", type=int, default=30)
    parser.add_argument("--together", type=int, default=1000)
    given = parser.parse_args()
    asyncio.run(main(given.single, given.together))
