"""The buttons and the menu of a storm's card: each acts on all of its incidents."""

from datetime import datetime, timedelta
from re import Match
from typing import Any, Self

import discord
from discord.ui import Button, DynamicItem, Item, Select, View

from bot.core.kinds import StormId
from bot.core.roles import Grade
from bot.discord_ui import answers, people, storm_explanations, text
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Interaction, Pressed
from bot.errors import Conflict

#: for how long the menu mutes
MUTES = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "24h": timedelta(hours=24),
}
_MUTE_LABELS = {"1h": "1 hour", "4h": "4 hours", "24h": "24 hours"}
_NAMED = 5


class AcknowledgeAll(
    Pressed,
    DynamicItem[Button[View]],
    template=r"cronitor:storm:ack:(?P<id>[0-9]{1,18})",
):
    """Says "I have all of it"."""

    def __init__(self, storm_id: StormId) -> None:
        self.storm_id = storm_id
        super().__init__(
            Button(
                label="Acknowledge all",
                emoji="✋",
                style=discord.ButtonStyle.primary,
                custom_id=f"cronitor:storm:ack:{storm_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(StormId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """The card shows who has it; only the one who came second is told more."""
        actor = people.actor(interaction.user)
        view = await client.actions.acknowledge_storm(self.storm_id, actor)
        owners = [who for who in map(str, _items(view["owners"])) if who != str(actor)]
        if view["acknowledged"] or not owners:
            return
        named = ", ".join(f"**{text.name(who)}**" for who in owners[:_NAMED])
        verb = "has" if len(owners) == 1 else "have"
        said = f"✋ {named} {verb} acknowledged it already"
        await answers.answer(interaction, content=said)


class MuteAll(
    Pressed,
    DynamicItem[Select[View]],
    template=r"cronitor:storm:mute:(?P<id>[0-9]{1,18})",
):
    """Silences the node or the tag of a storm, else each of its jobs, for a while."""

    def __init__(self, storm_id: StormId) -> None:
        self.storm_id = storm_id
        options = [
            discord.SelectOption(label=label, value=value)
            for value, label in _MUTE_LABELS.items()
        ]
        super().__init__(
            Select(
                placeholder="Mute all…",
                options=options,
                custom_id=f"cronitor:storm:mute:{storm_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The menu of a message, whenever that was sent."""
        return cls(StormId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Mute, and say what and until when."""
        chosen = next(iter(self.item.values), "")
        if chosen not in MUTES:
            raise Conflict("this menu is of another version: use `/mute add` instead")
        actor = people.actor(interaction.user)
        views = await client.actions.mute_storm(self.storm_id, MUTES[chosen], actor)
        until = datetime.fromisoformat(str(views[0]["until_at"]))
        what = f"{len(views)} jobs are"
        if len(views) == 1:
            scope, target = views[0]["scope"], text.name(str(views[0]["target"]))
            what = f"{scope} **{target}** is"
        said = f"🔇 {what} muted until {text.moment(until)} ({text.when(until)})"
        said += "; what happens is still recorded"
        await answers.answer(interaction, content=said)


class UnmuteAll(
    Pressed,
    DynamicItem[Button[View]],
    template=r"cronitor:storm:unmute:(?P<id>[0-9]{1,18})",
):
    """Ends the mutes of a storm's node or tag, and those of its jobs."""

    def __init__(self, storm_id: StormId) -> None:
        self.storm_id = storm_id
        custom_id = f"cronitor:storm:unmute:{storm_id}"
        super().__init__(Button(label="Unmute all", emoji="🔔", custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(StormId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """The card shows it; what is still bad sounds once, together."""
        actor = people.actor(interaction.user)
        views = await client.actions.unmute_storm(self.storm_id, actor)
        said = f"{len(views)} mutes of this storm have"
        if len(views) == 1:
            scope, target = views[0]["scope"], text.name(str(views[0]["target"]))
            said = f"the mute of {scope} **{target}** has"
        await answers.answer(interaction, content=f"🔔 {said} ended")


class WhyAll(
    Pressed,
    DynamicItem[Button[View]],
    template=r"cronitor:storm:why:(?P<id>[0-9]{1,18})",
):
    """Lists the storm's incidents for whoever asks."""

    need = Grade.VIEWER
    thinks = True

    def __init__(self, storm_id: StormId) -> None:
        self.storm_id = storm_id
        super().__init__(
            Button(label="Why?", emoji="🔍", custom_id=f"cronitor:storm:why:{storm_id}")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(StormId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show it to nobody else."""
        card = await client.actions.storm(self.storm_id)
        await answers.answer(interaction, embed=storm_explanations.render(card))


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


#: what a client registers with `add_dynamic_items`
ITEMS = (AcknowledgeAll, MuteAll, UnmuteAll, WhyAll)
