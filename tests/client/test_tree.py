"""Whatever goes wrong in a command, the person is told, and nothing gets out."""

import logging
from typing import Any
from unittest.mock import create_autospec

import discord
import pytest
from discord import app_commands

from bot.client.tree import Tree
from bot.errors import NotFound

GUILD = 7


class Asked:
    """A command that somebody gave, and what the person is told."""

    def __init__(
        self,
        guild_id: int | None = GUILD,
        kind: discord.InteractionType = discord.InteractionType.application_command,
    ) -> None:
        self.interaction: Any = create_autospec(discord.Interaction, instance=True)
        self.interaction.guild_id = guild_id
        self.interaction.type = kind
        self.interaction.data = {"name": "job"}
        response: Any = create_autospec(discord.InteractionResponse, instance=True)
        response.is_done.return_value = False
        self.interaction.response = response

    @property
    def told(self) -> str:
        """The one answer, which nobody else sees."""
        sent = self.interaction.response.send_message
        sent.assert_awaited_once()
        assert sent.await_args.kwargs["ephemeral"] is True
        return str(sent.await_args.kwargs["content"])

    def assert_silent(self) -> None:
        """Nothing was said."""
        self.interaction.response.send_message.assert_not_awaited()


@pytest.fixture
def tree() -> Tree:
    """A tree of the server GUILD."""
    client = discord.Client(intents=discord.Intents.none())
    made = Tree(client)
    made.guild_id = GUILD
    return made


def failed(cause: Exception) -> app_commands.AppCommandError:
    """What discord.py makes of an exception in a command."""
    command: Any = create_autospec(app_commands.Command, instance=True)
    command.name = "show"
    return app_commands.CommandInvokeError(command, cause)


async def test_an_error_of_ours_speaks_for_itself(tree: Tree) -> None:
    asked = Asked()
    await tree.on_error(asked.interaction, failed(NotFound("there is no job 'x'")))
    assert "there is no job 'x'" in asked.told


async def test_any_other_error_goes_to_the_log_alone(
    tree: Tree, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Asked()
    await tree.on_error(asked.interaction, failed(KeyError("secret")))
    assert "secret" not in asked.told
    assert "it is in the log" in asked.told
    assert "KeyError" in caplog.text


async def test_a_command_of_an_older_version_says_what_to_do(tree: Tree) -> None:
    asked = Asked()
    await tree.on_error(asked.interaction, app_commands.CommandNotFound("old", []))
    assert "Ctrl-R" in asked.told


async def test_an_error_of_a_value_is_told_by_its_cause(tree: Tree) -> None:
    asked = Asked()
    error = app_commands.AppCommandError()
    error.__cause__ = NotFound("that is none")
    await tree.on_error(asked.interaction, error)
    assert "that is none" in asked.told


async def test_choices_that_fail_are_only_logged(
    tree: Tree, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Asked(kind=discord.InteractionType.autocomplete)
    await tree.on_error(asked.interaction, failed(KeyError("x")))
    asked.assert_silent()
    assert "choices" in caplog.text


async def test_another_server_is_refused(tree: Tree) -> None:
    assert await tree.interaction_check(Asked().interaction)
    asked = Asked(guild_id=8)
    assert not await tree.interaction_check(asked.interaction)
    assert "another server" in asked.told
    quiet = Asked(guild_id=8, kind=discord.InteractionType.autocomplete)
    assert not await tree.interaction_check(quiet.interaction)
    quiet.assert_silent()


async def test_a_check_that_breaks_refuses_and_is_logged(
    tree: Tree, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = object()
    with caplog.at_level(logging.ERROR):
        assert not await tree.interaction_check(broken)
    assert "could not be checked" in caplog.text


def test_the_digest_changes_with_the_commands(tree: Tree) -> None:
    guild = discord.Object(GUILD)
    empty = tree.digest(guild)

    @tree.command(name="ping", description="Say pong.", guild=guild)
    async def ping(interaction: discord.Interaction[Any]) -> None:
        """Say it."""

    first = tree.digest(guild)
    ping.description = "Say something else."
    assert len({empty, first, tree.digest(guild)}) == 3
