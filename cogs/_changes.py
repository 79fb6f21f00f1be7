"""A change is told to everybody in the channel; what went wrong, only to its author."""

import contextlib
from collections.abc import AsyncIterator

import discord

from bot.discord_ui import answers
from cogs._checks import Interaction


@contextlib.asynccontextmanager
async def in_public(interaction: Interaction) -> AsyncIterator[None]:
    """Win time for a change that everybody will read about.

    After an error the placeholder goes away, so that the error can be for one person
    alone.
    """
    await interaction.response.defer()
    try:
        yield
    except Exception:
        await turn_private(interaction)
        raise


async def turn_private(interaction: Interaction) -> None:
    """Let the next answer be for one person alone, though it was to be for all.

    Discord gives the first follow-up the visibility of what was deferred, unless that
    placeholder is gone.
    """
    with contextlib.suppress(discord.DiscordException, *answers.UNREACHABLE):
        await interaction.delete_original_response()
