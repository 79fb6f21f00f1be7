"""What a real process cannot see: killed, stopped, held up, or by a wrong clock."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.acceptance.server import PATIENCE_S, POLL_S, Server, running

LIBFAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
FAKED = pytest.mark.skipif(
    LIBFAKETIME is None or shutil.which("faketime") is None,
    reason="the package faketime is not installed",
)


@asynccontextmanager
async def pinging(urls: list[str], every_s: float) -> AsyncIterator[None]:
    """Clients that ping again and again, and do not mind a server that is away."""
    stopping = asyncio.Event()

    async def client(url: str) -> None:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while not stopping.is_set():
                await _ping(session, url)
                await _wait(stopping, every_s)

    tasks = [asyncio.create_task(client(url)) for url in urls]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


async def _ping(session: aiohttp.ClientSession, url: str) -> None:
    try:
        async with session.get(url):
            pass
    except (aiohttp.ClientError, OSError, TimeoutError):
        return


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return


async def jobs(server: Server, count: int) -> list[str]:
    """Jobs of a second, up; their ping URLs."""
    urls = []
    for number in range(count):
        job = await server.add(f"job-{number}", "--every", "1s", "--grace", "1s")
        urls.append(job["ping_url"])
    return urls


async def until(condition: Callable[[], Any]) -> None:
    """Wait for something that the database or the output shows."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(POLL_S)


def outcomes(server: Server) -> list[str]:
    """What the slots have become."""
    return [row[0] for row in server.rows("SELECT outcome FROM slots")]


def pings(server: Server) -> int:
    """How many have come in."""
    return int(server.rows("SELECT count(*) FROM pings")[0][0])


def blind(server: Server) -> list[tuple[Any, ...]]:
    """The blind times: reason and seconds."""
    return server.rows(
        "SELECT reason, (ended_at - began_at) / 1e6 FROM blind_times ORDER BY id"
    )


def told(server: Server) -> list[str]:
    """The kinds of what was told, but for hints about jobs that are slow to begin."""
    sql = """SELECT kind FROM notifications WHERE kind <> 'never_seen' ORDER BY id"""
    return [row[0] for row in server.rows(sql)]


