"""`/setup`: the first-run walk through channels, roles, the first job and a test alert.

Its pages are seen by one person alone. All that a menu or button knows stands in its
custom id, so a page works on after a restart, and each press shows what is in force by
then.
"""

import contextlib
import secrets
from re import Match
from typing import Any, ClassVar, Self

import discord
from discord import app_commands
from discord.ext import commands
from discord.ui import (
    Button,
    ChannelSelect,
    DynamicItem,
    Item,
    RoleSelect,
    View,
)

from bot.client import failures, trials
from bot.core import choices
from bot.core.choices import Choice, Source
from bot.core.job_forms import Form
from bot.core.roles import Grade
from bot.discord_ui import answers, cards, setup_pages
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Pressed
from bot.discord_ui.job_forms import JobForm
from bot.discord_ui.setup_pages import Page, Walk
from bot.errors import Conflict
from bot.notifiers.discord_errors import translated
from cogs import _walks, forms
from cogs._checks import Interaction, home, needs

_PAGES = "|".join(Page)
_CHANNELS, _ROLES = "|".join(choices.CHANNELS), "|".join(choices.ROLES)
_ID = "[0-9]{1,20}"
_Item = DynamicItem[Any]
_TEXT_CHANNELS = [discord.ChannelType.text, discord.ChannelType.news]


class Step(Pressed):
    """What every item of the walk needs."""

    need: ClassVar[Grade] = Grade.ADMIN


