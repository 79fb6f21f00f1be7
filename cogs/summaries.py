"""`/report`: what a day, a week or a job was like, in words and a picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Literal

from discord import app_commands
from discord.ext import commands

from bot.core import job_charts, summary_views
from bot.core.periods import PeriodKind
from bot.core.roles import Grade
from bot.discord_ui import answers, summary_cards
from bot.discord_ui.cards import Rendered
from bot.notifiers import tellings
from bot.reports import pictures
from cogs._autocomplete import JobOption
from cogs._changes import in_public
from cogs._checks import Interaction, home, needs

#: what `share` does, for every command
_SHARE = "Show it to everybody in this channel."
_DAY = timedelta(days=1)


@asynccontextmanager
async def _asked(interaction: Interaction, *, share: bool) -> AsyncIterator[None]:
    """Win time for drawing; an error is for whoever asked alone."""
    if share:
        async with in_public(interaction):
            yield
        return
    await interaction.response.defer(ephemeral=True)
    yield


async def _show(
    interaction: Interaction, kind: PeriodKind, before: timedelta, *, share: bool
) -> None:
    """The day or the week of that long ago."""
    async with _asked(interaction, share=share):
        summaries = home(interaction).services.summaries
        view = await summaries.view(kind, summaries.today() - before)
        report = await asyncio.to_thread(summary_views.report_from, view)
        png = await tellings.draw(report)
        said = await asyncio.to_thread(summary_cards.render, report, png)
        await _send(interaction, said, share=share)


async def _send(interaction: Interaction, said: Rendered, *, share: bool) -> None:
    file = None if said.picture is None else said.picture.file()
    await answers.answer(
        interaction,
        content=said.content,
        embed=said.embed,
        file=file,
        ephemeral=not share,
    )


@app_commands.guild_only()
class Summaries(
    commands.GroupCog, group_name="report", group_description="See how it went."
):
    """Reports, shown to whoever asks unless they are shared."""

    @app_commands.command(description="What has happened today so far.")
    @app_commands.describe(share=_SHARE)
    @needs(Grade.VIEWER)
    async def today(self, interaction: Interaction, share: bool = False) -> None:
        """The day that is not over yet."""
        await _show(interaction, PeriodKind.DAY, 0 * _DAY, share=share)

    @app_commands.command(description="What happened yesterday.")
    @app_commands.describe(share=_SHARE)
    @needs(Grade.VIEWER)
    async def yesterday(self, interaction: Interaction, share: bool = False) -> None:
        """The last day that is over, as it was posted if it was."""
        await _show(interaction, PeriodKind.DAY, _DAY, share=share)

    @app_commands.command(description="What happened in a week, Monday to Sunday.")
    @app_commands.describe(
        which="This week so far, unless you want the last one.", share=_SHARE
    )
    @needs(Grade.VIEWER)
    async def week(
        self,
        interaction: Interaction,
        which: Literal["this", "last"] = "this",
        share: bool = False,
    ) -> None:
        """This week, or the one before."""
        before = 7 * _DAY if which == "last" else 0 * _DAY
        await _show(interaction, PeriodKind.WEEK, before, share=share)

    @app_commands.command(description="How long a job takes, how late it is, and more.")
    @app_commands.describe(
        job="The job; type a few letters of it.",
        days="How far back; 30, unless you say.",
        share=_SHARE,
    )
    @needs(Grade.VIEWER)
    async def job(
        self,
        interaction: Interaction,
        job: Annotated[str, JobOption()],
        days: Literal[30, 90] = 30,
        share: bool = False,
    ) -> None:
        """One job over weeks: durations, lateness, incidents."""
        async with _asked(interaction, share=share):
            report = await home(interaction).services.summaries.job(job, days)
            drawing = await asyncio.to_thread(job_charts.chart, report)
            png = await pictures.draw_or_say_why(drawing)
            said = summary_cards.render_job(report, png)
            await _send(interaction, said, share=share)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(Summaries())
