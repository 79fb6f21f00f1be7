"""A change is told to everybody in the channel; what went wrong, only to its author."""

import contextlib
from collections.abc import AsyncIterator

import discord

from bot.discord_ui import answers
from cogs._checks import Interaction


@contextlib.asynccontextmanager
async def in_public(interaction: Interaction) -> AsyncIterator[None]:
    """Win time for a change that everybody will read about.

    Discord gives the first follow-up the visibility of what was deferred: after an
    error that placeholder goes away, so that the error can be for one person alone.
    """
    await interaction.response.defer()
    try:
        yield
    except Exception:
        with contextlib.suppress(discord.DiscordException, *answers.UNREACHABLE):
            await interaction.delete_original_response()
        raise
