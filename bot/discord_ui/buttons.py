"""The buttons and the menu of a card; all they know stands in their custom id.

A message of any age works after any restart. discord.py swallows an error of a dynamic
item's check and only logs one of its callback (SEMANTICS, section 7, point 2), so
`Pressed` wraps everything.
"""

from datetime import datetime, timedelta
from re import Match
from typing import Any, ClassVar, Self, cast

import discord
from discord.ui import Button, DynamicItem, Item, Select, View

from bot.core import roles
from bot.core.kinds import IncidentId
from bot.core.roles import Grade
from bot.discord_ui import answers, changes, explanations, people, text
from bot.discord_ui.base import Acting
from bot.errors import Conflict

Interaction = discord.Interaction[Any]

#: for how long the menu mutes; None: until the job recovers
MUTES: dict[str, timedelta | None] = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "24h": timedelta(hours=24),
    "recovery": None,
}
_MUTE_LABELS = {"1h": "1 hour", "4h": "4 hours", "24h": "24 hours"}
UNTIL_RECOVERY = "recovery"


class Pressed:
    """What every item does when it is used: check the grade, defer, act, answer.

    Stands before DynamicItem among the bases; nothing gets out of it but a
    cancellation.
    """

    #: who may use it
    need: ClassVar[Grade] = Grade.OPERATOR
    #: a message to the person comes in any case, and may take a while
    thinks: ClassVar[bool] = False

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Always: whoever may not is told so by `callback`."""
        return True

    async def callback(self, interaction: Interaction) -> None:
        """Do it, or tell the person why not."""
        try:
            await self._press(interaction)
        except Exception as exc:
            await answers.say_error(interaction, exc)

    async def _press(self, interaction: Interaction) -> None:
        client = cast(Acting, interaction.client)
        grade = people.grade_of(interaction, client.rules)
        if not roles.may(grade, self.need):
            refused = people.refusal(self.need, client.rules)
            await answers.answer(interaction, content=refused)
            return
        await self.defer(interaction)
        await self.act(interaction, client)

    async def defer(self, interaction: Interaction) -> None:
        """Win time: Discord wants an answer within three seconds."""
        if self.thinks:
            await interaction.response.defer(ephemeral=True, thinking=True)
        else:
            await interaction.response.defer()

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Do what it is for; raises CronitorError for the person to read."""
        raise NotImplementedError


class Acknowledge(
    Pressed, DynamicItem[Button[View]], template=r"cronitor:ack:(?P<id>[0-9]{1,18})"
):
    """Says "I have it"."""

    def __init__(self, incident_id: IncidentId) -> None:
        self.incident_id = incident_id
        super().__init__(
            Button(
                label="Acknowledge",
                emoji="✋",
                style=discord.ButtonStyle.primary,
                custom_id=f"cronitor:ack:{incident_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(IncidentId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """The card shows who has it; only the one who came second is told more."""
        actor = people.actor(interaction.user)
        view = await client.actions.acknowledge(self.incident_id, actor)
        first = str(view["acknowledged_by"])
        if first == str(actor):
            return
        said = f"✋ **{text.name(first)}** has acknowledged it already"
        if view["acknowledged_at"] is not None:
            said += f", {text.when(_moment(view['acknowledged_at']))}"
        await answers.answer(interaction, content=said)


class Why(
    Pressed, DynamicItem[Button[View]], template=r"cronitor:why:(?P<id>[0-9]{1,18})"
):
    """Explains the incident to whoever asks."""

    need = Grade.VIEWER
    thinks = True

    def __init__(self, incident_id: IncidentId) -> None:
        self.incident_id = incident_id
        super().__init__(
            Button(label="Why?", emoji="🔍", custom_id=f"cronitor:why:{incident_id}")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(IncidentId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show it to nobody else."""
        explanation = await client.actions.explain(self.incident_id)
        await answers.answer(interaction, embed=explanations.render(explanation))


class Unmute(
    Pressed, DynamicItem[Button[View]], template=r"cronitor:unmute:(?P<id>[0-9]{1,18})"
):
    """Ends the mutes of the job alone."""

    def __init__(self, incident_id: IncidentId) -> None:
        self.incident_id = incident_id
        super().__init__(
            Button(
                label="Unmute", emoji="🔔", custom_id=f"cronitor:unmute:{incident_id}"
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(IncidentId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """The card shows it."""
        actor = people.actor(interaction.user)
        ended = await client.actions.unmute(self.incident_id, actor)
        if not ended:
            raise Conflict("no mute of this job is running any more")
        said = f"🔔 the mute of this job has ended{changes.still(ended)}"
        await answers.answer(interaction, content=said)


class MuteMenu(
    Pressed, DynamicItem[Select[View]], template=r"cronitor:mute:(?P<id>[0-9]{1,18})"
):
    """Silences the job of the incident for a while."""

    def __init__(self, incident_id: IncidentId, *, until_recovery: bool = True) -> None:
        self.incident_id = incident_id
        options = [
            discord.SelectOption(label=label, value=value)
            for value, label in _MUTE_LABELS.items()
        ]
        if until_recovery:
            label = "until it recovers"
            options.append(discord.SelectOption(label=label, value=UNTIL_RECOVERY))
        super().__init__(
            Select(
                placeholder="Mute…",
                options=options,
                custom_id=f"cronitor:mute:{incident_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The menu of a message, whenever that was sent."""
        return cls(IncidentId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Mute, and say until when."""
        chosen = next(iter(self.item.values), "")
        if chosen not in MUTES:
            raise Conflict("this menu is of another version: use `/job mute` instead")
        actor = people.actor(interaction.user)
        view = await client.actions.mute(self.incident_id, MUTES[chosen], actor)
        until_at = _moment(view["until_at"])
        until = f"until {text.moment(until_at)} ({text.when(until_at)})"
        if view["until_recovery"]:
            until = f"until it recovers, and {until} at the latest"
        target = text.name(str(view["target"]), "this job")
        said = f"🔇 **{target}** is muted {until}; what happens is still recorded"
        await answers.answer(interaction, content=said)


class TestAcknowledge(
    Pressed, DynamicItem[Button[View]], template=r"cronitor:test:ack"
):
    """The button of a test card: only answers."""

    need = Grade.VIEWER
    #: it is no test of pytest's
    __test__ = False

    def __init__(self) -> None:
        super().__init__(
            Button(
                label="Acknowledge",
                emoji="✋",
                style=discord.ButtonStyle.primary,
                custom_id="cronitor:test:ack",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of any test card."""
        return cls()

    async def defer(self, interaction: Interaction) -> None:
        """Nothing takes time."""

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Say that it works."""
        await _works(interaction, client, self.item.label)


class TestWhy(Pressed, DynamicItem[Button[View]], template=r"cronitor:test:why"):
    """The other button of a test card: answers after it has deferred."""

    need = Grade.VIEWER
    thinks = True
    #: it is no test of pytest's
    __test__ = False

    def __init__(self) -> None:
        super().__init__(
            Button(label="Why?", emoji="🔍", custom_id="cronitor:test:why")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of any test card."""
        return cls()

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Say that it works."""
        await _works(interaction, client, self.item.label)


async def _works(interaction: Interaction, client: Acting, label: str | None) -> None:
    name = text.name(interaction.user.display_name)
    await answers.answer(interaction, content=f"✅ this button works, {name}")
    if interaction.message is not None:
        client.tested(interaction.message.id, label or "", interaction.user.name)


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


#: what a client registers with `add_dynamic_items`
ITEMS = (Acknowledge, Why, Unmute, MuteMenu, TestAcknowledge, TestWhy)
