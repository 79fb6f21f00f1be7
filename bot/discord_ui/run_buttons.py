"""What some cards have besides: run again, read the whole output."""

from re import Match
from typing import Any, Self

from discord.ui import Button, DynamicItem, Item, View

from bot.core.kinds import IncidentId
from bot.core.roles import Grade
from bot.discord_ui import answers, outputs, people, runs
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Interaction, Pressed


class RunAgain(
    Pressed, DynamicItem[Button[View]], template=r"cronitor:again:(?P<id>[0-9]{1,18})"
):
    """Runs the job of the incident once more."""

    #: who may is said by the job, and asked in `act`
    need = Grade.VIEWER

    def __init__(self, incident_id: IncidentId) -> None:
        self.incident_id = incident_id
        super().__init__(
            Button(
                label="Run again", emoji="▶️", custom_id=f"cronitor:again:{incident_id}"
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(IncidentId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Everybody reads who did it; of two at once the second one is told alone."""
        slug, need = await client.actions.trigger(self.incident_id)
        refused = people.trigger_refusal(interaction, client.rules, slug, need)
        if refused:
            await answers.answer(interaction, content=refused)
            return
        actor = people.actor(interaction.user)
        view, is_new = await client.actions.run_again(self.incident_id, actor)
        if is_new:
            await runs.announce(interaction, client, view, actor)
        else:
            await answers.answer(interaction, content=runs.begun_already(view))


class Output(
    Pressed, DynamicItem[Button[View]], template=r"cronitor:output:(?P<id>[0-9]{1,18})"
):
    """Sends the whole output to whoever asks."""

    need = Grade.VIEWER
    thinks = True

    def __init__(self, incident_id: IncidentId) -> None:
        self.incident_id = incident_id
        super().__init__(
            Button(
                label="Output", emoji="📄", custom_id=f"cronitor:output:{incident_id}"
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(IncidentId(int(match["id"])))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show it to nobody else."""
        view, output = await client.actions.run_output(self.incident_id)
        await outputs.send(interaction, view, output)


#: what a client registers with `add_dynamic_items`
ITEMS = (RunAgain, Output)
