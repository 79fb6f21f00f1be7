"""The check of Discord over the wire: what it looks at, and what it says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.client.client import commands_of_this_version
from bot.client.steps import Mark
from bot.core.roles import Rules
from tests.client.bench import Bench, bench
from tests.discord_wire.faults import Exchange
from tests.discord_wire.guilds import ChannelType
from tests.discord_wire.interactions import NoAnswer
from tests.discord_wire.permissions import Permission
from tests.discord_wire.replies import Reply

POSTS = ("POST", "/channels/*/messages")
PUTS = ("PUT", "/applications/*")


@pytest.fixture(name="here")
async def here_() -> AsyncIterator[Bench]:
    """A bot that is set up well."""
    async with bench() as found:
        yield found


# all is well


async def test_whoever_presses_a_button_is_named(here: Bench) -> None:
    await register_commands(here)
    ada = here.discord.person("ada")
    async with here.checking():
        (card,) = await here.discord.until_messages(1)
        assert "test card" in card.content
        assert not card.pings.everyone
        answers = [await ada.press(card, label) for label in card.labels]
        assert all("this button works, Ada" in answer.text for answer in answers)
        assert all(answer.is_ephemeral for answer in answers)
    assert here.told.lines == [
        "ok token: logged in as cronitor-bot#0001",
        "ok server: in acme",
        "ok alert_channel_id: #alerts: View Channel, Send Messages, Embed Links, "
        "Read Message History",
        "ok roles: whoever has Manage Server may do everything; everybody else may "
        "look",
        "ok commands: as in this version: /audit, /incident, /job, /maintenance, "
        "/mute, /report, /setup, /status",
        "ok gateway: connected, to hear the buttons",
        "ok test card: posted in #alerts",
        "ok press: ada pressed Acknowledge",
        "ok press: ada pressed Why?",
        "ok test card: deleted again",
    ]
    assert here.told.prompts == ["press the buttons of the test card in #alerts, 30 s"]
    assert here.discord.messages() == []
    assert here.discord.requests.of(*PUTS) == []


async def register_commands(here: Bench) -> None:
    """Have the commands of this version in the guild, as a server leaves them."""
    commands = await commands_of_this_version()
    here.discord.state.commands.replace(here.discord.guild.id, commands)


async def test_one_button_is_enough_after_a_while(here: Bench) -> None:
    ada = here.discord.person("ada")
    async with here.checking():
        (card,) = await here.discord.until_messages(1)
        await ada.press(card, "Why?")
    assert here.told.of("press") == ["ok press: ada pressed Why?"]


async def test_a_press_on_another_test_card_is_not_taken_for_ours(here: Bench) -> None:
    ada = here.discord.person("ada")
    await here.check(keep=True)
    (older,) = here.discord.messages()
    async with here.checking():
        _, card = await here.discord.until_messages(2)
        await ada.press(older, "Acknowledge")
        await ada.press(card, "Why?")
    assert here.told.of("press") == ["ok press: ada pressed Why?"]


async def test_without_a_wait_there_is_no_gateway(here: Bench) -> None:
    told = await here.check(wait_s=0)
    assert told.wrong == []
    assert told.prompts == []
    assert told.lines[-2:] == [
        "ok test card: posted in #alerts",
        "ok test card: deleted again",
    ]
    assert here.discord.gateway.identified == []


async def test_the_card_can_be_kept(here: Bench) -> None:
    told = await here.check(keep=True)
    assert told.lines[-1] == "ok test card: posted in #alerts"
    (card,) = here.discord.messages()
    assert card.labels == ["Acknowledge", "Why?"]


# the buttons


async def test_nobody_who_presses_is_no_proof(here: Bench) -> None:
    told = await here.check(wait_s=0.2)
    (line,) = told.wrong
    assert line.startswith("wrong press: no press came within 0.2 s")
    assert "--wait 0" in line
    assert here.discord.messages() == []


async def test_a_server_that_is_connected_answers_in_its_place(here: Bench) -> None:
    link = connected(here)
    async with here.checking():
        (card,) = await here.discord.until_messages(1)
        for button in card.labels:
            press = {"message_id": str(card.id), "button": button, "by": "ada"}
            link["presses"].append(press)
    assert here.told.of("running server") == [
        "ok running server: connected; it answers the buttons"
    ]
    assert here.told.of("press") == [
        "ok press: ada pressed Acknowledge",
        "ok press: ada pressed Why?",
    ]
    assert here.discord.gateway.identified == [], "two would answer one press"


def connected(here: Bench, **differs: Any) -> dict[str, Any]:
    """A server that runs as the same bot."""
    bot_id = str(here.discord.state.bot.id)
    here.link = {"state": "connected", "bot_id": bot_id, "presses": [], **differs}
    return here.link


async def test_a_server_that_stops_meanwhile_is_no_press(here: Bench) -> None:
    connected(here)
    async with here.checking(0.5):
        await here.discord.until_messages(1)
        here.link = None
    (line,) = here.told.wrong
    assert line.startswith("wrong press: ")


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"bot_id": "1"}, "connected as another bot; restart it"),
        ({"state": "off", "bot_id": None}, "without Discord so far; restart it"),
        ({"state": "away"}, "not connected to Discord at the moment; its log says why"),
    ],
)
async def test_beside_a_server_that_cannot_answer_the_check_does(
    here: Bench, differs: dict[str, Any], said: str
) -> None:
    connected(here, **differs)
    ada = here.discord.person("ada")
    async with here.checking():
        (card,) = await here.discord.until_messages(1)
        await ada.press(card, "Acknowledge")
    (line,) = here.told.of("running server")
    assert line.startswith(f"note running server: {said}")
    assert here.told.of("press") == ["ok press: ada pressed Acknowledge"]


async def test_a_server_that_begins_to_connect_is_given_time() -> None:
    async with bench("bot.client.check:SETTLED_S=5") as here:
        link = connected(here, state="away")
        async with here.checking(0.2):
            await here.asked.wait()
            link["state"] = "connected"
        assert here.told.of("running server")[0].startswith("ok ")


async def test_a_press_that_another_cronitor_answers_is_told_as_that(
    here: Bench,
) -> None:
    async def too_late(exchange: Exchange, _: asyncio.Event) -> Any:
        body = {"code": 40060, "message": "Interaction has already been acknowledged."}
        return exchange.settle(Reply(400, body).response(), "40060")

    here.discord.faults.add("40060", too_late, "POST", "/interactions/*", times=None)
    here.discord.rules.answer_within_s = 0.2
    ada = here.discord.person("ada")
    async with here.checking():
        (card,) = await here.discord.until_messages(1)
        with pytest.raises(NoAnswer):
            await ada.press(card, "Acknowledge")
    assert here.told.of("press") == [
        "ok press: ada pressed Acknowledge; another Cronitor with this token has "
        "answered"
    ]


async def test_the_gateway_that_cannot_be_reached_ends_it() -> None:
    async with bench("bot.client.check:GATEWAY_S=0.3") as here:
        here.discord.gateway.refuse(503)
        told = await here.check(wait_s=30)
        assert told.lines[-1].startswith("wrong gateway: it cannot be reached; ")
        assert here.discord.messages() == []


# the token, the server, the channels


async def test_a_token_that_is_refused_is_a_matter_of_the_settings(here: Bench) -> None:
    here.discord.revoke_token()
    told = await here.check()
    (step,) = told.steps
    assert (step.name, step.mark, step.is_setting) == ("token", Mark.WRONG, True)
    assert "Reset Token" in step.text


@pytest.mark.parametrize(
    ("harm", "said"),
    [("down", "it cannot be reached"), ("fail", "it answers 503")],
)
async def test_discord_that_is_away_is_told(here: Bench, harm: str, said: str) -> None:
    if harm == "down":
        await here.discord.down()
    else:
        here.discord.fail(503)
    told = await here.check()
    (line,) = told.lines
    assert line.startswith(f"wrong token: Discord cannot be asked: {said}")
    assert "discordstatus.com" in line
    await here.discord.up()


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("/guilds/*", "server"),
        ("/guilds/*/channels", "server"),
        ("/applications/*/guilds/*/commands", "commands"),
        ("/channels/*/messages", "test card"),
    ],
)
async def test_discord_that_hangs_at_a_step_ends_it_there(path: str, step: str) -> None:
    async with bench("bot.client.check:PATIENCE_S=0.5") as here:
        here.discord.faults.hang("*", path)
        told = await here.check()
        (line,) = told.wrong
        assert line.startswith(
            f"wrong {step}: Discord cannot be asked: it does not answer in time"
        )
        assert line == told.lines[-1]


async def test_a_server_that_the_bot_is_not_in(here: Bench) -> None:
    here.discord.kick()
    told = await here.check()
    (step,) = [step for step in told.steps if step.mark is Mark.WRONG]
    assert (step.name, step.is_setting) == ("server", False)
    assert f"client_id={here.discord.state.application_id}" in step.text
    assert "permissions=" in step.text


@pytest.mark.parametrize("is_in_one", [True, False])
async def test_without_a_server_in_the_settings(here: Bench, is_in_one: bool) -> None:
    here.set(guild_id=None, alert_channel_id=None)
    if not is_in_one:
        here.discord.kick()
    told = await here.check()
    server, channel = [step for step in told.steps if step.mark is Mark.WRONG]
    where = f"in {here.discord.guild.id} (acme)" if is_in_one else "invite it with http"
    assert where in server.text
    assert channel.name == "alert_channel_id"
    assert server.is_setting
    assert channel.is_setting


async def test_permissions_are_told_one_by_one(here: Bench) -> None:
    lost = Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY
    here.discord.revoke(here.discord.channel, lost)
    told = await here.check()
    (step,) = [step for step in told.steps if step.mark is Mark.WRONG]
    assert step.permissions == {
        "View Channel": True,
        "Send Messages": False,
        # nobody has it who may not write
        "Embed Links": False,
        "Read Message History": False,
    }
    assert "lacks Send Messages, Embed Links, Read Message History in" in step.text
    assert here.discord.requests.of(*POSTS) == []


async def test_every_channel_of_the_settings_is_looked_at(here: Bench) -> None:
    spare = here.discord.add_channel("spare")
    rooms = here.discord.add_channel("rooms", ChannelType.CATEGORY)
    here.set(summary_channel_id=rooms.id, fallback_channel_id=spare.id)
    told = await here.check()
    assert [line.partition(": #")[0] for line in told.lines[2:5]] == [
        "ok alert_channel_id",
        "wrong summary_channel_id",
        "ok fallback_channel_id",
    ]
    here.set(summary_channel_id=123)
    (line,) = (await here.check()).wrong
    assert line.startswith("wrong summary_channel_id: there is no channel 123 ")


async def test_without_a_channel_for_incidents_there_is_no_card(here: Bench) -> None:
    here.set(alert_channel_id=None)
    told = await here.check()
    (step,) = [step for step in told.steps if step.mark is Mark.WRONG]
    assert (step.name, step.is_setting) == ("alert_channel_id", True)
    assert told.of("test card") == []


async def test_roles_are_named_and_missing_ones_found(here: Bench) -> None:
    ops, boss = here.discord.add_role("ops"), here.discord.add_role("boss")
    both = Rules(
        operator_role_ids=frozenset({ops.id}), admin_role_ids=frozenset({boss.id})
    )
    here.set(rules=both)
    assert (await here.check()).of("roles") == [
        "ok roles: @boss may do everything; @ops may acknowledge, mute, pause and "
        "resume; everybody else may look"
    ]
    here.set(rules=Rules(admin_role_ids=frozenset({boss.id, 77})))
    (line,) = (await here.check()).wrong
    assert line.startswith("wrong admin_role_ids: there is no role 77 ")


async def test_presses_that_go_to_a_url_are_found(here: Bench) -> None:
    here.discord.state.interactions_endpoint_url = "https://other.example/secret"
    (line,) = (await here.check()).wrong
    assert line.startswith("wrong endpoint: commands and buttons do not reach this bot")
    assert "secret" not in line


# the commands


async def test_commands_that_differ_are_named_and_left_alone(here: Bench) -> None:
    ours = {str(each["name"]): each for each in await commands_of_this_version()}
    ours["status"]["description"] = "Show less."
    listing = next(o for o in ours["job"]["options"] if o["name"] == "list")
    del listing["options"][-1]
    old = {"name": "old", "type": 1, "description": "Of old.", "options": []}
    known, guild_id = here.discord.state.commands, here.discord.guild.id
    known.replace(guild_id, [ours["status"], ours["job"], old])
    told = await here.check()
    assert told.of("commands") == [
        "note commands: /audit, /incident, /maintenance, /mute, /report, /setup "
        "missing; /job, /status changed; /old of another version; `cronitor up` brings "
        "them up to date at its start"
    ]
    assert told.wrong == []
    assert here.discord.requests.of(*PUTS) == []


async def test_an_invitation_without_commands_is_found(here: Bench) -> None:
    here.discord.kick()
    here.discord.invite_again(with_commands=False)
    (line,) = (await here.check()).wrong
    assert line.startswith("wrong commands: the bot may not add commands to server ")
    assert "scope=bot+applications.commands" in line


# the card


async def test_a_card_that_cannot_be_deleted_is_told(here: Bench) -> None:
    here.discord.faults.status(503, "DELETE", "/channels/*", times=None)
    told = await here.check()
    assert told.lines[-1].startswith("note test card: it could not be deleted")
    assert told.wrong == []


async def test_a_card_that_somebody_else_has_deleted_is_gone(here: Bench) -> None:
    ada = here.discord.person("ada")
    async with here.checking():
        (card,) = await here.discord.until_messages(1)
        await ada.press(card, "Why?")
        here.discord.delete_message(card)
    assert here.told.lines[-1] == "ok test card: deleted again"


@pytest.mark.parametrize("answered", [True, False])
async def test_whoever_stops_it_leaves_no_card_behind(
    here: Bench, answered: bool
) -> None:
    if not answered:
        here.discord.faults.slow(0.3, *POSTS)
    running = asyncio.create_task(here.check(wait_s=30))
    await here.discord.until_messages(1)
    if answered:
        await here.told.prompted.wait()
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert here.discord.messages() == []
