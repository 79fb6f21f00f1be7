"""What stands below the bot's name."""

import discord

from bot.client import presence


def test_discord_says_watching_in_front_of_it() -> None:
    shown = presence.activity("42 jobs")
    assert shown.type is discord.ActivityType.watching
    assert shown.name == "42 jobs"
