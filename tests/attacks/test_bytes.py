"""A hundred thousand requests, most of them odd, to the real server.

The seed is printed; the variable `FUZZ_SEED` takes it again.
"""

import asyncio
import os
import random
import re
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.server import PATIENCE_S, Server, running
from tests.attacks.bystanders import Bystander
from tests.web.test_fuzz import FULL, requests
from tests.web.wires import KEYS, UUID

COUNT = 100_000
CLIENTS = 400
API_KEY = "an-api-key-for-random-bytes"
SEED = "FUZZ_SEED"


class Fuzz:
    """Clients that send one request a connection, and what came back."""

    def __init__(self, server: Server, job: dict[str, str]) -> None:
        key = job["slug_url"].split("/")[-2]
        self._port = server.port
        self._real = {
            UUID.encode(): job["uuid"].encode(),
            KEYS.ping.encode(): key.encode(),
            FULL.encode(): API_KEY.encode(),
        }
        self.statuses: Counter[str] = Counter()

    async def client(self, share: Iterator[bytes]) -> None:
        """Send them all."""
        for data in share:
            for known, real in self._real.items():
                data = data.replace(known, real)
            answered = await self._exchange(data)
            assert b"Traceback" not in answered, data
            self.statuses[answered[9:12].decode("ascii", "replace")] += 1

    async def _exchange(self, data: bytes) -> bytes:
        """The first that comes back; nothing if the server has had enough."""
        loop = asyncio.get_running_loop()
        with socket.socket() as it:
            it.setblocking(False)
            try:
                await loop.sock_connect(it, ("127.0.0.1", self._port))
                await loop.sock_sendall(it, data)
                it.shutdown(socket.SHUT_WR)
                async with asyncio.timeout(PATIENCE_S):
                    return await loop.sock_recv(it, 65_536)
            except OSError:
                return b""


async def _keep_pinging(bystander: Bystander, fuzz: Fuzz) -> set[str]:
    """Somebody who means well, all the while; what was answered 200."""
    answered: set[str] = set()
    while fuzz.statuses.total() < COUNT:
        watched = await bystander.ping(0.5)
        assert not {*watched.others} - {"429"}, watched.others
        answered.update(watched.answered)
    return answered


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_random_bytes_are_no_fault_and_lose_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(10**9))
    print("seed", seed)
    async with running(tmp_path, CRONITOR_API__KEY=API_KEY) as server:
        job = await server.add("backup", "--every", "10h")
        urls = [(await server.add(f"j{n}", "--every", "10h"))["ping_url"] for n in "ab"]
        fuzz = Fuzz(server, job)
        stream = requests(seed, COUNT, long=20)
        async with asyncio.TaskGroup() as group:
            pinging = group.create_task(_keep_pinging(Bystander(urls), fuzz))
            for _ in range(CLIENTS):
                # all draw from the one stream
                group.create_task(fuzz.client(stream))
        answered = pinging.result()
        assert fuzz.statuses.total() == COUNT
        assert fuzz.statuses["500"] == 0
        assert {"200", "400", "404", "405"} <= fuzz.statuses.keys()
        # few of the odd ones get as far as a key
        assert {"401", "429"} & fuzz.statuses.keys()
        sql = "SELECT body FROM pings WHERE CAST(body AS TEXT) LIKE 'bystander-%'"
        missing = answered - {row[0].decode() for row in server.rows(sql)}
        assert missing == set(), (len(answered), server.output()[-3000:])
        assert await server.stop() == 0
        output = server.output()
        _, cause, trace = output.partition("Traceback")
        assert not cause, trace[:4000]
        assert not re.search("action=(request_failed|loop_failed|row_parked)", output)
