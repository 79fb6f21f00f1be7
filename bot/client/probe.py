"""The client of `cronitor discord check`: asks Discord, and hears test buttons alone.

It may run beside a server with the same token: the gateway tells both of a press, so it
connects only where no server answers.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from bot.core.roles import Rules
from bot.discord_ui import buttons

#: labels of the buttons of a test card
LABELS = {
    item.custom_id: str(item.item.label)
    for item in (buttons.TestAcknowledge(), buttons.TestWhy())
}


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody has used a button of a test card."""

    message_id: int
    button: str
    #: the unique handle of the person
    by: str


class Probe(discord.Client):
    """As much of a client as the check needs."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=30.0,
        )
        #: for its questions; it has no commands
        self.tree = app_commands.CommandTree(self)
        #: whoever presses a test button only looks
        self.rules = Rules()
        self.is_connected = asyncio.Event()
        #: set whenever a button was pressed
        self.heard = asyncio.Event()
        #: those that this client has answered
        self.answered: list[Press] = []
        #: all of them: another client of the same bot may have been faster
        self.came: list[Press] = []

    async def setup_hook(self) -> None:
        """Know the buttons of test cards."""
        self.add_dynamic_items(buttons.TestAcknowledge, buttons.TestWhy)

    async def on_connect(self) -> None:
        """Events come in from now on."""
        self.is_connected.set()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Notice a press, whoever answers it."""
        data: Mapping[str, Any] = interaction.data or {}
        label = LABELS.get(str(data.get("custom_id")))
        if label is not None and interaction.message is not None:
            press = Press(interaction.message.id, label, interaction.user.name)
            self.came.append(press)
            self.heard.set()

    def tested(self, message_id: int, button: str, by: str) -> None:
        """A test button was pressed, and its answer has arrived."""
        self.answered.append(Press(message_id, button, by))
        self.heard.set()
