"""kill -9 in mid-flow, restarts, signals, and what refuses to start."""

import asyncio
import itertools
import json
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.acceptance.server import PATIENCE_S, POLL_S, Server, free_port, running

CLIENTS = 16


class Load:
    """Clients that ping as fast as they are answered, each with its own numbers."""

    def __init__(self, url: str) -> None:
        self._url = url
        #: bodies that were answered 200, and all that were sent
        self.answered: set[str] = set()
        self.sent: set[str] = set()
        self.stopping = False

    async def client(self, name: int) -> None:
        """Ping until told to stop."""
        async with aiohttp.ClientSession() as session:
            for number in itertools.count():
                if self.stopping:
                    return
                await self._ping(session, f"{name}-{number}")

    async def _ping(self, session: aiohttp.ClientSession, body: str) -> None:
        """Ping once; a lost answer is nobody's word."""
        self.sent.add(body)
        try:
            async with session.post(self._url, data=body) as response:
                if response.status == 200:
                    self.answered.add(body)
        except aiohttp.ClientError:
            await asyncio.sleep(POLL_S)

    async def until_answered(self, more: int) -> None:
        """Wait until so many more have been answered."""
        before = len(self.answered)
        await _until(lambda: len(self.answered) >= before + more)


@asynccontextmanager
async def under_load(url: str) -> AsyncIterator[Load]:
    """Load on a URL until the end of the block."""
    load = Load(url)
    tasks = [asyncio.create_task(load.client(n)) for n in range(CLIENTS)]
    try:
        yield load
    finally:
        load.stopping = True
        await asyncio.gather(*tasks)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=SLOW), pytest.param(3, marks=SLOW)]
)
async def test_kill_9_under_load_loses_nothing_that_was_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    pause = random.Random(seed)
    async with running(tmp_path, CRONITOR_SERVER__RATE_LIMIT="0") as server:
        job = await server.add("busy", "--every", "1h")
        async with under_load(job["ping_url"]) as load:
            for _ in range(3):
                await load.until_answered(50)
                await asyncio.sleep(pause.random() * POLL_S)
                await server.kill()
                await server.start()
        await server.stop()
        stored = [row[0].decode() for row in server.rows("SELECT body FROM pings")]
        assert load.answered <= set(stored), "an acknowledged ping is lost"
        assert set(stored) <= load.sent
        assert len(stored) == len(set(stored)), "a ping is stored twice"
        assert server.rows("PRAGMA integrity_check") == [("ok",)]


class Receiver:
    """A webhook receiver that can be away, and that keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, object]]] = []
        self.refuses = False
        self.refused = 0

    async def take(self, request: web.Request) -> web.Response:
        """Take it, or answer 503."""
        if self.refuses:
            self.refused += 1
            return web.Response(status=503)
        said = json.loads(await request.read())
        self.taken.append((request.headers["webhook-id"], said))
        return web.Response()


async def test_the_webhook_is_told_once_per_sound_across_kills(tmp_path: Path) -> None:
    receiver, port = Receiver(), free_port()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    receiver.refuses = True
    hook = f"http://127.0.0.1:{port}/hook"
    async with running(tmp_path, CRONITOR_NOTIFY__WEBHOOK_URL=hook) as server:
        job = await server.add("backup", "--every", "1h")
        async with aiohttp.ClientSession() as session:
            await session.get(job["ping_url"] + "/fail")
            await _until(lambda: receiver.refused > 0)
            await server.kill()
            receiver.refuses = False
            await server.start()
            await _until(lambda: len(receiver.taken) >= 1)
            await session.get(job["ping_url"])
            await _until(lambda: len(receiver.taken) >= 2)
        await server.stop()
    await runner.cleanup()
    types = [said["type"] for _, said in receiver.taken]
    assert types == ["incident.opened", "incident.resolved"]
    assert hook not in server.output()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(POLL_S)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(tmp_path: Path, number: int) -> None:
    async with running(tmp_path) as server:
        await server.add("backup", "--every", "1h")
        assert await server.stop(number) == 0
        assert not (server.data_dir / "cronitor.db-wal").exists()
        assert "Traceback" not in server.output()


async def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert server.process is not None
        code, _, err = await server.cli("up")
        assert code == 78
        assert str(server.process.pid) in err
        assert "--data-dir" in err


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.data_dir.mkdir(mode=0o700)
    db = sqlite3.connect(server.data_dir / "cronitor.db")
    db.execute("CREATE TABLE jobs (id INTEGER)")
    db.execute("PRAGMA user_version = 9999")
    db.commit()
    db.close()
    code, _, err = await server.cli("up")
    assert code == 78
    assert "newer" in err


async def test_bad_settings_are_refused_with_key_line_and_reason(
    tmp_path: Path,
) -> None:
    server = Server(tmp_path)
    server.data_dir.mkdir(mode=0o700)
    config = server.data_dir / "config.toml"
    config.write_text("[server]\nprot = 1\nhost = 7\n")
    config.chmod(0o600)
    code, _, err = await server.cli("up")
    assert code == 78
    assert "config.toml:2" in err
    assert "port" in err
    assert "config.toml:3" in err
    assert "Traceback" not in err


async def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        (tmp_path / "other").mkdir()
        environ = {"CRONITOR_SERVER__PORT": str(server.port)}
        other = Server(tmp_path / "other", **environ)
        code, _, err = await other.cli("up")
        assert code != 0
        assert str(server.port) in err
        assert "Traceback" not in err


async def test_without_a_server_commands_say_so(tmp_path: Path) -> None:
    server = Server(tmp_path)
    code, _, err = await server.cli("job", "list")
    assert code == 69
    assert "cronitor up" in err
    assert len(err.strip().splitlines()) == 1


async def test_a_second_signal_forces(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        job = await server.add("backup", "--every", "1h")
        path = job["ping_url"].removeprefix(server.url)
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        await server.get("/v1/status")
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await _until(lambda: "stopping" in server.output())
        assert await server.stop() == 1
        assert "stopped by force" in server.output()
        writer.close()
