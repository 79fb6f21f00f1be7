"""`/job`: see what is watched, and pause, resume, mute or unmute it.

What is about runs is in `cogs.runs`.
"""

from re import Match
from typing import Annotated, Any, Self

from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.core import mutes
from bot.core.kinds import MuteScope, Status
from bot.core.pages import JobFilter, JobPage
from bot.core.roles import Grade
from bot.core.states import State
from bot.discord_ui import (
    answers,
    changes,
    explanations,
    job_cards,
    lists,
    people,
)
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Pressed
from bot.errors import Conflict
from cogs import _autocomplete, _pages
from cogs._autocomplete import JobOption
from cogs._changes import in_public
from cogs._checks import Home, Interaction, home, needs
from cogs.forms import FormCommands
from cogs.runs import RunCommands

ALL = "all"
#: characters of a filter that a button can carry; others turn pages by `page`
_CARRIED = 75
LONGEST_REASON = 500
_CHOICES = (
    *(State.DOWN, State.FAILING, State.LATE, State.RUNNING),
    *(State.UNKNOWN, State.NEW, State.UP, State.PAUSED),
)

Short = app_commands.Range[str, 1, 100]
AnyJob = Annotated[str, JobOption()]
PausedJob = Annotated[str, JobOption(status=Status.PAUSED)]
MutedJob = Annotated[str, JobOption(muted=True)]


