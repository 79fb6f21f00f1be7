"""Answers that only the person who asked can see, and what an error becomes."""

import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord

from bot.discord_ui import hints, text
from bot.errors import CronitorError

logger = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

WENT_WRONG = "something went wrong; it is in the log"

#: Discord's codes for an interaction that can be answered no more: unknown (too old),
#: answered already, and a token that has ended after 15 minutes
GONE = {10062, 40060, 50027}
UNREACHABLE = (aiohttp.ClientError, TimeoutError, OSError)


async def answer(
    interaction: Interaction,
    *,
    content: str = "",
    embed: discord.Embed | None = None,
    view: discord.ui.View | None = None,
    file: discord.File | None = None,
    ephemeral: bool = True,
) -> None:
    """Answer, or follow up on what was deferred or answered already.

    Mentions nobody. Raises what discord.py raises.
    """
    said: dict[str, Any] = {
        "ephemeral": ephemeral,
        "allowed_mentions": discord.AllowedMentions.none(),
    }
    if content:
        said["content"] = text.cut(content, text.CONTENT)
    if embed is not None:
        said["embed"] = embed
    if view is not None:
        said["view"] = view
    if file is not None:
        said["file"] = file
    if interaction.response.is_done():
        await interaction.followup.send(**said)
    else:
        await interaction.response.send_message(**said)


async def announce(interaction: Interaction, content: str) -> discord.WebhookMessage:
    """Tell everybody, after something was deferred; the message may be edited.

    Mentions nobody. Raises what discord.py raises.
    """
    return await interaction.followup.send(
        text.cut(content, text.CONTENT),
        wait=True,
        allowed_mentions=discord.AllowedMentions.none(),
    )


def refused(exc: CronitorError) -> str:
    """What somebody did wrong, and the way out."""
    return f"⚠️ {text.disarm(hints.in_discord(str(exc)))}"


async def say_error(interaction: Interaction, exc: Exception) -> None:
    """Tell the person what went wrong; never raises.

    A CronitorError speaks for itself, everything else goes to the log.
    """
    if is_gone(exc):
        logger.info("an answer came too late for %s: %s", described(interaction), exc)
        return
    said = WENT_WRONG
    if isinstance(exc, CronitorError):
        said = text.disarm(hints.in_discord(str(exc)))
    else:
        logger.error("%s failed", described(interaction), exc_info=exc)
    try:
        await answer(interaction, content=f"⚠️ {said}")
    except (discord.HTTPException, *UNREACHABLE) as unsaid:
        logger.info("%s was not told: %s", described(interaction), unsaid)
    except Exception:
        logger.exception("%s was not told", described(interaction))


def is_gone(exc: BaseException) -> bool:
    """Whether it only says that nobody waits for the answer any more."""
    return isinstance(exc, discord.HTTPException) and exc.code in GONE


def described(interaction: Interaction) -> str:
    """The interaction for the log: what was pressed or typed, and by whom."""
    data: Mapping[str, Any] = interaction.data or {}
    what = data.get("custom_id") or data.get("name") or "an interaction"
    return f"{what} of {interaction.user.name}"
