"""Who may do what: asked again in code, for every command."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

import discord

from bot.core import roles
from bot.core.roles import Grade
from bot.discord_ui import answers, people
from bot.discord_ui.base import Acting
from bot.engine.services import Services

Interaction = discord.Interaction[Any]
Cog = TypeVar("Cog")
Options = ParamSpec("Options")
Body = Callable[Concatenate[Cog, Interaction, Options], Coroutine[Any, Any, None]]


class Home(Acting, Protocol):
    """The client, as commands see it."""

    services: Services
    #: whether each card should have a thread
    has_threads: bool

    @property
    def latency(self) -> float:
        """Seconds between a heartbeat and Discord's answer; nan before the first."""
        ...


def home(interaction: Interaction) -> Home:
    """The client that a command or a press came in through."""
    return cast(Home, interaction.client)


def needs(grade: Grade) -> Callable[[Body[Cog, Options]], Body[Cog, Options]]:
    """Refuse a command to whoever may not, and say to whom it is open.

    What Discord itself hides by `default_permissions` is a hint only: an administrator
    of the server changes that at will.
    """

    def decorate(body: Body[Cog, Options]) -> Body[Cog, Options]:
        @functools.wraps(body)
        async def checked(
            cog: Cog,
            interaction: Interaction,
            /,
            *args: Options.args,
            **options: Options.kwargs,
        ) -> None:
            rules = home(interaction).rules
            if roles.may(people.grade_of(interaction, rules), grade):
                await body(cog, interaction, *args, **options)
                return
            refused = people.refusal(grade, rules)
            await answers.answer(interaction, content=refused)

        return checked

    return decorate
