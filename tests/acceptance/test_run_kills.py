"""Cronitor is killed again and again while two hundred of its runs go on."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.executors import processes, wire
from tests.acceptance import works
from tests.acceptance.server import POLL_S, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

JOBS = 200
ROUNDS = 5
#: how many go on when the server is killed, at least
GOING = 150
#: and how many have been wished since the last time
FRESH = 100
PATIENCE_S = 90.0


def jobs(book: Path, every: str) -> list[str]:
    """Each writes its slot into the book, and takes some seconds."""
    text = f"{works.MARKED.format(file=book)}; exec sleep $((3 + $$ % 4))"
    return [
        works.table(f"job-{n}", text, every=every, grace="1h", retries=3)
        for n in range(JOBS)
    ]


def going(server: Server) -> int:
    """Runs that go on, as far as the server knows."""
    sql = "SELECT count(*) FROM executions WHERE stage = 'running'"
    return int(server.rows(sql)[0][0])


def count(server: Server) -> int:
    """All runs that ever were."""
    return int(server.rows("SELECT count(*) FROM executions")[0][0])


def unended(server: Server) -> int:
    """Runs without an outcome."""
    return int(
        server.rows("SELECT count(*) FROM executions WHERE stage <> 'ended'")[0][0]
    )


async def test_kills_at_random_moments_repeat_nothing_and_lose_nothing(
    tmp_path: Path,
) -> None:
    seed = time.time_ns() % 1_000_000
    print(f"seed {seed}")
    chance = random.Random(seed)
    book = tmp_path / "book"
    settings = {"CRONITOR_RUNS__MAX_PARALLEL": "300"}
    async with works.at_work(tmp_path, **settings) as server:
        await works.apply(tmp_path, server, *jobs(book, "1s"))
        for _ in range(ROUNDS):
            await until_busy(server)
            await asyncio.sleep(chance.random() * 2)
            await server.kill()
            await asyncio.sleep(chance.random() * 4)
            await server.start()
        await until_busy(server)
        await works.apply(tmp_path, server, *jobs(book, "1d"))
        await works.until(lambda: not unended(server), PATIENCE_S)
        check_book(server, book)
        await until_nothing_is_left(server)
        assert "Traceback" not in server.output()


async def until_busy(server: Server) -> None:
    """Many go on, and many of them have begun since the start."""
    before = count(server)
    await works.until(
        lambda: going(server) >= GOING and count(server) >= before + FRESH, PATIENCE_S
    )


def check_book(server: Server, book: Path) -> None:
    """What has run is what the server knows, once each."""
    lines = [line.split() for line in book.read_text().splitlines()]
    slots = Counter((slug, due) for slug, due, _ in lines)
    assert [slot for slot, count in slots.items() if count > 1] == []
    ran = Counter(run_id for _, _, run_id in lines)
    assert [run_id for run_id, count in ran.items() if count > 1] == []
    known = server.rows("SELECT rid, ending, attempt FROM executions")
    assert {ending for _, ending, _ in known} == {"ok"}
    assert {attempt for _, _, attempt in known} == {1}
    assert {rid for rid, _, _ in known} == set(ran)
    assert len(known) >= ROUNDS * FRESH
    outcomes = dict(server.rows("SELECT outcome, count(*) FROM slots GROUP BY outcome"))
    # late: it waited for its turn when the schedule was changed at the end; skipped: it
    # was due in that very moment
    assert outcomes.keys() <= {"ok", "late", "skipped", "unknown"}, outcomes


async def until_nothing_is_left(server: Server) -> None:
    """No process of a run lives that nobody knows of."""
    outputs = str(server.data_dir / "runs" / wire.OUTPUTS)
    names = server.rows("SELECT job_id, key, attempt FROM executions")
    marks = {wire.mark(outputs, f"{job}-{key}-{n}") for job, key, n in names}
    async with asyncio.timeout(PATIENCE_S):
        while any(each.mark in marks for each in processes.everything().values()):
            await asyncio.sleep(POLL_S)
