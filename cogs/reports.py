"""`/status`: the whole of it at a glance."""

import math

from discord import app_commands
from discord.ext import commands

from bot.core.roles import Grade
from bot.discord_ui import answers, reports
from cogs._checks import Interaction, home, needs


def _gateway(latency_s: float) -> str:
    """It is connected, else nobody could have asked."""
    if not math.isfinite(latency_s):
        return "connected"
    return f"connected, {latency_s * 1000:.0f} ms away"


class Reports(commands.Cog):
    """What people ask about everything."""

    @app_commands.command(description="Show how everything stands.")
    @app_commands.guild_only()
    @needs(Grade.VIEWER)
    async def status(self, interaction: Interaction) -> None:
        """Jobs, incidents, mutes, what waits, and the server itself."""
        await interaction.response.defer(ephemeral=True)
        client = home(interaction)
        view = await client.services.reads.overview()
        faults = client.services.health.faults()
        embed = reports.overview(view, _gateway(client.latency), faults)
        await answers.answer(interaction, embed=embed)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(Reports())
