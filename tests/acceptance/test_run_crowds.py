"""A thousand jobs are due in the same second."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.acceptance import works
from tests.acceptance.server import PATIENCE_S, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

JOBS = 1000
PLACES = 50
#: every hundredth is more urgent than the others
URGENT = 100
#: how long all of it may take on a slow and busy machine
LONG_S = 150.0


def soon() -> datetime:
    """A second, far enough to make all jobs before it."""
    return (SystemClock().now() + timedelta(seconds=40)).replace(microsecond=0)


def jobs(book: Path, due: datetime) -> list[str]:
    """Each runs at that second, and writes its slot into the book."""
    calendar = f"{due:*-%m-%d %H:%M:%S} UTC"
    text = works.MARKED.format(file=book)
    return [
        works.table(
            f"job-{n}",
            text,
            on_calendar=calendar,
            grace="1h",
            priority=0 if n % URGENT else 100,
        )
        for n in range(JOBS)
    ]


async def test_a_thousand_run_once_each_and_the_urgent_ones_first(
    tmp_path: Path,
) -> None:
    book, go = tmp_path / "book", tmp_path / "go"
    holds = works.table(
        "holds",
        f"while [ ! -e {go} ]; do sleep 0.5; done",
        overlap="allow",
        max_parallel=PLACES,
    )
    settings = {"CRONITOR_RUNS__MAX_PARALLEL": str(PLACES)}
    async with works.at_work(tmp_path, **settings) as server:
        due = soon()
        await works.apply(tmp_path, server, holds, *jobs(book, due))
        assert SystemClock().now() < due, "the machine is too slow for this test"
        for _ in range(PLACES):
            await server.post("/v1/jobs/holds/run")
        # no place is free, so all of them wait
        await works.until(lambda: waiting(server) == JOBS, LONG_S)
        assert not book.exists()
        assert await wait_count(server) == PLACES
        go.touch()
        await works.until(lambda: not waiting(server), LONG_S)
        await works.until(lambda: going(server) == 0, LONG_S)
        check(server, book, due)
        assert await server.incidents() == []
        assert "Traceback" not in server.output()


def waiting(server: Server) -> int:
    """Runs that wait for a place."""
    sql = "SELECT count(*) FROM executions WHERE stage = 'waiting'"
    return int(server.rows(sql)[0][0])


def going(server: Server) -> int:
    """Runs that go on."""
    sql = "SELECT count(*) FROM executions WHERE stage IN ('starting', 'running')"
    return int(server.rows(sql)[0][0])


async def wait_count(server: Server) -> int:
    """How many go on when all have begun."""
    async with asyncio.timeout(PATIENCE_S):
        while going(server) < PLACES:
            await asyncio.sleep(0.1)
    return going(server)


def check(server: Server, book: Path, due: datetime) -> None:
    """All of them, once, the urgent ones before the others."""
    lines = [line.split() for line in book.read_text().splitlines()]
    assert len(lines) == JOBS
    assert len({slug for slug, _, _ in lines}) == JOBS
    assert {datetime.fromisoformat(at).astimezone(UTC) for _, at, _ in lines} == {due}
    sql = """SELECT j.slug, e.ending, e.priority FROM executions e
             JOIN jobs j ON j.id = e.job_id WHERE j.slug <> 'holds'
             ORDER BY e.started_at"""
    rows = server.rows(sql)
    assert Counter(ending for _, ending, _ in rows) == {"ok": JOBS}
    assert [p for _, _, p in rows[:10]] == [100] * 10
    outcomes = server.rows("SELECT outcome, count(*) FROM slots GROUP BY outcome")
    assert outcomes == [("ok", JOBS)]
