"""How fast pings are answered, as a ratio to a bare aiohttp handler.

Run it by hand: python -m tests.benchmarks.bench_web. It needs wrk. The servers are
processes of their own on the first core, wrk has the second one, and the cases take
turns, so that a machine that is busy for a while is unfair to all of them alike. The
engine is a stand-in that answers everything in the next turn of the loop: what is
measured is what HTTP costs.
"""

import argparse
import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from aiohttp import web

from bot import interpreter
from bot.engine.pings import Answer, Incoming, Received
from bot.engine.services import Services
from bot.web.app import create_app
from bot.web.auth import Keys
from bot.web.server import WebServer

UUID = "07c2f548-9850-4b27-af5d-6c9dc157ec02"
KEYS = Keys(ping="benchmark-key")
OK = Received(answer=Answer.OK)


class Batches:
    """Answers all pings of a turn of the loop together, as a group commit does."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[Received]] = []

    @property
    def are_waiting(self) -> bool:
        """Whether a batch is to end."""
        return bool(self._waiting)

    def turned_away(self) -> None:
        """Nobody is, here."""

    def submit(self, incoming: Incoming) -> asyncio.Future[Received]:
        """Done at the end of the batch."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._commit)
        future: asyncio.Future[Received] = loop.create_future()
        self._waiting.append(future)
        return future

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.set_result(OK)


class FakeServices:
    """As much of Services as a ping needs."""

    def __init__(self) -> None:
        self.pings = Batches()


def services() -> Services:
    """The stand-in, passed off as the real one."""
    return cast(Services, FakeServices())


async def bare() -> int:
    """The least that aiohttp can do: one route, one constant answer."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(text="OK")

    app = web.Application()
    app.router.add_route("*", "/ping/{uuid}", handle)
    return await serve(app)


async def through_aiohttp() -> int:
    """Our application, without the short way for plain pings."""
    return await serve(create_app(services(), keys=KEYS))


async def serve(app: web.Application) -> int:
    """Listen on a free port."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


async def product() -> int:
    """What `cronitor up` serves with."""
    path = Path(tempfile.mkdtemp()) / "bench.sock"
    server = WebServer(host="127.0.0.1", port=0, socket_path=path, keys=KEYS)
    await server.start(services())
    return server.port


SERVERS: dict[str, Callable[[], Awaitable[int]]] = {
    "bare": bare,
    "aiohttp": through_aiohttp,
    "product": product,
}


async def child(name: str) -> None:
    """Serve until killed; the port goes to standard output."""
    print(await SERVERS[name](), flush=True)
    await asyncio.Event().wait()


def pinned(core: int, *command: str) -> list[str]:
    """The command, kept on one core where there are several."""
    if (os.cpu_count() or 1) < 2 or shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "-c", str(core), *command]


def rate(port: int, *, seconds: int, connections: int, script: Path | None) -> float:
    """Requests a second, by wrk."""
    url = f"http://127.0.0.1:{port}/ping/{UUID}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    if script is not None:
        command += ["-s", str(script)]
    shown = subprocess.run(
        pinned(1, *command), capture_output=True, text=True, check=True
    ).stdout
    bad = re.search(r"Non-2xx.*|Socket errors.*", shown)
    if bad:
        raise SystemExit(bad[0])
    found = re.search(r"Requests/sec:\s+([\d.]+)", shown)
    assert found is not None, shown
    return float(found[1])


def measure(rounds: int, seconds: int, connections: int, script: Path | None) -> None:
    """Print the median rate of each server, and the ratio to the bare one."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_web", "--child"]
    children = {
        name: subprocess.Popen(
            pinned(0, *command, name), stdout=subprocess.PIPE, text=True
        )
        for name in SERVERS
    }
    try:
        ports = {n: int(c.stdout.readline()) for n, c in children.items() if c.stdout}
        rates: dict[str, list[float]] = {name: [] for name in SERVERS}
        for _ in range(rounds):
            for name, port in ports.items():
                rates[name].append(
                    rate(port, seconds=seconds, connections=connections, script=script)
                )
    finally:
        for each in children.values():
            each.kill()
            each.wait()
    base = statistics.median(rates["bare"])
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"{name:10} {median:9,.0f}/s  {median / base:5.2f} of bare")


def post_script(folder: Path, size: int) -> Path:
    """What makes wrk send a POST with a body and the headers of curl."""
    script = folder / "post.lua"
    script.write_text(
        'wrk.method = "POST"\n'
        f'wrk.body = string.rep("x", {size})\n'
        'wrk.headers["User-Agent"] = "curl/8.5.0"\n'
        'wrk.headers["Accept"] = "*/*"\n'
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
    )
    return script


def main() -> None:
    """Measure GET, and POST with a small body."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", choices=SERVERS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    chosen = parser.parse_args()
    if chosen.child:
        interpreter.run(child(chosen.child))
        return
    with tempfile.TemporaryDirectory() as folder:
        for title, script in (("GET", None), ("POST", post_script(Path(folder), 300))):
            print(f"{title}, {chosen.connections} connections")
            measure(chosen.rounds, chosen.seconds, chosen.connections, script)


if __name__ == "__main__":
    main()
