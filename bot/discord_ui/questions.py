"""Asking once more before something big: a button that only the asker sees.

What was asked for waits in memory, for as long as Discord lets an answer be edited. A
press that comes later, or after a restart, is told to try again.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from re import Match
from typing import Any, Protocol, Self, cast

import discord
from discord.ui import Button, DynamicItem, Item, View

from bot.core import roles
from bot.core.roles import Grade
from bot.discord_ui import answers, people
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Interaction, Pressed
from bot.errors import Conflict

#: Discord's own bound for an interaction
KEPT_FOR = timedelta(minutes=15)
#: questions that may be open at once; the oldest goes
MOST = 500

Act = Callable[[Interaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to do, and the grade that it takes when it is done."""

    at: datetime
    act: Act
    need: Grade


class Questions:
    """What waits for a second press."""

    def __init__(self) -> None:
        self._open: dict[str, Asked] = {}

    def ask(self, act: Act, at: datetime, need: Grade) -> str:
        """Keep it until it is confirmed; the token for its button."""
        token = secrets.token_hex(8)
        if len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        self._open[token] = Asked(at, act, need)
        return token

    def take(self, token: str, at: datetime, *, keep: bool = False) -> Asked:
        """What was asked, once; raises Conflict if nobody waits for it any more."""
        asked = self._open.get(token)
        if not keep:
            self._open.pop(token, None)
        if asked is None or at - asked.at > KEPT_FOR:
            raise Conflict("answered already, or asked too long ago: try again")
        return asked


class Asking(Protocol):
    """The client, as questions see it."""

    questions: Questions


class Sure(
    Pressed,
    DynamicItem[Button[View]],
    template=r"cronitor:sure:(?P<token>[0-9a-f]{16})",
):
    """The button that says: yes, do it; the grade is asked again."""

    need = Grade.VIEWER

    def __init__(
        self,
        token: str,
        label: str = "Do it",
        *,
        done: bool = False,
        style: discord.ButtonStyle = discord.ButtonStyle.danger,
    ) -> None:
        self.token = token
        super().__init__(
            Button(
                label=label,
                style=style,
                custom_id=f"cronitor:sure:{token}",
                disabled=done,
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button below a question."""
        return cls(match["token"])

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Do it, and say so to everybody; the question says that it was answered."""
        asking = cast(Asking, interaction.client)
        asked = asking.questions.take(self.token, interaction.created_at)
        grade = people.grade_of(interaction, client.rules)
        if not roles.may(grade, asked.need):
            refused = people.refusal(asked.need, client.rules)
            await answers.answer(interaction, content=refused)
            return
        await asked.act(interaction)
        # never without a button: discord.py would forget them for the whole process
        view = View(timeout=None)
        view.add_item(Sure(self.token, "Done", done=True))
        await interaction.edit_original_response(view=view)


class Again(
    Pressed,
    DynamicItem[Button[View]],
    # older ones were `again`, as Run again is; that one takes digits alone
    template=r"cronitor:(?:back:|again:(?=[0-9]*[a-f]))(?P<token>[0-9a-f]{16})",
):
    """The button that goes one step back: to the form, with what was typed."""

    need = Grade.VIEWER

    def __init__(self, token: str, label: str = "Change…") -> None:
        self.token = token
        super().__init__(Button(label=label, custom_id=f"cronitor:back:{token}"))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button below a question or an error."""
        return cls(match["token"])

    async def defer(self, interaction: Interaction) -> None:
        """A form must be the first answer."""

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """As often as it is pressed."""
        asking = cast(Asking, interaction.client)
        at = interaction.created_at
        await asking.questions.take(self.token, at, keep=True).act(interaction)


async def offer(
    interaction: Interaction,
    *,
    back: Act,
    need: Grade,
    go: tuple[str, Act] | None = None,
    text: str = "",
    embed: discord.Embed | None = None,
) -> None:
    """Show somebody what would be done: `go` does it, `back` lets them change it."""
    asking = cast(Asking, interaction.client)
    view, at = View(timeout=None), interaction.created_at
    if go is not None:
        label, act = go
        style = discord.ButtonStyle.success
        view.add_item(Sure(asking.questions.ask(act, at, need), label, style=style))
    view.add_item(Again(asking.questions.ask(back, at, need)))
    await answers.answer(interaction, content=text, embed=embed, view=view)


async def ask(
    interaction: Interaction, text: str, label: str, act: Act, need: Grade
) -> None:
    """Ask the person, and nobody else, whether they are sure."""
    asking = cast(Asking, interaction.client)
    view = View(timeout=None)
    token = asking.questions.ask(act, interaction.created_at, need)
    view.add_item(Sure(token, label))
    await answers.answer(interaction, content=text, view=view)


ITEMS = (Sure, Again)
