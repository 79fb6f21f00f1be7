"""`/mute`: silence a job, the jobs of a tag or a node, or everything, for a while."""

from datetime import timedelta
from re import Match
from typing import Annotated, Any, Self

from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.core import mutes, pages
from bot.core.kinds import MuteId, MuteScope
from bot.core.models import Actor
from bot.core.pages import Page
from bot.core.roles import Grade
from bot.discord_ui import answers, changes, lists, people, questions
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Pressed
from bot.errors import Invalid, Problem
from cogs import _autocomplete, _pages
from cogs._autocomplete import JobOption
from cogs._changes import in_public
from cogs._checks import Interaction, home, needs

LONGEST_REASON = 500

AnyJob = Annotated[str, JobOption()]


def _target(
    job: str | None, tag: str | None, node: str | None, *, everything: bool
) -> tuple[MuteScope, str]:
    """What is to be silent; raises Invalid unless it is exactly one thing."""
    given = [
        *([(MuteScope.JOB, job)] if job else []),
        *([(MuteScope.TAG, tag)] if tag else []),
        *([(MuteScope.NODE, node)] if node else []),
        *([(MuteScope.ALL, "")] if everything else []),
    ]
    if len(given) != 1:
        hint = "give a job, or a tag, or a node, or `everything: True`"
        raise Invalid(Problem("job", "it must be one of four", hint))
    return given[0]


class MutesPage(
    Pressed, DynamicItem[Button[View]], template=rf"cronitor:mutes:{_pages.NUMBER}"
):
    """Turns to another page of mutes."""

    need = Grade.VIEWER

    def __init__(self, page: int, label: str = "Page", is_end: bool = False) -> None:
        self.page = page
        custom_id = f"cronitor:mutes:{page}"
        super().__init__(_pages.button(custom_id, label, is_end=is_end))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(int(match["page"]))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show that page in the place of this one."""
        page = await _read(interaction, self.page)
        await interaction.edit_original_response(
            embed=lists.mutes(page), view=_buttons(page)
        )


async def _read(interaction: Interaction, page: int) -> Page:
    found = await home(interaction).services.reads.mutes()
    return pages.of(found, page, lists.SIZE)


def _buttons(page: Page) -> View:
    return _pages.turning(page.window, MutesPage)


@app_commands.guild_only()
class Mutes(commands.GroupCog, group_name="mute", group_description="Keep it quiet."):
    """What people silence; what happens is still recorded."""

    @app_commands.command(
        description="Silence a job, a tag, a node or everything for a while."
    )
    @app_commands.describe(
        for_="How long: 1h, 4h, 24h, 2d12h ... or, for a job, until recovery.",
        job="One job; type a few letters of it.",
        tag="All jobs with this tag.",
        node="All jobs of this machine.",
        everything="All jobs there are; you are asked once more.",
        reason="Why, for the others.",
    )
    @app_commands.rename(for_="for")
    @app_commands.autocomplete(
        for_=_autocomplete.mute_lengths,
        tag=_autocomplete.job_tags,
        node=_autocomplete.job_nodes,
    )
    @needs(Grade.OPERATOR)
    async def add(
        self,
        interaction: Interaction,
        for_: app_commands.Range[str, 1, 100],
        job: AnyJob | None = None,
        tag: app_commands.Range[str, 1, 100] | None = None,
        node: app_commands.Range[str, 1, 100] | None = None,
        everything: bool = False,
        reason: app_commands.Range[str, 1, LONGEST_REASON] = "",
    ) -> None:
        """A mute of everything asks once more."""
        duration = mutes.length(for_)
        scope, target = _target(job, tag, node, everything=everything)
        actor = people.actor(interaction.user)

        async def add(interaction: Interaction) -> None:
            said = await _add(interaction, scope, target, duration, reason, actor)
            await answers.answer(interaction, content=said, ephemeral=False)

        if scope is not MuteScope.ALL:
            async with in_public(interaction):
                said = await _add(interaction, scope, target, duration, reason, actor)
            await answers.answer(interaction, content=said, ephemeral=False)
            return
        count = await home(interaction).services.reads.job_count()
        text = f"This silences all {count} jobs, critical ones as well. Are you sure?"
        await questions.ask(interaction, text, "Mute everything", add, Grade.OPERATOR)

    @app_commands.command(name="list", description="List what is muted, and by whom.")
    @app_commands.describe(page="Which.")
    @needs(Grade.VIEWER)
    async def list_mutes(
        self, interaction: Interaction, page: app_commands.Range[int, 1, 100_000] = 1
    ) -> None:
        """Those that run."""
        await interaction.response.defer(ephemeral=True)
        found = await _read(interaction, page)
        embed, view = lists.mutes(found), _buttons(found)
        await answers.answer(interaction, **_pages.sent(embed, view, found.window))

    @app_commands.command(description="End a mute now.")
    @app_commands.describe(mute="Its number; type a few letters of what it silences.")
    @app_commands.autocomplete(mute=_autocomplete.running_mutes)
    @needs(Grade.OPERATOR)
    async def remove(
        self, interaction: Interaction, mute: app_commands.Range[str, 1, 100]
    ) -> None:
        """What it silenced and is still bad sounds once."""
        number = MuteId(_autocomplete.number("mute", mute))
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.mutes.remove(number, actor)
        said = changes.mute_ended(view, actor)
        await answers.answer(interaction, content=said, ephemeral=False)


async def _add(
    interaction: Interaction,
    scope: MuteScope,
    target: str,
    duration: timedelta | None,
    reason: str,
    actor: Actor,
) -> str:
    view = await home(interaction).services.mutes.add(
        scope,
        target,
        duration=duration,
        until_recovery=duration is None,
        reason=reason[:LONGEST_REASON],
        actor=actor,
    )
    return changes.muted(view, actor)


ITEMS = (MutesPage,)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(Mutes())
