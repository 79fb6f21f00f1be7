"""`/incident`: see what is wrong, and say that you have it."""

from datetime import timedelta
from re import Match
from typing import Annotated, Any, Self

from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.core import durations
from bot.core.kinds import IncidentId, IncidentStatus
from bot.core.pages import IncidentPage
from bot.core.roles import Grade
from bot.discord_ui import (
    answers,
    changes,
    explanations,
    incident_cards,
    lists,
    people,
)
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Pressed
from cogs import _autocomplete, _pages
from cogs._autocomplete import JobOption
from cogs._changes import in_public
from cogs._checks import Home, Interaction, home, needs

UNRESOLVED = "unresolved"
#: characters of a slug that a button can carry; others turn pages by `page`
_CARRIED = 60
#: characters of a note, or of a reason
LONGEST_NOTE = 500


class IncidentsPage(
    Pressed,
    DynamicItem[Button[View]],
    template=rf"cronitor:incidents:{_pages.NUMBER}:{_pages.FILTER}(?P<job>:.{{1,70}})?",
):
    """Turns to another page of incidents."""

    need = Grade.VIEWER

    def __init__(
        self, page: int, only: str, label: str = "Page", is_end: bool = False
    ) -> None:
        self.page = page
        #: a status, and the slug of a job after a colon, if it is of one
        self.only = only
        custom_id = f"cronitor:incidents:{page}:{only}"
        super().__init__(_pages.button(custom_id, label, is_end=is_end))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a message, whenever that was sent."""
        return cls(int(match["page"]), match["only"] + (match["job"] or ""))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Show that page in the place of this one."""
        word, _, job = self.only.partition(":")
        status = _status(word)
        page = await _read(home(interaction), status, self.page, job or None)
        await interaction.edit_original_response(
            embed=lists.incidents(page, status), view=_buttons(page, status)
        )


def _status(only: str) -> IncidentStatus | None:
    return IncidentStatus(only) if only in tuple(IncidentStatus) else None


async def _read(
    client: Home, status: IncidentStatus | None, page: int, job: str | None
) -> IncidentPage:
    reads = client.services.reads
    return await reads.incident_page(status, page=page, size=lists.SIZE, job=job)


def _buttons(page: IncidentPage, status: IncidentStatus | None) -> View:
    only = str(status or UNRESOLVED) + (f":{page.job}" if page.job else "")
    return _pages.turning(
        page.window, lambda to, label, is_end: IncidentsPage(to, only, label, is_end)
    )


def _number(typed: str) -> IncidentId:
    return IncidentId(_autocomplete.number("incident", typed))


def _length(typed: str | None) -> timedelta | None:
    return None if typed is None else durations.parse(typed, "for")


@app_commands.guild_only()
class Incidents(
    commands.GroupCog, group_name="incident", group_description="See what is wrong."
):
    """What people do about incidents."""

    @app_commands.command(name="list", description="List incidents, the newest first.")
    @app_commands.describe(
        status="Which; those that are not resolved, unless you say.",
        job="Only those of this job; type a few letters of it.",
        page="Which.",
    )
    @app_commands.choices(
        status=[
            app_commands.Choice(name=each, value=each)
            for each in (UNRESOLVED, *IncidentStatus)
        ]
    )
    @needs(Grade.VIEWER)
    async def list_incidents(
        self,
        interaction: Interaction,
        status: str = UNRESOLVED,
        job: Annotated[str, JobOption()] | None = None,
        page: app_commands.Range[int, 1, 100_000] = 1,
    ) -> None:
        """The first page, or another."""
        await interaction.response.defer(ephemeral=True)
        wanted = _status(status)
        found = await _read(home(interaction), wanted, page, job)
        embed = lists.incidents(found, wanted)
        if len(job or "") > _CARRIED:
            await answers.answer(interaction, embed=embed)
            return
        view = _buttons(found, wanted)
        await answers.answer(interaction, **_pages.sent(embed, view, found.window))

    @app_commands.command(description="Show an incident and its story.")
    @app_commands.describe(incident="Its number; type a few letters of its job.")
    @app_commands.autocomplete(incident=_autocomplete.any_incidents)
    @needs(Grade.VIEWER)
    async def show(
        self, interaction: Interaction, incident: app_commands.Range[str, 1, 100]
    ) -> None:
        """Also one that is over."""
        number = _number(incident)
        await interaction.response.defer(ephemeral=True)
        view = await home(interaction).services.reads.incident(number)
        await answers.answer(interaction, embed=incident_cards.card(view))

    @app_commands.command(description="Explain an incident, and when it sounds next.")
    @app_commands.describe(incident="Its number; type a few letters of its job.")
    @app_commands.autocomplete(incident=_autocomplete.any_incidents)
    @needs(Grade.VIEWER)
    async def why(
        self, interaction: Interaction, incident: app_commands.Range[str, 1, 100]
    ) -> None:
        """The rules, the times and the evidence behind it."""
        number = _number(incident)
        await interaction.response.defer(ephemeral=True)
        explanation = await home(interaction).services.reads.explain(number)
        await answers.answer(interaction, embed=explanations.render(explanation))

    @app_commands.command(description="End an incident by hand; the job starts afresh.")
    @app_commands.describe(
        incident="Its number; type a few letters of its job.",
        reason="What it was, for the others.",
    )
    @app_commands.autocomplete(incident=_autocomplete.unresolved_incidents)
    @needs(Grade.OPERATOR)
    async def resolve(
        self,
        interaction: Interaction,
        incident: app_commands.Range[str, 1, 100],
        reason: app_commands.Range[str, 1, LONGEST_NOTE] = "",
    ) -> None:
        """Though its job has not reported."""
        number, actor = _number(incident), people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.incidents.resolve(
                number, actor, reason
            )
        said = changes.resolved(view, actor, reason)
        await answers.answer(interaction, content=said, ephemeral=False)

    @app_commands.command(description="Add to an incident's story.")
    @app_commands.describe(
        incident="Its number; type a few letters of its job.",
        text="What people should know.",
    )
    @app_commands.autocomplete(incident=_autocomplete.any_incidents)
    @needs(Grade.OPERATOR)
    async def note(
        self,
        interaction: Interaction,
        incident: app_commands.Range[str, 1, 100],
        text: app_commands.Range[str, 1, LONGEST_NOTE],
    ) -> None:
        """Also once it is over."""
        number, actor = _number(incident), people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.incidents.add_note(
                number, actor, text
            )
        said = changes.noted(view, actor, text)
        await answers.answer(interaction, content=said, ephemeral=False)

    @app_commands.command(description='Say "I have it": it makes no more sounds.')
    @app_commands.describe(
        incident="Its number; type a few letters of its job.",
        for_="How long: 1h, 4h, 24h, 2d12h ...; 4h unless you say, 30d at most.",
    )
    @app_commands.rename(for_="for")
    @app_commands.autocomplete(
        incident=_autocomplete.unresolved_incidents,
        for_=_autocomplete.acknowledgement_lengths,
    )
    @needs(Grade.OPERATOR)
    async def ack(
        self,
        interaction: Interaction,
        incident: app_commands.Range[str, 1, 100],
        for_: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Until it is resolved, gets worse, or the time is up."""
        number, length = _number(incident), _length(for_)
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            view = await home(interaction).services.incidents.acknowledge(
                number, actor, length
            )
        said = changes.acknowledged(view, actor)
        await answers.answer(interaction, content=said, ephemeral=False)


ITEMS = (IncidentsPage,)


async def setup(client: commands.Bot) -> None:
    """Called by discord.py when the extension is loaded."""
    await client.add_cog(Incidents())
