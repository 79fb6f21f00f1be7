"""What goes wrong on the way to Discord, and how it is said."""

import aiohttp
import discord

#: it is away, or the network is
AWAY = (discord.DiscordException, aiohttp.ClientError, TimeoutError, OSError)

REFUSED = (
    "discord.token is refused by Discord; copy it again from "
    "https://discord.com/developers/applications, your application, page Bot, "
    "Reset Token"
)


def said(exc: BaseException) -> str:
    """What went wrong, without an address that may hold something secret."""
    if isinstance(exc, discord.HTTPException):
        code = f", code {exc.code}" if exc.code else ""
        return f"it answers {exc.status}{code}"
    if isinstance(exc, TimeoutError):
        return str(exc) or "it does not answer in time"
    return f"it cannot be reached ({type(exc).__name__})"
