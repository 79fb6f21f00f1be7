"""What follows the first answer to an interaction."""

import discord
import pytest

from tests.discord_wire.bots import Bot, ask, connected
from tests.discord_wire.interactions import CallbackType
from tests.discord_wire.server import Discord

Act = discord.Interaction[Bot]


async def test_the_original_answer_is_edited_and_deleted() -> None:
    async with Discord() as server, connected(server) as bot:

        @bot.tree.command(description="Edits")
        async def edits(interaction: Act) -> None:
            await interaction.response.send_message("one", ephemeral=True)
            await interaction.edit_original_response(content="two")
            await interaction.delete_original_response()

        await bot.tree.sync()
        answer = await server.person("ada").command("edits")
        await server.until(lambda: answer.message.is_deleted)
        assert [each.content for each in answer.message.edits] == ["one"]
        assert answer.content == "two"


async def test_a_component_defers_its_update() -> None:
    async with Discord() as server, connected(server) as bot:
        view = discord.ui.View(timeout=None)
        button = discord.ui.Button[discord.ui.View](label="Go", custom_id="go")

        async def pressed(interaction: discord.Interaction) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content="gone", view=None)

        button.callback = pressed  # type: ignore[method-assign]
        view.add_item(button)
        await bot.home(server).send("go?", view=view)
        (message,) = server.messages()
        answer = await server.person("ada").press(message, "go")
        assert answer.type is CallbackType.DEFERRED_UPDATE
        await server.until(lambda: message.content == "gone")
        assert answer.message is message
        view.stop()


async def test_a_token_of_an_interaction_expires() -> None:
    async with Discord() as server, connected(server) as bot:

        @bot.tree.command(description="Waits")
        async def waits(interaction: Act) -> None:
            await interaction.response.defer()

        await bot.tree.sync()
        answer = await server.person("ada").command("waits", settle=False)
        assert answer.message.is_loading
        server.expire_interactions()
        token = answer.interaction.token
        path = f"/webhooks/{server.state.application_id}/{token}"
        status, told, _ = await ask(server, "POST", path, {"content": "late"})
        assert (status, told["code"]) == (401, 50027)
        status, told, _ = await ask(server, "POST", f"{path}x", {"content": "x"})
        assert (status, told["code"]) == (404, 10015)


async def test_an_ephemeral_answer_is_of_one_person_only() -> None:
    async with Discord() as server, connected(server) as bot:

        @bot.tree.command(description="Secret")
        async def secret(interaction: Act) -> None:
            await interaction.response.send_message("psst", ephemeral=True)

        await bot.tree.sync()
        ada, bob = server.person("ada"), server.person("bob")
        answer = await ada.command("secret")
        assert ada.sees(answer.message)
        assert not bob.sees(answer.message)
        with pytest.raises(AssertionError, match="bob does not see"):
            await bob.press(answer, "x")
        with pytest.raises(discord.NotFound, match="10008"):
            await bot.home(server).fetch_message(answer.message.id)


async def test_a_callback_must_fit_what_was_done() -> None:
    async with Discord() as server, connected(server) as bot:

        @bot.tree.command(description="Waits")
        async def waits(interaction: Act) -> None:
            bot.heard.append("waits")

        await bot.tree.sync()
        server.rules.answer_within_s = 0.01
        with pytest.raises(AssertionError, match="nothing answered"):
            await server.person("ada").command("waits")
        server.rules.answer_within_s = 30
        (sent,) = server.state.interactions.values()
        path = f"/interactions/{sent.id}/{sent.token}/callback"
        for body in ({"type": 8, "data": {"choices": []}}, {"type": 6}):
            status, told, _ = await ask(server, "POST", path, body)
            assert (status, told["code"]) == (400, 50035)
            server.take_violations("does not answer a command")


async def test_secrets_are_found_in_what_was_sent() -> None:
    async with Discord() as server, connected(server) as bot:
        assert server.requests.mentioning(server.token) == []
        await bot.home(server).send(f"my token is {server.token}")
        (leak,) = server.requests.mentioning(server.token)
        assert leak.method == "POST"
