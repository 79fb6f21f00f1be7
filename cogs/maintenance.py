"""`/maintenance`: planned work, so that nobody is woken by it."""

from collections.abc import Mapping
from re import Match
from typing import Annotated, Any, Self

from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.core import pages
from bot.core.kinds import WindowId
from bot.core.pages import Page
from bot.core.roles import Grade
from bot.discord_ui import answers, changes, lists, people, questions
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Pressed
from cogs import _autocomplete, _pages
from cogs._autocomplete import JobOption
from cogs._changes import in_public
from cogs._checks import Interaction, home, needs

AnyJob = Annotated[str, JobOption()]
Short = app_commands.Range[str, 1, 100]


def _given(**options: object) -> dict[str, object]:
    """What was typed, as a table of the API."""
    return {key: value for key, value in options.items() if value is not None}


async def _announce(interaction: Interaction, table: Mapping[str, object]) -> str:
    actor = people.actor(interaction.user)
    view = await home(interaction).services.maintenance.add(table, actor)
    return changes.announced(view, actor)


class WindowsPage(
    Pressed, DynamicItem[Button[View]], template=rf"cronitor:windows:{_pages.NUMBER}"
):
    """Turns to another page of planned work."""

    need = Grade.VIEWER

    def __init__(self, page: int, label: str = "Page", is_end: bool = False) -> None:
        self.page = page
        custom_id = f"cronitor:windows:{page}"
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
            embed=lists.windows(page), view=_buttons(page)
        )


async def _read(interaction: Interaction, page: int) -> Page:
    found = await home(interaction).services.reads.maintenance()
    return pages.of(found, page, lists.SIZE)


def _buttons(page: Page) -> View:
    return _pages.turning(page.window, WindowsPage)


async def _ask(interaction: Interaction, table: Mapping[str, object]) -> None:
    """Work for everything is announced after a second press only."""

    async def announce(interaction: Interaction) -> None:
        said = await _announce(interaction, table)
        await answers.answer(interaction, content=said, ephemeral=False)

    services = home(interaction).services
    shown = await services.maintenance.preview(table)
    text = changes.blanket(shown, await services.reads.job_count())
    need, label = Grade.OPERATOR, "Announce it for all"
    await questions.ask(interaction, text, label, announce, need)


@app_commands.guild_only()
class Maintenance(
    commands.GroupCog,
    group_name="maintenance",
    group_description="Announce planned work.",
):
    """Windows in which what is missed is suppressed."""

    @app_commands.command(description="Announce planned work, once or again and again.")
    @app_commands.describe(
        job="For one job.",
        tag="For all jobs with this tag.",
        node="For all jobs of this machine.",
        everything="For all jobs there are; you are asked once more.",
        from_="When it begins; now, unless you say: 2026-12-24 18:00",
        to="When it ends: 2026-12-24 20:00",
        for_="Or how long it takes: 30m, 2h, 1d ...",
        cron="Or again and again, at these times: 0 2 * * SUN",
        timezone="Of these times, such as Europe/Berlin; UTC unless you say.",
        reason="Why, for the others.",
    )
    @app_commands.rename(from_="from", for_="for")
    @app_commands.autocomplete(
        tag=_autocomplete.job_tags,
        node=_autocomplete.job_nodes,
        for_=_autocomplete.work_lengths,
        timezone=_autocomplete.timezones,
    )
    @needs(Grade.OPERATOR)
    async def add(
        self,
        interaction: Interaction,
        job: AnyJob | None = None,
        tag: Short | None = None,
        node: Short | None = None,
        everything: bool = False,
        from_: Short | None = None,
        to: Short | None = None,
        for_: Short | None = None,
        cron: Short | None = None,
        timezone: Short | None = None,
        reason: app_commands.Range[str, 1, 500] | None = None,
    ) -> None:
        """The same table as the API takes, with the same errors."""
        table = _given(
            job=job,
            tag=tag,
            node=node,
            all=everything or None,
            **{"from": from_, "to": to, "for": for_, "cron": cron},
            timezone=timezone,
            reason=reason,
        )
        if everything:
            await _ask(interaction, table)
            return
        async with in_public(interaction):
            said = await _announce(interaction, table)
        await answers.answer(interaction, content=said, ephemeral=False)

    @app_commands.command(
        name="list", description="List planned work that goes on or is to come."
    )
    @app_commands.describe(page="Which.")
    @needs(Grade.VIEWER)
    async def list_windows(
        self, interaction: Interaction, page: app_commands.Range[int, 1, 100_000] = 1
    ) -> None:
        """Those that are not over."""
        await interaction.response.defer(ephemeral=True)
        found = await _read(interaction, page)
        embed, view = lists.windows(found), _buttons(found)
        await answers.answer(interaction, **_pages.sent(embed, view, found.window))

    @app_commands.command(description="End planned work now, for good.")
    @app_commands.describe(window="Its number; type a few letters of what it is about.")
    @app_commands.autocomplete(window=_autocomplete.planned_windows)
    @needs(Grade.OPERATOR)
    async def remove(self, interaction: Interaction, window: Short) -> None:
        """What was suppressed is judged at once."""
        number = WindowId(_autocomplete.number("window", window))
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.maintenance.remove(number, actor)
        said = changes.ended(view, actor)
        await answers.answer(interaction, content=said, ephemeral=False)


ITEMS = (WindowsPage,)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(Maintenance())
