"""The commands over the wire: a real engine, discord.py, and a Discord on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.roles import Rules
from bot.discord_ui import answers
from bot.engine.services import Services
from tests.discord_wire.guilds import Role
from tests.discord_wire.interactions import Answer
from tests.discord_wire.people import Person
from tests.discord_wire.server import Discord
from tests.engine.house import House, house

EXTENSIONS = ("cogs.jobs", "cogs.incidents", "cogs.reports")


class Tree(app_commands.CommandTree[commands.Bot]):
    """Tells the person what went wrong."""

    async def on_error(
        self,
        interaction: discord.Interaction[Any],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """What a body raised is inside."""
        await answers.say_error(interaction, getattr(error, "original", error))


class Client(commands.Bot):
    """As much of the client as commands need."""

    def __init__(self, services: Services, rules: Rules, guild_id: int) -> None:
        super().__init__(
            commands.when_mentioned,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=Tree,
            help_command=None,
            guild_ready_timeout=0.05,
        )
        self.services = services
        self.rules = rules
        self.is_here = asyncio.Event()
        self._guild = discord.Object(guild_id)

    async def setup_hook(self) -> None:
        """Load and register everything."""
        await load(self)
        self.tree.copy_global_to(guild=self._guild)
        await self.tree.sync(guild=self._guild)

    async def before_identify_hook(
        self, shard_id: int | None, *, initial: bool = False
    ) -> None:
        """Do not wait the library's five seconds."""

    async def on_ready(self) -> None:
        """It may be used."""
        self.is_here.set()


async def load(client: commands.Bot) -> None:
    """All cogs and their buttons."""
    for name in EXTENSIONS:
        await client.load_extension(name)
        client.add_dynamic_items(*getattr(import_module(name), "ITEMS", ()))


class Desk:
    """Where people sit who use the commands."""

    def __init__(self, home: House, wire: Discord, ops: Role) -> None:
        self.house = home
        self.wire = wire
        self.rules = Rules(operator_role_ids=frozenset({ops.id}))
        self.admin: Person = wire.person("ada", manage_guild=True)
        self.operator: Person = wire.person("ola", roles=(ops,))
        self.viewer: Person = wire.person("vic")

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
        client = Client(self.house.engine, self.rules, self.wire.guild.id)
        with self.wire.in_this_process():
            running = asyncio.create_task(client.start(self.wire.token))
            try:
                await client.is_here.wait()
                yield client
            finally:
                await client.close()
                await asyncio.wait([running])


@asynccontextmanager
async def desk(path: Path) -> AsyncIterator[Desk]:
    """An engine on the database in `path`, and its bot in a guild."""
    async with house(path) as home, Discord() as wire:
        found = Desk(home, wire, wire.add_role("ops"))
        async with found.client():
            yield found
