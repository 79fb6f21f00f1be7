"""The load of `cronitor bench`: the disk, pings over many connections, deadlines."""

import asyncio
import os
import statistics
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from bot.cli.bench_words import Pings
from bot.cli.client import Client
from bot.clock import SystemClock
from bot.errors import CronitorError

_CLOCK = SystemClock()
#: jobs that are pinged in turn
_JOBS = 20
_WRITES = 200
_PAGE = bytes(4096)
_BODY = b"done in 12 s"
#: jobs that miss, one after another
DEADLINES = 12
_FIRST_S = 2.0
_APART_S = 0.25
_BETWEEN_LOOKS_S = 0.01
_PATIENCE_S = 30.0
_DONE = b"\r\n\r\nOK"


def fsync_ms(folder: Path) -> float:
    """What one write of a page and an fsync take: the median of many."""
    file, took = folder / "probe", []
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(_WRITES):
            began = _CLOCK.monotonic()
            os.write(descriptor, _PAGE)
            os.fsync(descriptor)
            took.append((_CLOCK.monotonic() - began) * 1000)
    finally:
        os.close(descriptor)
        file.unlink()
    return statistics.median(took)


def pings(client: Client, seconds: float, connections: int) -> Pings:
    """Ping so long over so many connections, each waiting for its answers."""
    made = [
        client.post("/v1/jobs", {"slug": f"busy-{n}", "every": "1h"})
        for n in range(_JOBS)
    ]
    load = Load([str(job["ping_url"]) for job in made])
    return asyncio.run(load.run(seconds, connections))


class Load:
    """Clients that ping as fast as they are answered; also for tests of speed."""

    def __init__(self, urls: list[str]) -> None:
        where = urlsplit(urls[0])
        self._place = (where.hostname or "", where.port or 0)
        self._requests = cycle([_request(urlsplit(url).path) for url in urls])
        self._latencies: list[float] = []
        self._failed = 0
        self.is_over = False

    async def run(self, seconds: float, connections: int) -> Pings:
        """Begin all of them, and end them after a while."""
        loop = asyncio.get_running_loop()
        began = _CLOCK.monotonic()
        opened = [
            await loop.create_connection(lambda: _Pinger(self), *self._place)
            for _ in range(connections)
        ]
        await asyncio.sleep(seconds)
        self.is_over = True
        took = _CLOCK.monotonic() - began
        for transport, _ in opened:
            transport.abort()
        await asyncio.sleep(0)
        if not self._latencies:
            raise CronitorError("no ping was answered")
        return Pings(took, self._latencies, self._failed)

    def next_request(self) -> bytes:
        """A ping of the job whose turn it is."""
        return next(self._requests)

    def answered(self, latency_ms: float) -> None:
        """One was taken."""
        self._latencies.append(latency_ms)

    def failed(self) -> None:
        """One was not."""
        self._failed += 1


def _request(path: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    )
    return head.encode() + _BODY


class _Pinger(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._began = 0.0
        self._answer = b""
        self._send: Callable[[bytes], None] = lambda data: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._send = transport.write
        self._ping()

    def data_received(self, data: bytes) -> None:
        """Take an answer, and ping again."""
        self._answer += data
        if b"\r\n\r\n" not in self._answer:
            return
        if self._answer.endswith(_DONE):
            self._load.answered((_CLOCK.monotonic() - self._began) * 1000)
        else:
            self._load.failed()
        if not self._load.is_over:
            self._ping()

    def connection_lost(self, exc: Exception | None) -> None:
        """It should last until the end."""
        if not self._load.is_over:
            self._load.failed()

    def _ping(self) -> None:
        self._answer = b""
        self._began = _CLOCK.monotonic()
        self._send(self._load.next_request())


def delays(client: Client) -> list[float]:
    """Milliseconds from each of a few deadlines until its incident is there."""
    for number in range(DEADLINES):
        every = _FIRST_S + number * _APART_S
        # a node each, so that they are no storm
        table = {"slug": f"late-{number}", "every": f"{every:g}s", "grace": "0s"}
        client.post("/v1/jobs", table | {"strict_start": True, "node": f"n{number}"})
    seen: dict[int, float] = {}
    ends_at = _CLOCK.monotonic() + _PATIENCE_S
    while len(seen) < DEADLINES:
        if _CLOCK.monotonic() > ends_at:
            raise CronitorError("deadlines have passed and no incident came of them")
        now = _CLOCK.now()
        for number, opened_at in _openings(client):
            seen.setdefault(number, (now - opened_at).total_seconds() * 1000)
        Event().wait(_BETWEEN_LOOKS_S)
    return sorted(seen.values())


def _openings(client: Client) -> Iterator[tuple[int, datetime]]:
    found: list[dict[str, Any]] = client.get("/v1/incidents")["incidents"]
    for incident in found:
        yield incident["id"], datetime.fromisoformat(incident["opened_at"])
