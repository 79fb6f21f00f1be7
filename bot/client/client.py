"""The discord.py client: its commands, its buttons, and what it notices."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import discord
from discord.ext import commands

from bot.client import command_check, failures, guild_check
from bot.client.actions import CardActions
from bot.client.guild_check import Finding
from bot.client.tree import Payload, Tree
from bot.core.roles import Rules
from bot.discord_ui import (
    answers,
    buttons,
    questions,
    run_buttons,
    storm_buttons,
)
from bot.discord_ui.base import Actions
from bot.discord_ui.questions import Questions
from bot.engine.services import Services
from bot.errors import Conflict

logger = logging.getLogger(__name__)

#: the modules of commands; each may have `ITEMS`, buttons of its own
COGS = (
    *("cogs.jobs", "cogs.incidents", "cogs.mutes", "cogs.maintenance"),
    *("cogs.reports", "cogs.summaries", "cogs.setup"),
)
#: what is kept of the commands that Discord has
COMMANDS_KEY = "discord_commands"

#: for all that a sync asks of Discord
SYNC_TIMEOUT_S = 60.0

Interaction = discord.Interaction[Any]


async def load_commands(client: commands.Bot) -> None:
    """Add all commands, and the buttons below their answers."""
    for name in COGS:
        await client.load_extension(name)
        client.add_dynamic_items(*getattr(client.extensions[name], "ITEMS", ()))


async def commands_of_this_version() -> list[Payload]:
    """The commands as they are given to Discord; asks nobody."""
    shelf = commands.Bot(
        commands.when_mentioned,
        tree_cls=Tree,
        intents=discord.Intents(guilds=True),
        help_command=None,
    )
    await load_commands(shelf)
    assert isinstance(shelf.tree, Tree)
    return shelf.tree.payload()


class Client(commands.Bot):
    """One connection to Discord; when it ends, the supervisor makes another."""

    def __init__(
        self,
        services: Services,
        *,
        rules: Callable[[], Rules],
        guild_id: int | None,
        noticed: Callable[[str], None],
        has_threads: bool = False,
    ) -> None:
        """`rules` is asked at each press and command: they may change.

        `has_threads` says that each card should have a thread.

        `noticed` is told `up`, `down` or `changed`, whenever that happens.
        """
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            # the least that discord.py takes: a longer wait is the engine's business
            max_ratelimit_timeout=30.0,
        )
        self.services = services
        self.actions: Actions = CardActions(services)
        self._rules = rules
        self.guild_id = guild_id
        self.has_threads = has_threads
        self._noticed = noticed
        #: what waits for a second press
        self.questions = Questions()
        #: custom ids of the forms that somebody is filling in
        self.open_forms: set[str] = set()
        #: what goes on beside events
        self._errands: set[asyncio.Task[None]] = set()
        #: why the commands are not there, if they are not
        self.commands_fault: Finding | None = None
        #: where Discord sends what people press and type, if not to this bot
        self.endpoint_url: str | None = None

    @property
    def rules(self) -> Rules:
        """Who may do what now."""
        return self._rules()

    async def setup_hook(self) -> None:
        """Take up buttons and commands; runs once, between login and gateway."""
        for items in (
            buttons.ITEMS,
            storm_buttons.ITEMS,
            questions.ITEMS,
            run_buttons.ITEMS,
        ):
            self.add_dynamic_items(*items)
        await load_commands(self)
        if self.application is not None:
            self.endpoint_url = self.application.interactions_endpoint_url
        if isinstance(self.tree, Tree):
            self.tree.guild_id = self.guild_id

    def beside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside everything else; it ends with the client."""
        if self.is_closed():
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            logger.error("%s failed", task.get_name(), exc_info=exc)

    async def close(self) -> None:
        """Let go of everything that goes on, and of the connection."""
        errands = list(self._errands)
        for task in errands:
            task.cancel()
        await asyncio.gather(*errands, return_exceptions=True)
        await super().close()

    def tested(self, message_id: int, button: str, by: str) -> None:
        """Somebody tries a test card; `cronitor discord check` asks for this."""
        self.services.link.pressed(message_id, button, by)

    async def sync_commands(self, *, force: bool = False) -> None:
        """Give Discord the commands if they are not what it has (point 10)."""
        if self.guild_id is None or not isinstance(self.tree, Tree):
            return
        guild = discord.Object(self.guild_id)
        self.tree.clear_commands(guild=guild)
        self.tree.copy_global_to(guild=guild)
        now = f"{self.application_id}:{self.guild_id}:{self.tree.digest(guild)}"
        known = not force and await self.services.store.recall(COMMANDS_KEY) == now
        try:
            async with asyncio.timeout(SYNC_TIMEOUT_S):
                # a kick while we were away has taken them, unknown to the store
                done = known and not await self._are_missing(self.tree, guild)
                if not done:
                    await self.tree.sync(guild=guild)
        except discord.Forbidden:
            self.commands_fault = guild_check.of_commands(
                self.guild_id, self.application_id
            )
            return
        except failures.AWAY as exc:
            text = f"the commands could not be brought up to date: {failures.said(exc)}"
            self.commands_fault = Finding("commands", f"{text}; it is tried again")
            return
        self.commands_fault = None
        if not done:
            await self.services.store.keep(COMMANDS_KEY, now)
            count = len(self.tree.get_commands(guild=guild))
            logger.info(
                "Discord has the %s groups of commands now",
                count,
                extra={"action": "discord_commands_synced"},
            )

    async def look_at_application(self) -> None:
        """Ask again where presses go; what cannot be asked stays as it was."""
        try:
            async with asyncio.timeout(SYNC_TIMEOUT_S):
                application = await self.application_info()
        except failures.AWAY as exc:
            logger.debug("the application cannot be asked: %s", failures.said(exc))
            return
        self.endpoint_url = application.interactions_endpoint_url

    async def _are_missing(self, tree: Tree, guild: discord.Object) -> bool:
        theirs = await tree.fetch_commands(guild=guild)
        return bool(command_check.compare(tree.payload(guild), theirs).missing)

    async def on_interaction(self, interaction: Interaction) -> None:
        """A form lives in memory: one that is sent after a restart has nobody left.

        (SEMANTICS, section 7, point 6.) Forms that are open answer by themselves.
        """
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        if custom_id in self.open_forms:
            return
        said = "the bot restarted while the form was open: try again"
        await answers.say_error(interaction, Conflict(said))

    async def on_ready(self) -> None:
        """A new session has begun."""
        self._noticed("up")

    async def on_resumed(self) -> None:
        """The session goes on."""
        self._noticed("up")

    async def on_disconnect(self) -> None:
        """The gateway is away; called at each try that fails as well."""
        self._noticed("down")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Invited again, maybe: its commands may be gone."""
        if guild.id == self.guild_id:
            await self.sync_commands(force=True)
        self._noticed("changed")

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """It was out of reach on Discord's side."""
        self._noticed("changed")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Kicked."""
        self._noticed("changed")

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """A channel may be what was missing."""
        self._noticed("changed")

    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        """Its permissions may be others now."""
        self._noticed("changed")

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """It may be ours."""
        self._noticed("changed")

    async def on_guild_role_update(
        self, before: discord.Role, after: discord.Role
    ) -> None:
        """A permission may have come or gone."""
        self._noticed("changed")

    async def on_guild_role_create(self, role: discord.Role) -> None:
        """It may be one that the settings name."""
        self._noticed("changed")

    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """A permission may have gone with it."""
        self._noticed("changed")

    async def on_member_update(
        self, before: discord.Member, after: discord.Member
    ) -> None:
        """Our own roles: no other member is told to us."""
        self._noticed("changed")

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Nothing any more once it is closed: discord.py's late READY would raise."""
        if not self.is_closed():
            super().dispatch(event_name, *args, **kwargs)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """A listener of ours has failed: in our log, not on standard error."""
        logger.exception("the listener %s failed", event_method)
