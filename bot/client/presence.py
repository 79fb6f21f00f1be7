"""What stands below the bot's name: how many jobs it watches, and how they are."""

import discord


def activity(said: str) -> discord.Activity:
    """The line as Discord takes it, after its own "Watching"."""
    return discord.Activity(type=discord.ActivityType.watching, name=said)
