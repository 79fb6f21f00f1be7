"""Those who mean no good: each attacks a server until its process is ended.

Run as a process of its own (`python -m tests.attacks.attackers NAME PORT UUID`), which
leaves the machine to the server: an attacker is elsewhere.
"""

import asyncio
import gzip
import os
import random
import resource
import socket
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

#: from 127.0.0.2 on: another address for each share of the connections
_HOME = "127.0.0.1"


class Target:
    """The server, and how to reach it."""

    def __init__(self, port: int, uuid: str) -> None:
        self.port = port
        #: of a job that there is
        self.uuid = uuid
        self._draw = random.Random(1)
        self.opened = 0

    @property
    def unknown(self) -> str:
        """A UUID that no job has."""
        return str(UUID(bytes=self._draw.randbytes(16), version=4))

    async def connect(
        self, source: str = _HOME
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection from an address of this machine; waits as long as it takes."""
        while True:
            try:
                pair = await asyncio.open_connection(
                    _HOME, self.port, local_addr=(source, 0)
                )
            except OSError:
                await asyncio.sleep(0.05)
                continue
            self.opened += 1
            return pair


Attack = Callable[[Target], Awaitable[None]]


async def _again(act: Attack, target: Target) -> None:
    """One attacker of many; what the server does to it does not stop it."""
    while True:
        try:
            await act(target)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.01)


def many(count: int, act: Attack) -> Attack:
    """The same from many at once."""

    async def attack(target: Target) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(_again(act, target))

    return attack


async def _until_closed(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


async def idle(target: Target) -> None:
    """Connect and say nothing."""
    reader, writer = await target.connect()
    await _until_closed(reader)
    writer.close()


def _dripping(beginning: str, piece: bytes, pause_s: float) -> Attack:
    async def drip(target: Target) -> None:
        reader, writer = await target.connect()
        writer.write(beginning.format(uuid=target.unknown).encode())
        closed = asyncio.ensure_future(_until_closed(reader))
        while not closed.done():
            writer.write(piece)
            await asyncio.sleep(pause_s)
        writer.close()

    return drip


_SLOW_PING_HEAD = _dripping("GET /ping/{uuid} HTTP/1.1\r\n", b"X: y\r\n", 0.5)
_SLOW_API_HEAD = _dripping("GET /v1/jobs HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n", 0.5)
_SLOW_LINE = _dripping("GET /ping/", b"a", 0.2)
_SLOW_BODY = _dripping(
    "POST /ping/{uuid} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    + "x" * 100_000,
    b"x",
    0.5,
)
_SLOW_CHUNKS = _dripping(
    "POST /ping/{uuid} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"1\r\nx\r\n",
    0.5,
)


_SLOW_CALL = _dripping(
    "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    + "x" * 100_000,
    b"x",
    0.5,
)
_SLOW_LARGE_CHUNKS = _dripping(
    "POST /ping/{uuid} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "186a0\r\n"
    + "x" * 100_000
    + "\r\n",
    b"1\r\nx\r\n",
    0.5,
)


async def huge_line(target: Target) -> None:
    """A request line without an end."""
    reader, writer = await target.connect()
    writer.write(b"GET /ping/" + b"a" * 10_000_000)
    await writer.drain()
    await _until_closed(reader)
    writer.close()


async def huge_fields(target: Target) -> None:
    """Header fields without an end."""
    reader, writer = await target.connect()
    writer.write(b"GET /ping/x HTTP/1.1\r\n" + b"X-Y: zzzzzzzzzzzzzzz\r\n" * 500_000)
    await writer.drain()
    await _until_closed(reader)
    writer.close()


async def huge_body(target: Target) -> None:
    """50 MB for a job that there is."""
    reader, writer = await target.connect()
    head = f"POST /ping/{target.uuid}/log HTTP/1.1\r\nHost: a\r\n"
    writer.write(f"{head}Content-Length: 50000000\r\n\r\n".encode())
    for _ in range(50):
        writer.write(b"y" * 1_000_000)
        await writer.drain()
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def huge_chunks(target: Target) -> None:
    """The same in chunks, which aiohttp reads."""
    reader, writer = await target.connect()
    head = f"POST /ping/{target.uuid}/log HTTP/1.1\r\nHost: a\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    for _ in range(50):
        writer.write(b"f4240\r\n" + b"y" * 1_000_000 + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


_BOMB = gzip.compress(bytes(100_000_000), 9)


async def bomb(target: Target) -> None:
    """100 MB of nothing in 100 kB, labelled as what it is."""
    reader, writer = await target.connect()
    head = f"POST /ping/{target.uuid}/log HTTP/1.1\r\nHost: a\r\n"
    head += f"Content-Encoding: gzip\r\nContent-Length: {len(_BOMB)}\r\n\r\n"
    writer.write(head.encode() + _BOMB)
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def unknown(target: Target) -> None:
    """Pings of jobs that nobody has, as fast as they are answered."""
    reader, writer = await target.connect()
    while True:
        asked = [f"GET /ping/{target.unknown} HTTP/1.1\r\n\r\n" for _ in range(20)]
        writer.write("".join(asked).encode())
        for _ in asked:
            await reader.readuntil(b"not found")


async def one_job(target: Target) -> None:
    """One job over and over, far over its limit."""
    reader, writer = await target.connect()
    while True:
        writer.write(f"GET /ping/{target.uuid}/log HTTP/1.1\r\n\r\n".encode() * 20)
        for _ in range(20):
            await reader.readuntil(b"\r\n\r\n")


def _deaf(request: bytes) -> Attack:
    async def pipeline(target: Target) -> None:
        """Ask and ask, and never read an answer."""
        loop = asyncio.get_running_loop()
        with socket.socket() as it:
            it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            it.setblocking(False)
            await loop.sock_connect(it, (_HOME, target.port))
            while True:
                await loop.sock_sendall(it, request * 1000)

    return pipeline


async def half_open(target: Target) -> None:
    """Say half of a request and no more, in a way that the server may not see."""
    reader, writer = await target.connect()
    writer.write(f"POST /ping/{target.unknown} HTTP/1.1\r\nContent-Le".encode())
    writer.write_eof()
    await _until_closed(reader)
    writer.close()


async def come_and_go(target: Target) -> None:
    """Connect, break off in the middle with a reset, and so on."""
    _, writer = await target.connect()
    writer.write(f"POST /ping/{target.unknown} HTTP/1.1\r\nContent-Le".encode())
    await asyncio.sleep(0)
    writer.transport.abort()


async def readyz(target: Target) -> None:
    """Ask for what costs a write."""
    reader, writer = await target.connect()
    while True:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n" * 8)
        for _ in range(8):
            await reader.readuntil(b'"ready"\n}\n')


ATTACKS: dict[str, Attack] = {
    "nobody": many(1, idle),
    "idle": many(10_000, idle),
    "slow_ping_heads": many(2000, _SLOW_PING_HEAD),
    "slow_api_heads": many(2000, _SLOW_API_HEAD),
    "slow_lines": many(2000, _SLOW_LINE),
    "slow_bodies": many(5000, _SLOW_BODY),
    "slow_chunks": many(2000, _SLOW_CHUNKS),
    "slow_large_chunks": many(5000, _SLOW_LARGE_CHUNKS),
    "slow_calls": many(5000, _SLOW_CALL),
    "huge_lines": many(20, huge_line),
    "huge_fields": many(20, huge_fields),
    "huge_bodies": many(8, huge_body),
    "huge_chunks": many(8, huge_chunks),
    "bombs": many(20, bomb),
    "unknown": many(50, unknown),
    "one_job": many(50, one_job),
    "deaf_pings": many(50, _deaf(b"GET /ping/x HTTP/1.1\r\n\r\n")),
    "deaf_others": many(50, _deaf(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
    "half_open": many(500, half_open),
    "come_and_go": many(50, come_and_go),
    "readyz": many(50, readyz),
}


async def _attack(name: str, port: int, uuid: str) -> None:
    target = Target(port, uuid)
    print("attacking", flush=True)
    await ATTACKS[name](target)


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.nice(19)
    asyncio.run(_attack(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
