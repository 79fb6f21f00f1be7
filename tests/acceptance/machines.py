"""A watched machine: `cronitor exec` and `cronitor spool` as started there."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bot.node.spools import Spool
from tests import tree
from tests.acceptance.server import PATIENCE_S, POLL_S, Server

PING_KEY = "a-key-of-the-tests"


class Done(NamedTuple):
    """How a process ended."""

    code: int
    out: bytes
    err: bytes


class Machine:
    """Where jobs run; it knows the server by its address and the ping key."""

    def __init__(self, folder: Path, url: str, **environ: str) -> None:
        self.spool = Spool(str(folder / "spool"))
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CRONITOR_")},
            "PYTHONPATH": str(tree.ROOT),
            "HOME": str(folder),
            "CRONITOR_URL": url,
            "CRONITOR_PING_KEY": PING_KEY,
            "CRONITOR_SPOOL": self.spool.folder,
            **environ,
        }

    async def start(self, *args: str) -> asyncio.subprocess.Process:
        """Start `cronitor` with these arguments."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environ,
        )

    async def cronitor(self, *args: str) -> Done:
        """Run `cronitor` to its end."""
        process = await self.start(*args)
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate()
        assert process.returncode is not None
        return Done(process.returncode, out, err)

    async def exec(self, job: str, *command: str) -> Done:
        """Run a command for a job."""
        return await self.cronitor("exec", job, "--", *command)

    async def until_kept(self, count: int) -> None:
        """Wait until so many reports are in the spool."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.spool.names()) != count:
                await asyncio.sleep(POLL_S)


class Pinged(NamedTuple):
    """A ping as the server has stored it."""

    kind: str
    at: int
    exit_status: int | None
    rid: str
    event: str
    body: bytes


def pinged(server: Server, slug: str) -> list[Pinged]:
    """The pings of a job, in the order in which they came."""
    columns = "p.kind, p.at, p.exit_status, p.rid, p.event_id, p.body"
    rows = server.rows(
        f"SELECT {columns} FROM pings p JOIN jobs j ON j.id = p.job_id "
        f"WHERE j.slug = '{slug}' ORDER BY p.id"
    )
    return [Pinged._make((*row[:5], bytes(row[5] or b""))) for row in rows]


async def until_pinged(
    server: Server, slug: str, count: int, patience_s: float = PATIENCE_S
) -> list[Pinged]:
    """Wait until a job has so many pings."""
    async with asyncio.timeout(patience_s):
        while len(found := pinged(server, slug)) < count:
            await asyncio.sleep(POLL_S)
    return found


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    """Something that takes connections on a port of its own; its URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()


def losing_answers(server: Server) -> Handler:
    """A line to the server on which requests arrive and answers are lost."""

    async def lose(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, outside = await asyncio.open_connection("127.0.0.1", server.port)
        while piece := await reader.read(65_536):
            outside.write(piece)
            assert await inside.read(65_536)
            outside.close()
            return

    return lose


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take everything and answer nothing."""
    while await reader.read(65_536):
        pass
