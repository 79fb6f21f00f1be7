"""The part of `/job` that makes, changes and removes jobs, in forms."""

import functools
from typing import Annotated

from discord import app_commands
from discord.ext import commands

from bot.core import audits, job_forms
from bot.core.job_forms import Form
from bot.core.models import Definition
from bot.core.roles import Grade
from bot.core.states import View
from bot.discord_ui import answers, changes, people, questions
from bot.discord_ui.job_forms import JobForm, preview
from bot.engine.jobs import Edited
from bot.errors import CronitorError, Overtaken
from cogs._autocomplete import JobOption
from cogs._checks import Interaction, home, needs

AnyJob = Annotated[str, JobOption()]
#: whoever does it in the end must be an admin still
_offer = functools.partial(questions.offer, need=Grade.ADMIN)


async def new(interaction: Interaction, form: Form) -> None:
    """Show what the form means, or what is wrong with it; then make the job."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    services = home(interaction).services

    async def back(interaction: Interaction) -> None:
        await JobForm("New job", form, new).send(interaction)

    async def make(interaction: Interaction) -> None:
        actor = people.actor(interaction.user)
        view: View = await services.jobs.add(job_forms.table(form), actor)
        said = changes.added(view, actor)
        await answers.answer(interaction, content=said, ephemeral=False)
        await answers.answer(interaction, content=changes.ping_url(view))

    try:
        shown = await services.jobs.preview(job_forms.table(form))
    except CronitorError as exc:
        await _offer(interaction, text=answers.refused(exc), back=back)
        return
    embed = preview(form.name, shown)
    await _offer(interaction, embed=embed, go=("Create", make), back=back)


class _Edit:
    """One job that somebody changes, as it was when the form was opened."""

    def __init__(self, slug: str, opened: Definition) -> None:
        self._slug = slug
        self._opened = opened

    async def open(self, interaction: Interaction, form: Form) -> None:
        """The form, with what was typed so far."""
        await JobForm(f"Change {self._slug}", form, self.submitted).send(interaction)

    async def submitted(self, interaction: Interaction, form: Form) -> None:
        """Show what would change, or what is wrong with it; then change it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.show(interaction, form)

    async def show(self, interaction: Interaction, form: Form) -> None:
        """Against the job as it is: others may have changed it meanwhile."""

        async def back(interaction: Interaction) -> None:
            await self.open(interaction, form)

        try:
            shown = await home(interaction).services.jobs.preview_edit(
                self._slug, form, self._opened
            )
        except CronitorError as exc:
            await _offer(interaction, text=answers.refused(exc), back=back)
            return
        newer = _Edit(self._slug, shown.before)
        await newer.offer(interaction, shown)

    async def offer(self, interaction: Interaction, shown: Edited) -> None:
        """What was found out, and a button that does just that."""

        async def back(interaction: Interaction) -> None:
            await self.open(interaction, shown.form)

        async def save(interaction: Interaction) -> None:
            actor, services = people.actor(interaction.user), home(interaction).services
            try:
                view: View = await services.jobs.edit(
                    self._slug, shown.patch, actor, seen=self._opened
                )
            except Overtaken:
                await self.show(interaction, shown.form)
                return
            said = changes.changed(self._slug, view, actor)
            await answers.answer(interaction, content=said, ephemeral=False)

        told = audits.differences(*shown.changed)
        if not told:
            text = f"nothing about {self._slug} would change"
            await _offer(interaction, text=text, back=back)
            return
        text = changes.overtaken(shown.overtaken)
        embed = preview(self._slug, shown.meant, told)
        await _offer(interaction, text=text, embed=embed, go=("Save", save), back=back)


class FormCommands(commands.Cog):
    """Mixed into the group `/job`."""

    @app_commands.command(description="Make a job that reports by fetching a URL.")
    @needs(Grade.ADMIN)
    async def add(self, interaction: Interaction) -> None:
        """What Cronitor itself runs is defined in files on the server only."""
        await JobForm("New job", Form(timezone="UTC"), new).send(interaction)

    @app_commands.command(description="Change a job.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.ADMIN)
    async def edit(self, interaction: Interaction, job: AnyJob) -> None:
        """A form with what it is now."""
        opened = await home(interaction).services.jobs.definition(job)
        form = job_forms.form_of(opened)
        await _Edit(job, opened).open(interaction, form)

    @app_commands.command(description="Remove a job; its history is kept.")
    @app_commands.describe(job="Its name; type a few letters of it.")
    @needs(Grade.ADMIN)
    async def remove(self, interaction: Interaction, job: AnyJob) -> None:
        """Asks once more."""
        await interaction.response.defer(ephemeral=True)
        services = home(interaction).services
        view = await services.reads.job(job)

        async def remove(interaction: Interaction) -> None:
            actor = people.actor(interaction.user)
            gone: View = await services.jobs.remove(job, actor)
            said = changes.removed(gone, actor)
            await answers.answer(interaction, content=said, ephemeral=False)

        text = changes.removal(view)
        await questions.ask(interaction, text, "Remove it", remove, Grade.ADMIN)
