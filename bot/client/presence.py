"""What stands below the bot's name: how many jobs it watches, and how they are."""

from typing import Any

import discord

from bot.core.kinds import Status


def text(status: dict[str, Any]) -> str:
    """`42 jobs, 1 failing`, after Discord's own "Watching"."""
    jobs = status["jobs"]
    count, down = sum(jobs.values()), jobs[str(Status.DOWN)]
    head = f"{count} job{'' if count == 1 else 's'}"
    return f"{head}, {down} failing" if down else head


def activity(said: str) -> discord.Activity:
    """The line as Discord takes it."""
    return discord.Activity(type=discord.ActivityType.watching, name=said)
