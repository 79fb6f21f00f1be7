"""The clock jumps while runs go on: none is run twice, and a timeout is as long."""

import asyncio
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.executors import launching
from tests.acceptance import works
from tests.acceptance.server import Server
from tests.acceptance.test_blind_times import FAKED, blind, faked, set_clock

pytestmark = [pytest.mark.slow, FAKED]


async def supervise(server: Server) -> None:
    """With the server's own wrong clock; one that it starts has the right one."""
    names = ("LD_PRELOAD", "NO_FAKE_STAT")
    wanted = {
        name: value
        for name, value in server.environ.items()
        if name in names or name.startswith("FAKETIME")
    }
    await launching.launch(
        server.data_dir / "runs", release=version("cronitor-bot"), environ=wanted
    )


def lines(book: Path) -> list[str]:
    """The slots that have run."""
    return book.read_text().splitlines() if book.exists() else []


async def jumped(server: Server, clock: Path, offset: str, count: int) -> None:
    """Let the clock jump, and see that noticed."""
    set_clock(clock, offset)
    await works.until(lambda: len(blind(server)) >= count)


async def test_no_due_is_run_twice_and_timeouts_are_as_long(tmp_path: Path) -> None:
    book = tmp_path / "book"
    async with faked(tmp_path, "+0s") as (server, clock):
        await supervise(server)
        try:
            await works.apply(
                tmp_path,
                server,
                works.table(
                    "often",
                    works.MARKED.format(file=book),
                    cron="* * * * *",
                    grace="1h",
                ),
                works.table("long", "echo begun; exec sleep 600", timeout="1h"),
                works.table("short", "echo begun; exec sleep 600", timeout="4s"),
            )
            await works.run(server, "long")
            await works.said(server, "long", "begun")
            # three hours ahead: the newest of the dues that have passed is run
            await jumped(server, clock, "+3h", 1)
            await works.until(lambda: lines(book))
            await works.run(server, "short")
            await works.said(server, "short", "begun")
            # and back: all that was due then has been seen to
            set_clock(clock, "+0s")
            short = await works.newest(server, "short")
            assert short["end"] == "timeout"
            assert 0 <= short["duration"] < 600
            before = len(lines(book))
            await asyncio.sleep(2)
            assert len(lines(book)) == before
            # ahead again, and a little more: what is due since then is run
            set_clock(clock, "+10920s")
            await works.until(lambda: len(lines(book)) > before)
            check_dues(server, book)
            # an hour is an hour: three by the clock have not ended it
            long = await works.newest(server, "long", "running")
            await server.post("/v1/jobs/long/cancel")
            long = await works.newest(server, "long")
            assert (long["end"], long["attempt"]) == ("cancelled", 1)
            assert "Traceback" not in server.output()
        finally:
            await server.kill()
            await works.clear(server)


def check_dues(server: Server, book: Path) -> None:
    """Each due was run once, and ended well."""
    slots = Counter(line.split()[1] for line in lines(book))
    assert set(slots.values()) == {1}
    sql = """SELECT e.due_at, count(*) FROM executions e
             JOIN jobs j ON j.id = e.job_id WHERE j.slug = 'often'
             GROUP BY e.due_at HAVING count(*) > 1"""
    assert server.rows(sql) == []
