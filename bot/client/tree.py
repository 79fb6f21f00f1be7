"""The commands as a whole: whatever goes wrong in one, the person is told."""

import hashlib
import json
import logging
from typing import Any, cast

import discord
from discord import app_commands

from bot.core import roles
from bot.core.roles import Grade
from bot.discord_ui import answers, people
from bot.discord_ui.base import Acting
from bot.errors import CronitorError, Forbidden

logger = logging.getLogger(__name__)

#: one command as JSON
Payload = dict[str, Any]


class Tree(app_commands.CommandTree[Any]):
    """Answers every error, those of its own check too, which discord.py swallows."""

    #: the server that commands are taken from; None: any
    guild_id: int | None = None

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Take commands from our server only; never raises (section 7, point 2)."""
        try:
            is_ours = self.guild_id is None or interaction.guild_id == self.guild_id
            if interaction.type is discord.InteractionType.autocomplete:
                return is_ours and await _may_look(interaction)
            if is_ours:
                return True
            refusal = Forbidden("this bot works in another server")
            await answers.say_error(interaction, refusal)
        except Exception:
            logger.exception("a command could not be checked")
        return False

    async def on_error(
        self,
        interaction: discord.Interaction[Any],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Tell the person, or the log where nobody can be told."""
        if interaction.type is discord.InteractionType.autocomplete:
            logger.warning("no choices could be offered: %s", type(error).__name__)
            return
        await answers.say_error(interaction, _cause(error))

    def payload(self, guild: discord.abc.Snowflake | None = None) -> list[Payload]:
        """The commands of the guild, or all, as they are given to Discord."""
        commands = sorted(self.get_commands(guild=guild), key=lambda each: each.name)
        return [command.to_dict(self) for command in commands]

    def digest(self, guild: discord.abc.Snowflake) -> str:
        """A hash of what the commands of the guild are, as Discord would have them."""
        payload = json.dumps(self.payload(guild), sort_keys=True)
        return hashlib.sha256(payload.encode()).hexdigest()


async def _may_look(interaction: discord.Interaction[Any]) -> bool:
    """Whether anything is offered to this person; to others: an empty list."""
    rules = cast(Acting, interaction.client).rules
    if roles.may(people.grade_of(interaction, rules), Grade.VIEWER):
        return True
    await interaction.response.autocomplete([])
    return False


def _cause(error: app_commands.AppCommandError) -> Exception:
    """What the person is told of."""
    if isinstance(error, app_commands.CommandInvokeError):
        return error.original
    if isinstance(error.__cause__, CronitorError):
        return error.__cause__
    stale = (app_commands.CommandSignatureMismatch, app_commands.CommandNotFound)
    if isinstance(error, stale):
        said = "this command has changed: restart Discord (Ctrl-R) and try again"
        return CronitorError(said)
    return error
