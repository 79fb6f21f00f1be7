"""`/status` and `/audit`: the whole of it at a glance, and who changed what."""

import math
from re import Match
from typing import Annotated, Any, Self

from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.core.pages import AuditPage
from bot.core.roles import Grade
from bot.discord_ui import answers, lists, reports
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Pressed
from cogs import _pages
from cogs._autocomplete import JobOption
from cogs._checks import Interaction, home, needs

#: characters of a subject that a button can carry; others turn pages by `page`
_SUBJECT = 70


def _gateway(latency_s: float) -> str:
    """It is connected, else nobody could have asked."""
    if not math.isfinite(latency_s):
        return "connected"
    return f"connected, {latency_s * 1000:.0f} ms away"


class AuditPages(
    Pressed,
    DynamicItem[Button[View]],
    template=rf"cronitor:audit:{_pages.NUMBER}:(?P<subject>.{{0,70}})",
):
    """Turns to another page of changes."""

    need = Grade.VIEWER

    def __init__(
        self, page: int, subject: str, label: str = "Page", is_end: bool = False
    ) -> None:
        self.page = page
        self.subject = subject
        custom_id = f"cronitor:audit:{page}:{subject}"
        super().__init__(_pages.button(custom_id, label, is_end=is_end))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(int(match["page"]), match["subject"])

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show that page in the place of this one."""
        page = await _read(interaction, self.page, self.subject)
        await interaction.edit_original_response(
            embed=lists.audit(page), view=_buttons(page, self.subject)
        )


async def _read(interaction: Interaction, page: int, subject: str) -> AuditPage:
    reads = home(interaction).services.reads
    return await reads.audit_page(subject or None, page=page, size=lists.SIZE)


def _buttons(page: AuditPage, subject: str) -> View:
    return _pages.turning(
        page.window, lambda to, label, is_end: AuditPages(to, subject, label, is_end)
    )


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

    @app_commands.command(description="Show who changed what, the newest first.")
    @app_commands.describe(
        job="Only changes of this job; type a few letters of it.", page="Which."
    )
    @app_commands.guild_only()
    @needs(Grade.VIEWER)
    async def audit(
        self,
        interaction: Interaction,
        job: Annotated[str, JobOption()] | None = None,
        page: app_commands.Range[int, 1, 100_000] = 1,
    ) -> None:
        """Everything that people and programs have done."""
        await interaction.response.defer(ephemeral=True)
        subject = job or ""
        found = await _read(interaction, page, subject)
        embed = lists.audit(found)
        if len(subject) > _SUBJECT:
            await answers.answer(interaction, embed=embed)
            return
        view = _buttons(found, subject)
        await answers.answer(interaction, **_pages.sent(embed, view, found.window))


ITEMS = (AuditPages,)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(Reports())
