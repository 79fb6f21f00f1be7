"""Who watches the watcher, with the real process: the outward heartbeat and health."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.acceptance.server import PATIENCE_S, POLL_S, Server, free_port, running
from tests.acceptance.with_discord import at_home

EVERY = "bot.engine.outward:RETRY_S=0.2"
SECRET = "a-secret-path-of-somebody"
SLOW = pytest.mark.slow


class Elsewhere:
    """What the outward heartbeat is posted to."""

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 200
        #: path with query, and body
        self.taken: list[tuple[str, str]] = []
        self.refused = 0

    @property
    def environ(self) -> dict[str, str]:
        """The settings that lead here."""
        url = f"http://127.0.0.1:{self.port}/ping/{SECRET}?from=here"
        return {
            "CRONITOR_WATCH__HEARTBEAT_URL": url,
            "CRONITOR_WATCH__HEARTBEAT_EVERY": "10s",
        }

    async def take(self, request: web.Request) -> web.Response:
        """Take a heartbeat, or refuse it."""
        if self.status == 200:
            self.taken.append((request.path_qs, await request.text()))
        self.refused += self.status != 200
        return web.Response(status=self.status)


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Somebody who listens."""
    there = Elsewhere()
    app = web.Application()
    app.router.add_post("/{path:.*}", there.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", there.port).start()
    try:
        yield there
    finally:
        await runner.cleanup()


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; a heartbeat is sent every ten seconds at most."""
    async with asyncio.timeout(3 * PATIENCE_S):
        while not holds():
            await asyncio.sleep(POLL_S)


async def until_fault(server: Server, *wanted: str) -> None:
    """Wait until exactly these parts are not well."""
    async with asyncio.timeout(PATIENCE_S):
        while (await server.get("/healthz")).get("faults", []) != list(wanted):
            await asyncio.sleep(POLL_S)


async def test_the_heartbeat_is_sent_and_its_url_is_in_no_log(tmp_path: Path) -> None:
    async with elsewhere() as there, running(tmp_path, **there.environ) as server:
        await until(lambda: there.taken)
        assert there.taken == [(f"/ping/{SECRET}?from=here", "")]
        assert await server.stop() == 0
        assert SECRET not in server.output()


async def test_a_heartbeat_that_nobody_takes_degrades_health(tmp_path: Path) -> None:
    async with elsewhere() as there:
        there.status = 500
        async with running(tmp_path, **there.environ) as server:
            await until_fault(server, "outward_heartbeat")
            code, out, _ = await server.cli("healthcheck")
            assert code == 0
            assert "outward_heartbeat: it cannot be sent: answered 500" in out
            await server.until_said("action=outward_heartbeat_failed")
            assert server.output().count("action=outward_heartbeat_failed") == 1
            assert SECRET not in server.output()


@SLOW
@pytest.mark.timeout(300)
async def test_the_heartbeat_says_fail_while_discord_is_away(tmp_path: Path) -> None:
    away = "bot.engine.outward:DISCORD_AWAY_S=0.5"
    async with (
        elsewhere() as there,
        at_home(tmp_path, away, environ=there.environ) as home,
    ):
        await until(lambda: there.taken)
        await home.discord.down()
        await home.until_health("degraded")
        await until(lambda: there.taken[-1][0] == f"/ping/{SECRET}/fail?from=here")
        assert there.taken[-1][1] == "Discord does not answer"
        await home.discord.up()
        await until(lambda: there.taken[-1][1] == "")
        await home.server.until_said("action=outward_heartbeat_unwell")
        assert home.server.output().count("action=outward_heartbeat_unwell") == 1


@pytest.mark.slow
async def test_a_process_that_stood_still_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert server.process is not None
        while "event_loop" not in (await server.get("/healthz")).get("faults", []):
            # only a sleep is measured: it may have been at work just then
            server.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(2.5)
            server.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.5)
        code, out, _ = await server.cli("healthcheck")
        assert (code, "event_loop: the event loop stood still for" in out) == (0, True)