class GoTo(
    Step, DynamicItem[Button[View]], template=rf"cronitor:setup:go:(?P<page>{_PAGES})"
):
    """Turns to a page."""

    def __init__(
        self,
        page: Page,
        label: str = "Go on",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        self.page = page
        custom_id = f"cronitor:setup:go:{page}"
        super().__init__(Button(label=label, style=style, custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a page, whenever that was shown."""
        return cls(Page(match["page"]))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show that page in the place of this one."""
        await _turn(interaction, self.page)


class PickChannel(
    Step,
    DynamicItem[ChannelSelect[View]],
    template=rf"cronitor:setup:pick:(?P<choice>{_CHANNELS})",
):
    """Chooses a channel, or none."""

    def __init__(self, choice: Choice, walk: Walk | None = None) -> None:
        self.choice = choice
        super().__init__(
            ChannelSelect(
                custom_id=f"cronitor:setup:pick:{choice}",
                channel_types=_TEXT_CHANNELS,
                min_values=0,
                **_menu(choice, walk, discord.SelectDefaultValueType.channel),
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The menu of a page, whenever that was shown."""
        return cls(Choice(match["choice"]))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """It applies at once; the page says what the bot lacks there."""
        ids = _walks.values(interaction)
        await _picked(interaction, self.choice, ids, Page.CHANNELS)


class PickRoles(
    Step,
    DynamicItem[RoleSelect[View]],
    template=rf"cronitor:setup:pick:(?P<choice>{_ROLES})",
):
    """Chooses the roles of a grade, or none."""

    def __init__(self, choice: Choice, walk: Walk | None = None) -> None:
        self.choice = choice
        super().__init__(
            RoleSelect(
                custom_id=f"cronitor:setup:pick:{choice}",
                min_values=0,
                max_values=choices.MOST_ROLES,
                **_menu(choice, walk, discord.SelectDefaultValueType.role),
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The menu of a page, whenever that was shown."""
        return cls(Choice(match["choice"]))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """It applies at once, unless whoever chose could not undo it then."""
        ids = _walks.values(interaction)
        if not _walks.locks_out(interaction, self.choice, ids):
            await _picked(interaction, self.choice, ids, Page.ROLES)
            return
        await _turn(interaction, Page.ROLES)
        await _walks.ask_about_lockout(interaction, self.choice, ids)


class MakeJob(Step, DynamicItem[Button[View]], template=r"cronitor:setup:job"):
    """Opens the form of `/job add`."""

    def __init__(self, label: str = "Make a job…") -> None:
        super().__init__(
            Button(
                label=label,
                style=discord.ButtonStyle.success,
                custom_id="cronitor:setup:job",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a page, whenever that was shown."""
        return cls()

    async def defer(self, interaction: Interaction) -> None:
        """A form must be the first answer."""

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """What is typed there goes on as after the command."""
        await JobForm("New job", Form(timezone="UTC"), forms.new).send(interaction)


class PostTest(Step, DynamicItem[Button[View]], template=r"cronitor:setup:test"):
    """Posts the card of `cronitor discord check`."""

    def __init__(self, *, is_off: bool = False) -> None:
        super().__init__(
            Button(
                label="Post a test card",
                style=discord.ButtonStyle.success,
                custom_id="cronitor:setup:test",
                disabled=is_off,
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a page, whenever that was shown."""
        return cls()

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """The page links to it, and offers to take it away."""
        force = home(interaction).services.choices.force
        channel_id = choices.channel(force, Choice.ALERT)
        if channel_id is None:
            raise Conflict("there is no channel for incidents: choose one first")
        card = cards.test_card(secrets.token_hex(4))
        try:
            message = await trials.send(interaction.client, channel_id, card)
        except failures.AWAY as exc:
            raise translated(exc) from exc
        await _turn(interaction, Page.TEST, message)


class RemoveTest(
    Step,
    DynamicItem[Button[View]],
    template=rf"cronitor:setup:untest:(?P<channel>{_ID}):(?P<message>{_ID})",
):
    """Takes the test card away."""

    def __init__(self, channel_id: int, message_id: int) -> None:
        self.channel_id = channel_id
        self.message_id = message_id
        super().__init__(
            Button(
                label="Take it away",
                custom_id=f"cronitor:setup:untest:{channel_id}:{message_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a page, whenever that was shown."""
        return cls(int(match["channel"]), int(match["message"]))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """It may be gone already."""
        channel = interaction.client.get_partial_messageable(self.channel_id)
        try:
            with contextlib.suppress(discord.NotFound):
                await channel.get_partial_message(self.message_id).delete()
        except failures.AWAY as exc:
            raise translated(exc) from exc
        await _turn(interaction, Page.TEST)


async def _picked(
    interaction: Interaction, choice: Choice, ids: tuple[int, ...], page: Page
) -> None:
    """Choose it; where that is refused, the menu shows again what is in force."""
    try:
        await _walks.choose(interaction, choice, ids)
    finally:
        await _turn(interaction, page)


async def _turn(
    interaction: Interaction, page: Page, posted: discord.Message | None = None
) -> None:
    """Show a page in the place of the one that was used."""
    walk = await _walks.read(interaction, "" if posted is None else posted.jump_url)
    await interaction.edit_original_response(
        embed=setup_pages.embed(page, walk), view=_view(page, walk, posted)
    )


def _menu(
    choice: Choice, walk: Walk | None, kind: discord.SelectDefaultValueType
) -> dict[str, Any]:
    """What all menus of the walk are made of; they show what is in force."""
    if walk is None:
        return {}
    holds = walk.force[choice]
    shown = [each for each in holds.ids if walk.is_there(each)][: choices.MOST_ROLES]
    return {
        "placeholder": setup_pages.placeholder(choice, holds),
        "default_values": [
            discord.SelectDefaultValue(id=each, type=kind) for each in shown
        ],
        "disabled": holds.source is Source.SETTINGS,
    }


def _view(page: Page, walk: Walk, posted: discord.Message | None = None) -> View:
    """The menus and buttons of a page."""
    view = View(timeout=None)
    for item in (*_items(page, walk, posted), *_turns(page, walk)):
        view.add_item(item)
    return view


def _items(page: Page, walk: Walk, posted: discord.Message | None) -> list[_Item]:
    """What is done on a page."""
    match page:
        case Page.CHANNELS:
            return [PickChannel(each, walk) for each in choices.CHANNELS]
        case Page.ROLES:
            return [PickRoles(each, walk) for each in choices.ROLES]
        case Page.JOB:
            return [MakeJob()]
        case Page.TEST:
            post = PostTest(is_off=not walk.force[Choice.ALERT].ids)
            if posted is None:
                return [post]
            return [post, RemoveTest(posted.channel.id, posted.id)]
        case _:
            return [GoTo(Page.CHANNELS, "Walk again")]


def _turns(page: Page, walk: Walk) -> list[_Item]:
    """The ways to other pages."""
    back, following = setup_pages.around(page, walk)
    found: list[_Item] = []
    if back is not None:
        found.append(GoTo(back, "Back"))
    if following is not None:
        label = setup_pages.onward(page, walk)
        found.append(GoTo(following, label, discord.ButtonStyle.primary))
    if page is Page.ROLES and following is not Page.JOB:
        found.append(GoTo(Page.JOB, "Another job"))
    return found


class SetupCommand(commands.Cog):
    """The walk."""

    @app_commands.command(
        name="setup", description="Choose channels and roles, make a job, try an alert."
    )
    @app_commands.guild_only()
    @needs(Grade.ADMIN)
    async def walk(self, interaction: Interaction) -> None:
        """Begin at the first page, whatever is chosen already."""
        await interaction.response.defer(ephemeral=True)
        walk = await _walks.read(interaction)
        embed = setup_pages.embed(Page.CHANNELS, walk)
        view = _view(Page.CHANNELS, walk)
        await answers.answer(interaction, embed=embed, view=view)


ITEMS = (GoTo, PickChannel, PickRoles, MakeJob, PostTest, RemoveTest)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(SetupCommand())
