"""Bodies against Discord's description of its API."""

from typing import Any

import discord
import pytest
from discord import app_commands

from tests.discord_wire import openapi
from tests.discord_wire.bots import Bot, ask, connected
from tests.discord_wire.requests import Request
from tests.discord_wire.server import Discord

pytestmark = pytest.mark.skipif(
    not openapi.is_there(), reason="DISCORD_OPENAPI names no copy of the description"
)

MESSAGES = "/channels/{channel_id}/messages"
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


def faults(template: str, body: Any) -> list[str]:
    """Where the description sees faults in a body that is posted."""
    found = openapi.problems("POST", template, body)
    return [".".join(map(str, each.path)) for each in found]


async def test_a_wrong_body_is_refused() -> None:
    async with Discord() as server:
        path = f"/channels/{server.channel.id}/messages"
        status, told, _ = await ask(server, "POST", path, {"content": 5})
        assert (status, told["code"]) == (400, 50035)
        server.take_violations("content: 5 is not of type")


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("embeds.0.color", {"embeds": [{"color": "red"}]}),
        ("embeds.0.timestamp", {"embeds": [{"timestamp": 5}]}),
        ("", {"contents": "a misspelt key"}),
        ("components.0.type", {"components": [{"type": 99}]}),
        ("allowed_mentions.users.0", {"allowed_mentions": {"users": ["ada"]}}),
    ],
)
def test_faults_of_a_message_are_found(place: str, body: Any) -> None:
    assert faults(MESSAGES, body) == [place]


def test_the_meant_branch_of_a_union_is_told() -> None:
    assert faults(CALLBACK, {"type": 4, "data": {"content": 5}}) == ["data.content"]
    assert faults(CALLBACK, {"type": 9, "data": {"title": "x"}}) == ["data"]
    assert faults(CALLBACK, {"type": 6}) == []


def test_ids_may_be_numbers_as_the_library_sends_them() -> None:
    assert faults(MESSAGES, {"message_reference": {"message_id": 5}}) == []


async def test_the_answers_of_this_server_are_as_described() -> None:
    async with Discord() as server, connected(server) as bot:
        guild = discord.Object(server.guild.id)

        @bot.tree.command(guild=guild, description="Deferred")
        @app_commands.describe(text="What to say")
        async def say(interaction: discord.Interaction[Bot], text: str) -> None:
            await interaction.response.defer(ephemeral=True)
            await interaction.edit_original_response(content=text)
            await interaction.original_response()
            followed = await interaction.followup.send("more", wait=True)
            await followed.edit(content="edited")
            await followed.delete()

        await bot.tree.sync(guild=guild)
        await bot.tree.fetch_commands(guild=guild)
        answer = await server.person("ada").command("say", text="hello")
        await server.until(lambda: answer.followups and answer.followups[0].is_deleted)
        await _posts(server, bot)
        await bot.fetch_user(server.state.owner.id)
        await (await bot.fetch_guild(server.guild.id)).fetch_channels()
        await (await bot.fetch_guild(server.guild.id)).fetch_member(server.state.bot.id)
        found = [line for each in server.requests for line in _of_answer(each)]
        assert found == []
        assert len({each.template for each in server.requests}) > 12


async def _posts(server: Discord, bot: Bot) -> None:
    """A message with everything, read in every way."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button[Any](label="Go", custom_id="go"))
    card = discord.Embed(title="a card", description="of text", colour=5)
    card.add_field(name="n", value="v").set_footer(text="f")
    channel = bot.home(server)
    file = discord.File(__file__)
    message = await channel.send("x", embed=card, view=view, file=file, nonce="1")
    await message.edit(content="y")
    await message.reply("z")
    assert len([each async for each in channel.history()]) == 2
    await channel.fetch_message(message.id)
    await bot.fetch_channel(channel.id)
    view.stop()


def _of_answer(request: Request) -> list[str]:
    assert request.template is not None
    assert request.status is not None
    found = openapi.answer_problems(
        request.method, request.template, request.status, request.answer
    )
    return [f"{request}: {problem}" for problem in found]


def test_what_has_no_description_is_not_checked() -> None:
    assert faults("/nope", {"x": 1}) == []
