"""Commands, autocomplete, buttons, selects and modals, there and back."""

import re
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.discord_wire.bots import Bot, connected
from tests.discord_wire.interactions import CallbackType, NoAnswer
from tests.discord_wire.server import Discord

Act = discord.Interaction[Bot]


class Acknowledge(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"test:ack:(?P<id>\d+)"
):
    """A button that works after a restart."""

    def __init__(self, number: int) -> None:
        custom_id = f"test:ack:{number}"
        button = discord.ui.Button[Any](label="Acknowledge", custom_id=custom_id)
        super().__init__(button)
        self.number = number

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> "Acknowledge":
        return cls(int(match["id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        text = f"{interaction.user.name} has {self.number}"
        await interaction.response.edit_message(content=text, view=None)


class Reason(discord.ui.Modal, title="Why?"):
    """A form of one line."""

    why = discord.ui.TextInput[Any](label="Reason", custom_id="why", max_length=20)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(self.why.value, ephemeral=True)


def commands(bot: Bot) -> app_commands.Group:
    """Commands of each kind."""
    group = app_commands.Group(name="job", description="Jobs")

    @group.command(name="list", description="All jobs")
    async def listing(interaction: Act, status: str = "any", most: int = 5) -> None:
        await interaction.response.send_message(f"{status} {most}", ephemeral=True)

    @group.command(description="One job")
    async def show(interaction: Act, name: str, owner: discord.Member) -> None:
        await interaction.response.defer()
        await interaction.followup.send(f"{name} of {owner.name}")
        await interaction.followup.send("more", ephemeral=True)

    @show.autocomplete("name")
    async def names(_: Act, typed: str) -> list[app_commands.Choice[str]]:
        jobs = [each for each in ("backup", "batch", "etl") if each.startswith(typed)]
        return [app_commands.Choice(name=each, value=each) for each in jobs]

    @group.command(description="Mute")
    async def mute(interaction: Act) -> None:
        await interaction.response.send_modal(Reason())

    @group.command(description="Never answers")
    async def hang(interaction: Act) -> None:
        bot.heard.append(f"hung {interaction.id}")

    return group


async def ready(server: Discord, bot: Bot) -> None:
    """Register the commands."""
    guild = discord.Object(server.guild.id)
    bot.tree.add_command(commands(bot), guild=guild)
    bot.add_dynamic_items(Acknowledge)
    await bot.tree.sync(guild=guild)


async def test_a_command_is_registered_given_and_answered() -> None:
    async with Discord() as server, connected(server) as bot:
        await ready(server, bot)
        (job,) = server.state.commands.of(server.guild.id)
        assert [each["name"] for each in job["options"]][:2] == ["list", "show"]
        ada = server.person("ada")
        answer = await ada.command("job list", status="down", most=3)
        assert (answer.type, answer.content) == (CallbackType.MESSAGE, "down 3")
        assert answer.is_ephemeral
        assert 0 < answer.seconds < 3
        assert server.messages() == [], "nobody else sees it"


async def test_what_a_person_cannot_type_is_not_sent() -> None:
    async with Discord() as server, connected(server) as bot:
        await ready(server, bot)
        ada = server.person("ada")
        with pytest.raises(AssertionError, match="is not <class 'int'>"):
            await ada.command("job list", most="many")
        with pytest.raises(AssertionError, match=r"required: .*owner"):
            await ada.command("job show", name="backup")
        with pytest.raises(AssertionError, match="no subcommand 'nope'"):
            await ada.command("job nope")
        assert server.state.interactions == {}


async def test_a_deferred_answer_and_its_follow_ups() -> None:
    async with Discord() as server, connected(server) as bot:
        await ready(server, bot)
        ada = server.person("ada")
        answer = await ada.command("job show", name="backup", owner=ada.user)
        assert answer.type is CallbackType.DEFERRED_MESSAGE
        assert answer.content == "backup of ada"
        await server.until(lambda: answer.followups)
        (more,) = answer.followups
        assert (more.content, more.is_ephemeral) == ("more", True)
        assert [each.content for each in server.messages()] == ["backup of ada"]


async def test_autocomplete_offers_choices() -> None:
    async with Discord() as server, connected(server) as bot:
        await ready(server, bot)
        answer = await server.person("ada").autocomplete("job show", "name", "ba")
        assert [each["value"] for each in answer.choices] == ["backup", "batch"]


async def test_a_modal_is_filled_in() -> None:
    async with Discord() as server, connected(server) as bot:
        await ready(server, bot)
        ada = server.person("ada")
        form = await ada.command("job mute")
        assert form.modal["title"] == "Why?"
        with pytest.raises(AssertionError, match="too long"):
            await ada.submit(form, why="x" * 21)
        answer = await ada.submit(form, Reason="holidays")
        assert (answer.content, answer.is_ephemeral) == ("holidays", True)


async def test_a_dynamic_button_is_pressed_once() -> None:
    async with Discord() as server, connected(server) as bot:
        await ready(server, bot)
        view = discord.ui.View(timeout=None)
        view.add_item(Acknowledge(7))
        await bot.home(server).send("down", view=view)
        (message,) = server.messages()
        ada = server.person("ada")
        with pytest.raises(AssertionError, match="0 buttons 'Mute'"):
            await ada.press(message, "Mute")
        answer = await ada.press(message, "Acknowledge")
        assert answer.type is CallbackType.UPDATE
        assert answer.message is message
        assert (message.content, message.labels) == ("ada has 7", [])
        with pytest.raises(AssertionError, match="0 buttons"):
            await ada.press(message, "Acknowledge")


async def test_a_disabled_button_is_not_pressed() -> None:
    async with Discord() as server, connected(server) as bot:
        view = discord.ui.View()
        view.add_item(discord.ui.Button(label="No", disabled=True, custom_id="no"))
        await bot.home(server).send("x", view=view)
        view.stop()
        with pytest.raises(AssertionError, match="is disabled"):
            await server.person("ada").press(server.messages()[0], "No")


async def test_a_select_is_used() -> None:
    async with Discord() as server, connected(server) as bot:
        view = discord.ui.View(timeout=None)
        select = discord.ui.Select[discord.ui.View](custom_id="for", max_values=2)
        select.add_option(label="One hour", value="1h")
        select.add_option(label="One day", value="1d")

        async def chosen(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message(" ".join(select.values))

        select.callback = chosen  # type: ignore[method-assign]
        view.add_item(select)
        await bot.home(server).send("mute", view=view)
        (message,) = server.messages()
        answer = await server.person("ada").choose(message, "for", "One day", "1h")
        assert answer.content == "1d 1h"
        view.stop()


async def test_a_late_or_second_callback_is_refused() -> None:
    async with Discord() as server, connected(server) as bot:
        await ready(server, bot)
        server.rules.answer_within_s = 0.05
        with pytest.raises(NoAnswer, match="job hang"):
            await server.person("ada").command("job hang")
        (sent,) = server.state.interactions.values()
        adapter = bot.http
        late = f"/interactions/{sent.id}/{sent.token}/callback"
        route = discord.http.Route("POST", late)
        with pytest.raises(discord.NotFound, match="10062"):
            await adapter.request(route, json={"type": 4, "data": {"content": "x"}})
        server.rules.answer_within_s = 30
        await adapter.request(route, json={"type": 4, "data": {"content": "x"}})
        with pytest.raises(discord.HTTPException, match="40060"):
            await adapter.request(route, json={"type": 4, "data": {"content": "x"}})


async def test_a_command_that_is_not_offered_is_not_given() -> None:
    async with Discord() as server, connected(server) as bot:

        @bot.tree.command(description="For admins")
        @app_commands.default_permissions(manage_guild=True)
        async def setup(interaction: Act) -> None:
            may = interaction.permissions.manage_guild
            await interaction.response.send_message(str(may), ephemeral=True)

        await bot.tree.sync()
        admin, ada = server.person("admin", manage_guild=True), server.person("ada")
        assert (await admin.command("setup")).content == "True"
        with pytest.raises(AssertionError, match="not offered to ada"):
            await ada.command("setup")
        assert (await ada.command("setup", anyway=True)).content == "False"
