"""The real `cronitor up` as its own process, and the ways that people reach it."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

#: how long anything may take on a slow and busy machine
PATIENCE_S = 30.0
POLL_S = 0.02

Json = dict[str, Any]


def free_port() -> int:
    """A port that nobody listens on, and that no connection going out is given."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """One server process and its data directory; may be killed and started again."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.data_dir = folder / "data"
        self.port = free_port()
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CRONITOR_")},
            "CRONITOR_DATA_DIR": str(self.data_dir),
            "CRONITOR_SERVER__PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            **environ,
        }
        self._output = folder / "output.txt"
        self.process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> Mapping[str, str]:
        """What its commands find."""
        return self._environ

    def change(self, **environ: str) -> None:
        """Let its next processes find these settings, too."""
        self._environ |= environ

    async def start(self, *, ready: bool = True) -> None:
        """Start it, and wait until it is ready."""
        with self._output.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "up",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environ,
            )
        if ready:
            await self.until_ready()

    async def until_ready(self) -> None:
        """Wait until it answers."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while not await _is_ready(session, self.url):
                assert self.process is not None
                assert self.process.returncode is None, self.output()
                await asyncio.sleep(POLL_S)

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def kill(self) -> None:
        """End it without a warning."""
        await self.stop(signal.SIGKILL)

    def output(self) -> str:
        """Everything that all its processes have printed."""
        return self._output.read_text("utf-8", "replace")

    async def until_said(self, text: str, times: int = 1) -> None:
        """Wait until its output has it: it may answer before it has spoken."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self.output().count(text) < times:
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise AssertionError(f"never said: {text}\n{self.output()}") from None

    async def cli(self, *args: str) -> tuple[int, str, str]:
        """Run a command of the CLI: exit code, standard output, standard error."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *args,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environ,
        )
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def json(self, *args: str) -> Any:
        """What a command prints with --json; it must succeed."""
        code, out, err = await self.cli(*args, "--json")
        assert code == 0, f"{args}: {out}{err}"
        return json.loads(out)

    async def add(self, slug: str, *options: str) -> Json:
        """Make a job; its view."""
        view: Json = await self.json("job", "add", slug, *options)
        return view

    async def incidents(self) -> list[Json]:
        """Every incident, newest first, over the Unix socket."""
        found: list[Json] = (await self.get("/v1/incidents?limit=1000"))["incidents"]
        return found

    async def faults(self) -> list[str]:
        """What is not well: not that a busy machine held it up, told for a minute."""
        found = (await self.get("/healthz")).get("faults", [])
        return [name for name in found if name != "event_loop"]

    async def get(self, path: str) -> Json:
        """A question over the Unix socket."""
        connector = aiohttp.UnixConnector(str(self.data_dir / "cronitor.sock"))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(f"http://local{path}") as response,
        ):
            assert response.status == 200, await response.text()
            answer: Json = await response.json()
            return answer

    async def post(self, path: str) -> Json:
        """A request over the Unix socket that must be taken."""
        connector = aiohttp.UnixConnector(str(self.data_dir / "cronitor.sock"))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(f"http://local{path}", json={}) as response,
        ):
            assert response.status < 300, await response.text()
            answer: Json = await response.json()
            return answer

    async def until_incidents(self, count: int, **having: object) -> list[Json]:
        """Wait until there are so many incidents that have these values."""

        def has(incident: Json) -> bool:
            return all(incident[key] == value for key, value in having.items())

        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [each for each in await self.incidents() if has(each)]
                if len(found) >= count:
                    return found
                await asyncio.sleep(POLL_S)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database holds, through a connection of our own."""
        path = self.data_dir / "cronitor.db"
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def running(folder: Path, **environ: str) -> AsyncIterator[Server]:
    """A server that is ready, and gone at the end of the block."""
    server = Server(folder, **environ)
    await server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.kill()
