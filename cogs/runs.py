"""The part of `/job` that is about runs: start one, end one, read its output."""

from re import Match
from typing import Annotated, Any, Self

import discord
from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.core import params, states
from bot.core.commands import Command
from bot.core.executions import ExecutionId
from bot.core.kinds import Overlap
from bot.core.models import Actor
from bot.core.roles import Grade
from bot.discord_ui import answers, outputs, people, runs
from bot.discord_ui.base import Acting
from bot.discord_ui.buttons import Pressed
from bot.discord_ui.questions import Wanted
from bot.errors import Conflict, NotFound
from cogs import _autocomplete
from cogs._autocomplete import JobOption
from cogs._changes import in_public, turn_private
from cogs._checks import Home, Interaction, home, needs

#: of a job whose name is typed
CommandJob = Annotated[str, JobOption(command=True)]
GoingJob = Annotated[str, JobOption(command=True, going=True)]
#: characters of values
LONGEST = 1000
Number = app_commands.Range[int, 1, 10**15]

#: what becomes of the run that goes on, if there is another one
_MEANWHILE = {
    Overlap.QUEUE: "the new one waits until that is over",
    Overlap.ALLOW: "both go on side by side",
    Overlap.REPLACE: "that one is ended",
}


class RunAnyway(
    Pressed, DynamicItem[Button[View]], template=r"cronitor:anyway:(?P<id>[0-9]{1,20})"
):
    """Says that another run is meant, while one goes on."""

    #: who may is said by the job, and asked in `act`
    need = Grade.VIEWER

    def __init__(self, asked_id: int) -> None:
        self.asked_id = asked_id
        super().__init__(
            Button(
                label="Run anyway",
                emoji="▶️",
                style=discord.ButtonStyle.danger,
                custom_id=f"cronitor:anyway:{asked_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: Match[str], /
    ) -> Self:
        """The button of a question."""
        return cls(int(match["id"]))

    async def act(self, interaction: Interaction, client: Acting) -> None:
        """Start what was asked about."""
        there = home(interaction)
        wanted = there.asked.get(self.asked_id)
        if wanted is None:
            raise Conflict("that question is too old: give the command again")
        command = await there.services.runs.command_of(wanted.slug)
        need = command.allow_trigger
        told = people.trigger_refusal(interaction, there.rules, wanted.slug, need)
        if told:
            await answers.answer(interaction, content=told)
            return
        actor = people.actor(interaction.user)
        view = await _start(there, wanted, actor)
        if there.asked.take(self.asked_id):
            await runs.announce(interaction, there, view, actor)
        else:
            await answers.answer(interaction, content=runs.begun_already(view))


async def _start(there: Home, wanted: Wanted, actor: Actor) -> states.View:
    return await there.services.runs.wish(
        wanted.slug, actor, params=wanted.values, key=wanted.key
    )


async def _in_the_way(there: Home, slug: str, command: Command) -> str:
    """What must be asked because a run goes on; empty: nothing, or it is refused."""
    if command.overlap is Overlap.SKIP:
        return ""
    found = await there.services.runs.of_job(slug)
    going = next((view for view in found if view["end"] is None), None)
    if going is None:
        return ""
    return f"{runs.begun_already(going)}. Another one: {_MEANWHILE[command.overlap]}."


class RunCommands(commands.Cog):
    """Mixed into the group `/job`."""

    @app_commands.command(description="Start a run of a job that Cronitor runs, now.")
    @app_commands.describe(
        job="Its name; type a few letters of it.",
        values="Of what the job lets you choose, such as target=full.",
    )
    @app_commands.rename(values="params")
    @app_commands.autocomplete(values=_autocomplete.run_params)
    @needs(Grade.VIEWER)
    async def run(
        self,
        interaction: Interaction,
        job: CommandJob,
        values: app_commands.Range[str, 1, LONGEST] = "",
    ) -> None:
        """Everybody reads who did it, and later how it ended."""
        there, actor = home(interaction), people.actor(interaction.user)
        async with in_public(interaction):
            command = await there.services.runs.command_of(job)
            need = command.allow_trigger
            told = people.trigger_refusal(interaction, there.rules, job, need)
            wanted = Wanted(
                slug=job, values=params.parse(values), key=f"discord {interaction.id}"
            )
            question = "" if told else await _in_the_way(there, job, command)
            view = None
            if not told and not question:
                view = await _start(there, wanted, actor)
        if view is not None:
            await runs.announce(interaction, there, view, actor)
            return
        await turn_private(interaction)
        if question:
            there.asked.add(interaction.id, wanted)
        await answers.answer(
            interaction,
            content=told or question,
            view=_asking(interaction.id) if question else None,
        )

    @app_commands.command(description="End the runs of a job that wait or go on.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.OPERATOR)
    async def cancel(self, interaction: Interaction, job: GoingJob) -> None:
        """TERM first, KILL later; the runs say who it was."""
        actor = people.actor(interaction.user)
        async with in_public(interaction):
            view: states.View = await home(interaction).services.runs.cancel(job, actor)
        said = runs.cancelled(view["runs"], actor)
        await answers.answer(interaction, content=said, ephemeral=False)

    @app_commands.command(description="Show what a run of a job has printed.")
    @app_commands.describe(
        job="Its name; type a few letters of it.",
        number="Which run; the newest that has begun, unless you say.",
    )
    @app_commands.rename(number="run")
    @app_commands.autocomplete(number=_autocomplete.runs_of_job)
    @needs(Grade.VIEWER)
    async def log(
        self, interaction: Interaction, job: CommandJob, number: Number | None = None
    ) -> None:
        """The end of it, and the whole as a file, to one person alone."""
        await interaction.response.defer(ephemeral=True)
        asked = home(interaction).services.runs
        view: states.View = (
            await asked.newest(job)
            if number is None
            else await asked.show(ExecutionId(number))
        )
        if view["job"] != job:
            raise NotFound(f"{job} has no run {number}; see `cronitor runs JOB`")
        output = await asked.shown_output(ExecutionId(view["id"]))
        await outputs.send(interaction, view, output)


def _asking(asked_id: int) -> View:
    view = View(timeout=None)
    view.add_item(RunAnyway(asked_id))
    return view


#: the button below a question
ITEMS = (RunAnyway,)
