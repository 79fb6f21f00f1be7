"""The real server as its own process beside a local Discord, and acts on both."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from tests.acceptance.server import PATIENCE_S, POLL_S, Json, Server
from tests.discord_wire.messages import Message
from tests.discord_wire.server import Discord

#: waits of the product, made short: what is tested is what happens, not how long after
SHORT = (
    "bot.engine.card_sends:FIRST_WAIT=0.1",
    "bot.engine.card_sends:LONGEST_WAIT=0.5",
    "bot.core.storm_cards:EVERY=0.5",
    "bot.engine.channels:PROBE_EVERY=1",
    "bot.notifiers.discord:TIMEOUT_S=2",
    # tests of Discord's limits set what it is without them
    "bot.notifiers.pace:WINDOW_S=0",
    "bot.client.supervisor:FIRST_WAIT_S=0.1",
    "bot.client.supervisor:LONGEST_WAIT_S=0.5",
    "bot.client.supervisor:BLINK_S=0.2",
    "bot.client.supervisor:PRESENCE_EVERY_S=0.1",
    # a busy machine is no fault of what these tests are about
    "bot.engine.vitals:LAG_S=60",
)
#: what a test adds that lets Discord keep its limits
KEEPING_LIMITS = (
    "bot.notifiers.discord:TIMEOUT_S=20",
    "bot.notifiers.pace:WINDOW_S=5",
)


class Home:
    """A server, its Discord, and its jobs."""

    def __init__(self, discord: Discord, server: Server) -> None:
        self.discord = discord
        self.server = server
        self.urls: dict[str, str] = {}

    async def add(self, slug: str, *options: str) -> Json:
        """Make a job."""
        job = await self.server.add(slug, *(options or ("--every", "10h")))
        self.urls[slug] = job["ping_url"]
        return job

    async def ping(self, slug: str, suffix: str = "", body: str = "") -> None:
        """Report for a job."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.urls[slug] + suffix, data=body) as response,
        ):
            assert response.status == 200, await response.text()

    async def broken(
        self, slug: str = "backup", body: str = "", node: str = ""
    ) -> Message:
        """A job that has just failed, and its card; many of one node are a storm."""
        await self.add(slug, "--every", "10h", *(["--node", node] if node else []))
        count = len(self.cards())
        await self.ping(slug, "/fail", body)
        await self.until(lambda: len(self.cards()) > count, f"the card of {slug}")
        return self.cards()[-1]

    def cards(self) -> list[Message]:
        """The cards in all channels that are still there, oldest first."""
        return [each for each in self.messages() if _is_card(each)]

    def messages(self) -> list[Message]:
        """Everything that the bot has said and nobody deleted, oldest first."""
        guild = self.discord.guild
        channels = list(guild.channels.values())
        found = [m for c in channels for m in self.discord.messages(c)]
        return sorted(found, key=lambda message: message.id)

    async def until(self, holds: Callable[[], object], what: str = "it") -> None:
        """Wait until something holds, in Discord or in the server."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            told = f"{what} never came\n{self.discord.requests}\n{self.server.output()}"
            raise AssertionError(told) from None

    async def until_ready(self, times: int) -> None:
        """Wait until the bot has been connected so many times."""
        said = "action=discord_connected"
        await self.until(lambda: self.server.output().count(said) >= times, said)

    async def until_quiet(self) -> None:
        """Wait until nothing is left to be told."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.server.get("/v1/status"))["backlog"] or self.stale():
                await asyncio.sleep(POLL_S)

    def stale(self) -> int:
        """How many cards, and messages about storms, are not up to date."""
        count = 0
        for table in ("cards", "bulletins"):
            sql = f"SELECT count(*) FROM {table} WHERE try_at IS NOT NULL"
            count += self.server.rows(sql)[0][0]
        return count

    async def health(self) -> Json:
        """What /healthz says."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.server.url}/healthz") as response,
        ):
            answer: Json = await response.json()
            return answer

    async def until_health(self, status: str) -> None:
        """Wait until it says so, but for a machine that holds everything up."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.server.faults() == []) != (status == "ok"):
                await asyncio.sleep(POLL_S)


def _is_card(message: Message) -> bool:
    footers = [embed.get("footer", {}).get("text", "") for embed in message.embeds]
    return any(".c" in text and "incident #" in text for text in footers)


@asynccontextmanager
async def at_home(
    folder: Path,
    *constants: str,
    discord: Discord | None = None,
    connected: bool = True,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[Home]:
    """A server that is connected to Discord; both are gone at the end of the block.

    A `discord` that is handed in is the caller's to start and to end.
    """
    async with AsyncExitStack() as stack:
        there = discord if discord is not None else Discord()
        if discord is None:
            await stack.enter_async_context(there)
        settings = {
            **there.environ(*SHORT, *constants),
            **there.settings(),
            **(environ or {}),
        }
        server = Server(folder, **settings)
        await server.start()
        try:
            if connected:
                await there.gateway.until_connected()
            yield Home(there, server)
        finally:
            process = server.process
            if process is not None and process.returncode is None:
                await server.kill()
        assert there.token not in server.output()
        assert "Traceback" not in server.output(), server.output()
