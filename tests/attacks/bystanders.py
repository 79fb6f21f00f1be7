"""Those who mean well, and go on pinging while a server is attacked."""

import asyncio
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.acceptance.server import PATIENCE_S, POLL_S, Server, running

#: each of them pings well below its limit
JOBS = 20
_PAUSE_S = 0.02


@dataclass
class Watched:
    """How it went for those who mean well."""

    #: bodies that were answered 200
    answered: list[str] = field(default_factory=list)
    #: seconds, of each of those
    took: list[float] = field(default_factory=list)
    #: anything else that was answered, or happened instead
    others: Counter[str] = field(default_factory=Counter)

    @property
    def median_ms(self) -> float:
        """Half of them took no longer."""
        return statistics.median(self.took) * 1000 if self.took else float("inf")


class Bystander:
    """One client that opens a connection for each ping, as curl does."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._count = 0

    async def ping(self, seconds: float, whole: Watched | None = None) -> Watched:
        """Ping one job after another for so long; added to the whole, too."""
        watched = Watched()
        end = time.perf_counter() + seconds
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout
        ) as session:
            while time.perf_counter() < end:
                await self._once(session, watched)
                await asyncio.sleep(_PAUSE_S)
        if whole is not None:
            whole.answered += watched.answered
            whole.took += watched.took
            whole.others += watched.others
        return watched

    async def _once(self, session: aiohttp.ClientSession, watched: Watched) -> None:
        self._count += 1
        body = f"bystander-{self._count}"
        url = self._urls[self._count % len(self._urls)]
        began = time.perf_counter()
        try:
            async with session.post(f"{url}/log", data=body) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError) as exc:
            watched.others[type(exc).__name__] += 1
            return
        if response.status == 200:
            watched.answered.append(body)
            watched.took.append(time.perf_counter() - began)
        else:
            watched.others[str(response.status)] += 1


@dataclass
class Field:
    """A server, a bystander, and a job that is there to be attacked."""

    server: Server
    bystander: Bystander
    uuid: str

    def memory_mb(self, what: str) -> float:
        """Of the server's process: VmRSS is now, VmHWM the most there ever was."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        (line,) = [each for each in lines if each.startswith(f"{what}:")]
        return int(line.split()[1]) / 1024

    def open_files(self) -> int:
        """How many files and connections it has."""
        return len(os.listdir(f"/proc/{self._pid}/fd"))

    @property
    def _pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    @asynccontextmanager
    async def attacked(self, name: str) -> AsyncIterator[None]:
        """Under an attack of `tests.attacks.attackers` from another process."""
        attacker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.attacks.attackers"),
            *(name, str(self.server.port), self.uuid),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert attacker.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE_S):
                assert await attacker.stdout.readline() == b"attacking\n"
            yield
            assert attacker.returncode is None, "the attacker has given up"
        finally:
            if attacker.returncode is None:
                attacker.kill()
            await attacker.wait()

    async def until_quiet(self) -> None:
        """Wait until the attackers' connections are gone."""
        async with asyncio.timeout(PATIENCE_S):
            while self.open_files() > _FILES:
                await asyncio.sleep(POLL_S)


#: what a server has open by itself, and some more
_FILES = 60


@asynccontextmanager
async def field_of(folder: Path, **environ: str) -> AsyncIterator[Field]:
    """A server with jobs; gone at the end of the block."""
    async with running(folder, **environ) as server:
        jobs = [
            f'[[job]]\nslug = "job-{number}"\nevery = "10h"\n' for number in range(JOBS)
        ]
        file = folder / "jobs.toml"
        file.write_text("".join(jobs))
        file.chmod(0o600)
        code, out, err = await server.cli("apply", str(file), "--yes")
        assert code == 0, out + err
        listed = await server.json("job", "list")
        urls = [each["ping_url"] for each in listed]
        victim = await server.add("victim", "--every", "10h")
        yield Field(server, Bystander(urls), victim["uuid"])
