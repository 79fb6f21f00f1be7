"""A small bot of the real discord.py, for the tests of the local Discord."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
from discord import app_commands

from tests.discord_wire.server import Discord


class Bot(discord.Client):
    """A client that is ready at once and logs in again at once."""

    def __init__(self, server: Discord, intents: discord.Intents | None = None) -> None:
        self._notify = server.state.changes.notify
        super().__init__(
            intents=intents or discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: list[str] = []

    async def before_identify_hook(
        self, shard_id: int | None, *, initial: bool = False
    ) -> None:
        """Do not wait the library's five seconds."""

    def dispatch(self, event: str, /, *args: object, **kwargs: object) -> None:
        """Remember the names of all events."""
        self.heard.append(event)
        self._notify()
        super().dispatch(event, *args, **kwargs)

    def home(self, server: Discord) -> discord.TextChannel:
        """The channel of the server, as the client knows it."""
        channel = self.get_channel(server.channel.id)
        assert isinstance(channel, discord.TextChannel)
        return channel


@asynccontextmanager
async def connected(server: Discord, bot: Bot | None = None) -> AsyncIterator[Bot]:
    """A bot that is ready, and gone at the end of the block."""
    client = bot or Bot(server)
    with server.in_this_process():
        running = asyncio.create_task(client.start(server.token))
        try:
            await server.until(lambda: "ready" in client.heard or running.done())
            if running.done():
                running.result()
            yield client
        finally:
            await client.close()
            running.cancel()
            await asyncio.wait([running])


async def ask(
    server: Discord, method: str, path: str, body: object = None
) -> tuple[int, Any, dict[str, str]]:
    """A request without the library: status, body and headers of the answer."""
    headers = {"Authorization": f"Bot {server.token}"}
    async with (
        aiohttp.ClientSession(server.url + "/", headers=headers) as session,
        session.request(method, path.removeprefix("/"), json=body) as response,
    ):
        is_json = response.headers.get("Content-Type") == "application/json"
        told = await (response.json() if is_json else response.text())
        return response.status, told, dict(response.headers)
