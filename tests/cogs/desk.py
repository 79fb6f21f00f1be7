"""The commands over the wire: a real engine, discord.py, and a Discord on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.client.client import Client
from bot.core.roles import Rules
from tests.discord_wire.guilds import Role
from tests.discord_wire.interactions import Answer
from tests.discord_wire.people import Person
from tests.discord_wire.server import Discord
from tests.engine.house import House, house


class Desk:
    """Where people sit who use the commands."""

    def __init__(self, home: House, wire: Discord, ops: Role) -> None:
        self.house = home
        self.wire = wire
        self.rules = Rules(operator_role_ids=frozenset({ops.id}))
        self.admin: Person = wire.person("ada", manage_guild=True)
        self.operator: Person = wire.person("ola", roles=(ops,))
        home.engine.choices.guild_id = wire.guild.id
        self.viewer: Person = wire.person("vic")

    def rules_now(self) -> Rules:
        """What was chosen; where nothing was, what the desk began with."""
        chosen = self.house.engine.choices.rules
        return Rules(
            viewer_role_ids=chosen.viewer_role_ids,
            operator_role_ids=chosen.operator_role_ids or self.rules.operator_role_ids,
            admin_role_ids=chosen.admin_role_ids,
        )

    async def told(self, answer: Answer) -> str:
        """The error that only the person reads, after the placeholder went away."""
        await self.wire.until(lambda: answer.message.is_deleted)
        (told,) = await self.wire.until(lambda: answer.followups)
        assert told.is_ephemeral
        assert self.wire.messages() == []
        return told.text

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A bot that is connected."""
        up = asyncio.Event()
        client = Client(
            self.house.engine,
            rules=self.rules_now,
            guild_id=self.wire.guild.id,
            noticed=lambda what: up.set() if what == "up" else None,
        )
        self.bot = client
        # discord.py waits so long for one more server
        client._connection.guild_ready_timeout = 0.01
        with self.wire.in_this_process():
            running = asyncio.create_task(client.start(self.wire.token))
            try:
                await up.wait()
                await client.sync_commands()
                yield client
            finally:
                # after `close` discord.py could not tell of the disconnection
                running.cancel()
                await asyncio.wait([running])
                await client.close()
                await asyncio.gather(*_listeners())


def _listeners() -> list[asyncio.Task[Any]]:
    """What discord.py has begun for an event and does not wait for."""
    tasks = asyncio.all_tasks()
    return [each for each in tasks if each.get_name().startswith("discord.py")]


@asynccontextmanager
async def desk(path: Path, **parts: Any) -> AsyncIterator[Desk]:
    """An engine on the database in `path`, and its bot in a guild."""
    async with house(path, **parts) as home, Discord() as wire:
        found = Desk(home, wire, wire.add_role("ops"))
        async with found.client():
            yield found