class JobsPage(
    Pressed,
    DynamicItem[Button[View]],
    template=rf"cronitor:jobs:{_pages.NUMBER}:{_pages.FILTER}(?P<more>:.{{1,70}})?",
):
    """Turns to another page of jobs."""

    need = Grade.VIEWER

    def __init__(
        self, page: int, only: str, label: str = "Page", is_end: bool = False
    ) -> None:
        self.page = page
        self.only = only
        custom_id = f"cronitor:jobs:{page}:{only}"
        super().__init__(_pages.button(custom_id, label, is_end=is_end))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(int(match["page"]), match["only"] + (match["more"] or ""))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show that page in the place of this one."""
        page = await _read(home(interaction), _filter(self.only), self.page)
        await interaction.edit_original_response(
            embed=lists.jobs(page), view=_buttons(page)
        )


def _filter(only: str) -> JobFilter:
    """`down`, `all:t:db`, `late:n:nas`: as a button carries it."""
    word, _, more = only.partition(":")
    kind, _, name = more.partition(":")
    return JobFilter(
        said=State(word) if word in tuple(State) else None,
        tag=name if kind == "t" else None,
        node=name if kind == "n" else None,
    )


def _carried(wanted: JobFilter) -> str:
    """The same the other way round; empty where a button cannot carry it."""
    only = str(wanted.said or ALL)
    if wanted.tag and wanted.node:
        return ""
    if wanted.tag or wanted.node:
        only += f":t:{wanted.tag}" if wanted.tag else f":n:{wanted.node}"
    return only if len(only) <= _CARRIED else ""


async def _read(client: Home, wanted: JobFilter, page: int) -> JobPage:
    return await client.services.reads.job_page(wanted, page=page, size=lists.SIZE)


def _buttons(page: JobPage) -> View:
    only = _carried(page.filter)
    return _pages.turning(
        page.window, lambda to, label, is_end: JobsPage(to, only, label, is_end)
    )


@app_commands.guild_only()
class Jobs(
    RunCommands,
    FormCommands,
    commands.GroupCog,
    group_name="job",
    group_description="See and steer the jobs.",
):
    """What people do with jobs."""

    @app_commands.command(name="list", description="List jobs, the worst first.")
    @app_commands.describe(
        status="Only those of which this is said.",
        tag="Only those with this tag.",
        node="Only those of this machine.",
        page="Which.",
    )
    @app_commands.autocomplete(tag=_autocomplete.job_tags, node=_autocomplete.job_nodes)
    @app_commands.choices(
        status=[app_commands.Choice(name=each, value=each) for each in _CHOICES]
    )
    @needs(Grade.VIEWER)
    async def list_jobs(
        self,
        interaction: Interaction,
        status: str | None = None,
        tag: Short | None = None,
        node: Short | None = None,
        page: app_commands.Range[int, 1, 100_000] = 1,
    ) -> None:
        """The first page, or another."""
        await interaction.response.defer(ephemeral=True)
        said = None if status is None else State(status)
        wanted = JobFilter(said=said, tag=tag, node=node)
        found = await _read(home(interaction), wanted, page)
        embed = lists.jobs(found)
        if not _carried(wanted):
            await answers.answer(interaction, embed=embed)
            return
        view = _buttons(found)
        await answers.answer(interaction, **_pages.sent(embed, view, found.window))

    @app_commands.command(description="Show how a job stands, and when it is due.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.VIEWER)
    async def show(self, interaction: Interaction, job: AnyJob) -> None:
        """Everything but its ping URL."""
        await interaction.response.defer(ephemeral=True)
        view = await home(interaction).services.reads.job(job)
        await answers.answer(interaction, embed=job_cards.card(view))

    @app_commands.command(description="Explain how a job stands, and when it sounds.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.VIEWER)
    async def why(self, interaction: Interaction, job: AnyJob) -> None:
        """The rule, the times and the evidence, also of a job that is well."""
        await interaction.response.defer(ephemeral=True)
        explanation = await home(interaction).services.reads.explain_job(job)
        await answers.answer(interaction, embed=explanations.render(explanation))

    @app_commands.command(description="Show what a job has done lately.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.VIEWER)
    async def history(self, interaction: Interaction, job: AnyJob) -> None:
        """Its last slots, runs and incidents."""
        await interaction.response.defer(ephemeral=True)
        view = await home(interaction).services.reads.job(job)
        await answers.answer(interaction, embed=job_cards.history(view))

    @app_commands.command(description="Stop watching a job until it is resumed.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.OPERATOR)
    async def pause(self, interaction: Interaction, job: AnyJob) -> None:
        """Watch no more."""
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.jobs.pause(job, actor)
        said = changes.paused(view, actor)
        await answers.answer(interaction, content=said, ephemeral=False)

    @app_commands.command(description="Watch a paused job again.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.OPERATOR)
    async def resume(self, interaction: Interaction, job: PausedJob) -> None:
        """Watch again from now on."""
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.jobs.resume(job, actor)
        said = changes.resumed(view, actor)
        await answers.answer(interaction, content=said, ephemeral=False)

    @app_commands.command(description="Keep a job from making a sound for a while.")
    @app_commands.describe(
        job="Its name; type a few letters of it.",
        for_="How long: 1h, 4h, 24h, 2d12h ... or until recovery; 30d at most.",
        reason="Why, for the others.",
    )
    @app_commands.rename(for_="for")
    @app_commands.autocomplete(for_=_autocomplete.mute_lengths)
    @needs(Grade.OPERATOR)
    async def mute(
        self,
        interaction: Interaction,
        job: AnyJob,
        for_: str,
        reason: app_commands.Range[str, 1, LONGEST_REASON] = "",
    ) -> None:
        """Silence it; what happens is still recorded."""
        duration = mutes.length(for_)
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.mutes.add(
                MuteScope.JOB,
                job,
                duration=duration,
                until_recovery=duration is None,
                reason=reason[:LONGEST_REASON],
                actor=actor,
            )
        said = changes.muted(view, actor)
        await answers.answer(interaction, content=said, ephemeral=False)

    @app_commands.command(description="Let a muted job make sounds again.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.OPERATOR)
    async def unmute(self, interaction: Interaction, job: MutedJob) -> None:
        """End the mutes of this job alone."""
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            ended = await home(interaction).services.mutes.unmute(job, actor)
            if not ended:
                raise Conflict(f"{job} has no mute of its own; `/status` lists all")
        said = changes.unmuted(job, ended, actor)
        await answers.answer(interaction, content=said, ephemeral=False)


ITEMS = (JobsPage,)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(Jobs())
