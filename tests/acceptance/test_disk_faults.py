"""A disk that is full or read-only: nothing is pretended, and it passes by itself."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance import disks
from tests.acceptance.server import PATIENCE_S, POLL_S, Server

pytestmark = pytest.mark.slow

CLIENTS = 4
#: large bodies fill a disk soon
BODY = 60_000


class Load:
    """Clients that ping with numbers, and keep what they were answered."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.answered: set[str] = set()
        self.statuses: list[int] = []
        self.retry_after: set[str] = set()
        self.stopping = False

    async def client(self, name: int) -> None:
        """Ping until told to stop."""
        async with aiohttp.ClientSession() as session:
            for number in itertools.count():
                if self.stopping:
                    return
                await self._ping(session, f"{name}-{number}")

    async def _ping(self, session: aiohttp.ClientSession, said: str) -> None:
        body = said.ljust(BODY)
        try:
            async with session.post(self._url, data=body) as response:
                self.statuses.append(response.status)
                if response.status == 200:
                    self.answered.add(said)
                else:
                    self.retry_after.add(response.headers.get("Retry-After", ""))
                    await asyncio.sleep(POLL_S)
        except aiohttp.ClientError:
            await asyncio.sleep(POLL_S)

    async def until(self, status: int, more: int = 1) -> None:
        """Wait until so many more were answered like this."""
        count = self.statuses.count(status) + more
        await until(lambda: self.statuses.count(status) >= count)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(POLL_S)


@asynccontextmanager
async def loaded(server: Server) -> AsyncIterator[Load]:
    """The server with one job that is pinged all the time."""
    await server.start()
    job = await server.add("busy", "--every", "1h")
    load = Load(job["ping_url"])
    tasks = [asyncio.create_task(load.client(n)) for n in range(CLIENTS)]
    try:
        yield load
    finally:
        load.stopping = True
        await asyncio.gather(*tasks)
        if server.process is not None and server.process.returncode is None:
            await server.kill()


async def ask(server: Server, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(server.url + path) as answer,
    ):
        return answer.status, await answer.text()


async def until_ready(server: Server, *, ready: bool) -> str:
    """Wait until /readyz says so; what it says."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            status, said = await ask(server, "/readyz")
            if (status == 200) is ready:
                return said
            await asyncio.sleep(POLL_S)


def lines(server: Server, action: str) -> list[str]:
    return [x for x in server.output().splitlines() if f"action={action}" in x]


def check_nothing_is_lost(server: Server, load: Load) -> None:
    """Whatever was answered OK is there; what was not is nobody's word."""
    stored = {
        row[0].decode().strip()
        for row in server.rows("SELECT body FROM pings WHERE body IS NOT NULL")
    }
    assert load.answered <= stored, "an acknowledged ping is lost"
    assert server.rows("PRAGMA integrity_check") == [("ok",)]
    assert "Traceback" not in server.output()
    assert 500 not in load.statuses
    assert load.retry_after <= {"5"}


def limited(folder: Path, **environ: str) -> Server:
    return Server(
        folder,
        CRONITOR_SERVER__RATE_LIMIT="0",
        CRONITOR_STORAGE__BALLAST_MB="2",
        **environ,
    )


async def test_a_full_disk_is_told_and_passes_by_itself(tmp_path: Path) -> None:
    server = limited(tmp_path)
    with disks.tmpfs(server.data_dir, 64) as disk:
        ballast = disk / "cronitor.db.ballast"
        async with loaded(server) as load:
            await load.until(200, 20)
            await until(ballast.exists)
            assert ballast.stat().st_mode & 0o777 == 0o600
            assert ballast.stat().st_size == 2_000_000
            filler = disks.fill(disk)
            await load.until(503)
            assert "the disk is full" in await until_ready(server, ready=False)
            await until(lambda: bool(lines(server, "storage_lost")))
            status, said = await ask(server, "/healthz")
            assert (status, "storage" in said) == (200, True)
            assert not ballast.exists()
            # what a person does is still stored, out of the ballast
            await server.json("job", "add", "another", "--every", "1h")
            await load.until(503, 20)
            filler.unlink()
            await until_ready(server, ready=True)
            await load.until(200, 20)
            await until(lambda: bool(lines(server, "storage_back")))
            await until(ballast.exists)
        assert (await server.stop()) in (0, -9)
        check_nothing_is_lost(server, load)
        for action in (
            *("storage_failed", "storage_lost", "storage_back"),
            "storage_recovered",
        ):
            assert len(lines(server, action)) == 1, (action, server.output())


async def test_a_restart_on_a_full_disk_goes_on_with_it(tmp_path: Path) -> None:
    server = limited(tmp_path)
    with disks.tmpfs(server.data_dir, 64) as disk:
        async with loaded(server) as load:
            await load.until(200, 20)
            await until((disk / "cronitor.db.ballast").exists)
            filler = disks.fill(disk)
            await load.until(503)
            await until(lambda: bool(lines(server, "storage_lost")))
            await server.kill()
            disks.fill(disk)
            await server.start(ready=False)
            assert "the disk is full" in await until_ready_or_not(server)
            assert len(lines(server, "storage_lost")) == 1
            (disk / "filler").unlink(missing_ok=True)
            filler.unlink(missing_ok=True)
            await until_ready(server, ready=True)
            await load.until(200)
            await until(lambda: bool(lines(server, "storage_back")))
        check_nothing_is_lost(server, load)


async def until_ready_or_not(server: Server) -> str:
    """Wait until it answers at all."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return (await ask(server, "/readyz"))[1]
            except aiohttp.ClientError:
                await asyncio.sleep(POLL_S)


async def test_a_start_on_a_disk_that_was_full_all_along(tmp_path: Path) -> None:
    server = limited(tmp_path)
    with disks.tmpfs(server.data_dir, 64) as disk:
        async with loaded(server) as load:
            await load.until(200, 20)
            await until((disk / "cronitor.db.ballast").exists)
            await server.stop()
            disks.fill(disk)
            await server.start(ready=False)
            assert "the disk is full" in await until_ready_or_not(server)
            await until(lambda: bool(lines(server, "storage_lost")))
            (disk / "filler").unlink()
            await until_ready(server, ready=True)
            await load.until(200)
        check_nothing_is_lost(server, load)


async def test_a_disk_that_refuses_writes_for_a_while(tmp_path: Path) -> None:
    environ, flag = disks.refusing_disk(tmp_path)
    server = limited(tmp_path, **environ)
    async with loaded(server) as load:
        await load.until(200, 20)
        flag.touch()
        await load.until(503, 20)
        await until_ready(server, ready=False)
        status, said = await ask(server, "/healthz")
        assert (status, "storage" in said) == (200, True)
        flag.unlink()
        await until_ready(server, ready=True)
        await load.until(200, 20)
    check_nothing_is_lost(server, load)
    assert len(lines(server, "storage_failed")) == 1
    assert len(lines(server, "storage_recovered")) == 1


async def test_a_file_system_that_becomes_read_only(tmp_path: Path) -> None:
    server = limited(tmp_path)
    image = tmp_path / "image"
    with disks.ext4(image, server.data_dir, 64) as disk:
        async with loaded(server) as load:
            await load.until(200, 20)
            disks.break_ext4(disk)
            await load.until(503, 20)
            await until_ready(server, ready=False)
            status, said = await ask(server, "/healthz")
            assert (status, "storage" in said) == (200, True)
            load.stopping = True
            await server.stop()
    with disks.ext4(image, server.data_dir):
        await server.start()
        check_nothing_is_lost(server, load)
        await server.stop()