async def test_kill_9_makes_slots_unknown_and_one_message(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        urls = await jobs(server, 5)
        async with pinging(urls, 0.3):
            await until(lambda: pings(server) >= 10)
            await server.kill()
            await asyncio.sleep(4)
            await server.start()
            await until(lambda: told(server))
            await asyncio.sleep(2)
        assert told(server) == ["blind"]
        assert "missed" not in outcomes(server)
        (found,) = blind(server)
        assert found[0] == "crashed"
        assert found[1] > 4
        await server.until_said("job-0")
        assert await server.incidents() == []


async def test_a_clean_stop_is_exact(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        (url,) = await jobs(server, 1)
        async with aiohttp.ClientSession() as session:
            await _ping(session, url)
        await server.stop()
        ((at, clean),) = server.rows("SELECT at, clean FROM alive")
        assert clean
        await server.until_said("stopped")
        await server.start()
        ((reason, began),) = server.rows("SELECT reason, began_at FROM blind_times")
        assert (reason, began) == ("stopped", at)


@pytest.mark.slow
async def test_a_process_that_was_held_up_knows_it(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        urls = await jobs(server, 3)
        assert server.process is not None
        async with pinging(urls, 0.3):
            await until(lambda: pings(server) >= 10)
            server.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(7)
            server.process.send_signal(signal.SIGCONT)
            await until(lambda: blind(server))
            await asyncio.sleep(2)
        ((reason, length),) = blind(server)
        assert reason == "stalled"
        assert length >= 6
        assert "missed" not in outcomes(server)
        assert await server.incidents() == []


async def test_a_dead_job_is_missed_all_the_same(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        job = await server.add("dead", "--every", "70s", "--grace", "0s")
        async with aiohttp.ClientSession() as session:
            await _ping(session, job["ping_url"])
        await server.kill()
        await server.start()
        await asyncio.sleep(0)
        ((due,),) = server.rows("SELECT due_at FROM job_states")
        ((_, length),) = blind(server)
        assert length < 60
        (row,) = server.rows("SELECT ended_at FROM blind_times")
        # later than a minute after the blind time: judged as always
        assert due > row[0]


@asynccontextmanager
async def faked(folder: Path, offset: str) -> AsyncIterator[tuple[Server, Path]]:
    """A server whose wall clock is off by what the file says."""
    assert LIBFAKETIME is not None
    clock = folder / "clock"
    clock.write_text(offset)
    server = Server(
        folder,
        LD_PRELOAD=str(LIBFAKETIME),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        FAKETIME_DONT_RESET="1",
        NO_FAKE_STAT="1",
    )
    await server.start()
    try:
        yield server, clock
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.kill()


def set_clock(file: Path, offset: str) -> None:
    """Let the clock jump at once."""
    new = file.with_name("next")
    new.write_text(offset)
    os.replace(new, file)


@FAKED
@pytest.mark.slow
async def test_a_clock_that_jumps_forward_is_noticed(tmp_path: Path) -> None:
    async with faked(tmp_path, "+0s") as (server, clock):
        job = await server.add("hourly", "--every", "1h", "--grace", "1m")
        async with aiohttp.ClientSession() as session:
            await _ping(session, job["ping_url"])
        set_clock(clock, "+3h")
        await until(lambda: told(server))
        ((reason, length),) = blind(server)
        assert reason == "clock_forward"
        assert 3 * 3600 <= length < 3 * 3600 + 60
        assert outcomes(server) == ["unknown"]
        assert await server.incidents() == []


@FAKED
async def test_a_start_with_a_clock_that_is_behind_decides_nothing(
    tmp_path: Path,
) -> None:
    async with faked(tmp_path, "+0s") as (server, clock):
        job = await server.add("hourly", "--every", "1h", "--grace", "1m")
        async with aiohttp.ClientSession() as session:
            await _ping(session, job["ping_url"])
        await server.stop()
        ((stopped_at,),) = server.rows("SELECT at FROM alive")
        set_clock(clock, "-20y")
        await server.start()
        assert await server.faults() == ["clock"]
        async with aiohttp.ClientSession() as session:
            await _ping(session, job["ping_url"])
        rows = server.rows("SELECT min(at) FROM pings")
        assert rows[0][0] <= stopped_at
        ((last,),) = server.rows("SELECT max(at) FROM pings")
        assert last >= stopped_at, "no ping is dated before what has been"
        set_clock(clock, "+5h")
        await until(lambda: "blind" in told(server))
        # a busy machine may be held up for a while besides
        (length,) = (row[1] for row in blind(server) if row[0] == "clock_back")
        assert length > 5 * 3600 - 60
        await until(lambda: outcomes(server) == ["unknown"])
        async with asyncio.timeout(PATIENCE_S):
            while await server.faults():
                await asyncio.sleep(POLL_S)


@FAKED
@pytest.mark.slow
async def test_after_a_clock_that_ran_ahead_a_backup_is_the_way_out(
    tmp_path: Path,
) -> None:
    async with faked(tmp_path, "+0s") as (server, clock):
        job = await server.add("hourly", "--every", "1h", "--grace", "1m")
        async with aiohttp.ClientSession() as session:
            await _ping(session, job["ping_url"])
        backup = tmp_path / "before.db"
        assert (await server.cli("backup", str(backup)))[0] == 0
        set_clock(clock, "+10y")
        async with aiohttp.ClientSession() as session:
            await _ping(session, job["ping_url"])
        await server.stop()
        set_clock(clock, "+0s")
        await server.start()
        assert await server.faults() == ["clock"]
        _, said, _ = await server.cli("healthcheck")
        assert "restore a backup from before that" in said
        await server.stop()
        code, _, said = await server.cli("restore", str(backup), "--yes")
        assert code == 0, said
        await server.start()
        assert await server.faults() == []
        async with aiohttp.ClientSession() as session:
            await _ping(session, job["ping_url"])
        soon = await server.add("soon", "--every", "1s", "--grace", "1s")
        async with aiohttp.ClientSession() as session:
            await _ping(session, soon["ping_url"])
        # so soon after the restore it cannot be known, but it is judged
        await until(lambda: "unknown" in outcomes(server))
