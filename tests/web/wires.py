"""Servers to talk to, and clients that send exactly the bytes they are told to."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.engine.services import Services
from bot.web.auth import Keys
from bot.web.base import Limits
from bot.web.server import WebServer

UUID = "07c2f548-9850-4b27-af5d-6c9dc157ec02"
RID = "684e2e73-017e-465f-8149-d70b7c5aaa49"
KEYS = Keys(ping="ping-key_1", full="full-key", readonly="readonly-key")
#: generous: a slow machine is no failure
PATIENCE_S = 30


@dataclass(frozen=True)
class Answered:
    """One answer, taken apart."""

    status: int
    #: names in lower case
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Client:
    """A connection, and the answers that come over it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self.writer.write(data)

    async def answer(self, *, to_head: bool = False) -> Answered:
        """The next answer."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")[:-2]
            pairs = (line.split(": ", 1) for line in lines)
            headers = {name.lower(): value for name, value in pairs}
            status = int(first.split()[1])
            length = 0 if to_head else int(headers.get("content-length", "0"))
            return Answered(status, headers, await self.reader.readexactly(length))

    async def rest(self) -> bytes:
        """Everything until the server closes the connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()

    async def exchange(self, data: bytes) -> Answered:
        """Send, and take the answer."""
        self.send(data)
        return await self.answer()

    def end(self) -> None:
        """Send no more, but go on reading."""
        self.writer.write_eof()

    def drop(self) -> None:
        """Go away without a word."""
        self.writer.transport.abort()


@dataclass
class Site:
    """A running server."""

    server: WebServer
    socket_path: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    @asynccontextmanager
    async def tcp(self) -> AsyncIterator[Client]:
        """A connection over TCP."""
        async with _closing(
            *await asyncio.open_connection("127.0.0.1", self.port)
        ) as c:
            yield c

    @asynccontextmanager
    async def unix(self) -> AsyncIterator[Client]:
        """A connection over the Unix socket."""
        opened = await asyncio.open_unix_connection(str(self.socket_path))
        async with _closing(*opened) as client:
            yield client

    async def ask(self, data: bytes) -> Answered:
        """The answer to these bytes over a connection of their own."""
        async with self.tcp() as client:
            return await client.exchange(data)


@asynccontextmanager
async def _closing(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> AsyncIterator[Client]:
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def serving(
    services: Services,
    *,
    limits: Limits | None = None,
    keys: Keys = KEYS,
    trusted_proxies: Sequence[str] = (),
) -> AsyncIterator[Site]:
    """The web room on free sockets, until the end of the block."""
    # pytest's own folders are too long for the path of a socket on some systems
    with tempfile.TemporaryDirectory(prefix="web") as folder:
        path = Path(folder) / "s.sock"
        server = WebServer(
            host="127.0.0.1",
            port=0,
            socket_path=path,
            keys=keys,
            limits=limits or Limits(stop_s=1),
            trusted_proxies=trusted_proxies,
        )
        await server.start(services)
        try:
            yield Site(server, path)
        finally:
            await server.stop()


def get(target: str, *lines: str, method: str = "GET") -> bytes:
    """A plain request without a body."""
    head = [f"{method} {target} HTTP/1.1", "Host: cronitor", *lines, "", ""]
    return "\r\n".join(head).encode("utf-8", "surrogateescape")


def post(target: str, body: bytes, *lines: str) -> bytes:
    """A plain request with a body."""
    return get(target, f"Content-Length: {len(body)}", *lines, method="POST") + body
