"""The part of `/job` that is about runs: start one, end one, read its output."""

from dataclasses import dataclass
from typing import Annotated

from discord import app_commands
from discord.ext import commands

from bot.core import params, states
from bot.core.commands import Command
from bot.core.executions import ExecutionId
from bot.core.kinds import Overlap
from bot.core.roles import Grade
from bot.discord_ui import answers, outputs, people, questions, runs
from bot.errors import NotFound
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A run that somebody typed; done twice it is one run."""

    slug: str
    values: dict[str, str]
    key: str

    async def begin(self, interaction: Interaction) -> states.View:
        """Start it."""
        return await home(interaction).services.runs.wish(
            self.slug,
            people.actor(interaction.user),
            params=self.values,
            key=self.key,
        )

    async def anyway(self, interaction: Interaction) -> None:
        """Start it beside, or after, one that goes on; who may is asked again."""
        there = home(interaction)
        command = await there.services.runs.command_of(self.slug)
        told = _refusal(interaction, self.slug, command)
        if told:
            await answers.answer(interaction, content=told)
            return
        view, actor = await self.begin(interaction), people.actor(interaction.user)
        await runs.announce(interaction, there, view, actor)


def _refusal(interaction: Interaction, slug: str, command: Command) -> str:
    rules, need = home(interaction).rules, command.allow_trigger
    return people.trigger_refusal(interaction, rules, slug, need)


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
        there, view = home(interaction), None
        async with in_public(interaction):
            command = await there.services.runs.command_of(job)
            wanted = _Wanted(
                slug=job, values=params.parse(values), key=f"discord {interaction.id}"
            )
            told = _refusal(interaction, job, command)
            question = "" if told else await _in_the_way(there, job, command)
            if not told and not question:
                view = await wanted.begin(interaction)
        if view is not None:
            actor = people.actor(interaction.user)
            await runs.announce(interaction, there, view, actor)
            return
        await turn_private(interaction)
        if told:
            await answers.answer(interaction, content=told)
        else:
            await questions.ask(
                interaction, question, "Run anyway", wanted.anyway, Grade.VIEWER
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
