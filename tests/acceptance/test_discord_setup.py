"""Discord is set up wrongly: one line says so, all else goes on, and mending helps."""

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import tree
from tests.acceptance.server import Server, running
from tests.acceptance.with_discord import SHORT, Home, at_home
from tests.discord_wire.guilds import ChannelType
from tests.discord_wire.permissions import Permission
from tests.discord_wire.server import Discord

TOKEN, GUILD = "CRONITOR_DISCORD__TOKEN", "CRONITOR_DISCORD__GUILD_ID"
ALERTS = "CRONITOR_DISCORD__ALERT_CHANNEL_ID"
OPERATORS = "CRONITOR_DISCORD__OPERATOR_ROLE_IDS"
SOON = "bot.client.supervisor:ASK_AGAIN_S=0.2"
SLOW = pytest.mark.slow

#: changes Discord before the start; further settings
Harm = Callable[[Discord], dict[str, str]]


def kicked(discord: Discord) -> dict[str, str]:
    discord.kick()
    return {}


def without_commands(discord: Discord) -> dict[str, str]:
    discord.kick()
    discord.invite_again(with_commands=False)
    return {}


def without_permission(discord: Discord) -> dict[str, str]:
    discord.revoke(discord.channel, Permission.SEND_MESSAGES | Permission.EMBED_LINKS)
    return {}


def presses_go_elsewhere(discord: Discord) -> dict[str, str]:
    discord.state.interactions_endpoint_url = "https://other.example/interactions"
    return {}


def no_such_channel(discord: Discord) -> dict[str, str]:
    return {ALERTS: "123"}


def a_category(discord: Discord) -> dict[str, str]:
    return {ALERTS: str(discord.add_channel("ops", ChannelType.CATEGORY).id)}


def no_channel(discord: Discord) -> dict[str, str]:
    return {ALERTS: ""}


def no_guild(discord: Discord) -> dict[str, str]:
    return {GUILD: ""}


def no_such_role(discord: Discord) -> dict[str, str]:
    return {OPERATORS: "77"}


#: what the line begins with, and the way out
WRONG: dict[Harm, tuple[str, str]] = {
    kicked: ("the bot is not in server ", "invite it with https://discord.com/"),
    without_commands: (
        "the bot may not add commands to server ",
        "invite it again with https://discord.com/",
    ),
    without_permission: (
        "the bot lacks Send Messages, Embed Links in #alerts ",
        "allow it in the channel's settings, Permissions",
    ),
    no_channel: ("no channel for incidents is chosen", "type /setup there"),
    no_guild: ("discord.guild_id is not set", "the bot is in "),
    no_such_channel: ("there is no channel 123 ", "copy its id again"),
    a_category: ("#ops (discord.alert_channel_id) is no channel for text", "choose"),
    no_such_role: ("there is no role 77 ", "copy its id again"),
    presses_go_elsewhere: (
        "commands and buttons do not reach this bot",
        "empty Interactions Endpoint URL",
    ),
}
#: the others take minutes together
QUICK = (without_commands, without_permission, no_channel)


def cases(*harms: Harm) -> list[Any]:
    """Parameters of a test, most of them slow."""
    return [each if each in QUICK else pytest.param(each, marks=SLOW) for each in harms]


@pytest.mark.parametrize("harm", cases(*WRONG))
async def test_what_is_wrong_is_one_line_and_all_else_goes_on(
    tmp_path: Path, harm: Harm
) -> None:
    said, way_out = WRONG[harm]
    async with Discord() as discord:
        settings = harm(discord)
        async with at_home(tmp_path, discord=discord, environ=settings) as home:
            await home.until(lambda: findings(home), "a finding")
            assert await home.health() == {
                "status": "degraded",
                "faults": ["discord_setup"],
            }
            await home.add("backup")
            await home.ping("backup", "/fail")
            await home.until(lambda: "action=incident_opened" in home.server.output())
            (line,) = findings(home)
            assert f" ERROR {said}" in line
            assert way_out in line
            code, out, _ = await home.server.cli("healthcheck")
            assert (code, "\n  discord_setup: " in out) == (0, True)


def findings(home: Home) -> list[str]:
    """Lines of the log about the setup."""
    lines = home.server.output().splitlines()
    return [line for line in lines if "action=discord_setup" in line]


def invited(discord: Discord) -> None:
    discord.invite_again()


def allowed(discord: Discord) -> None:
    discord.grant(discord.channel, Permission.SEND_MESSAGES | Permission.EMBED_LINKS)


def presses_come_here(discord: Discord) -> None:
    discord.state.interactions_endpoint_url = None


MENDED: dict[Harm, Callable[[Discord], None]] = {
    kicked: invited,
    without_commands: invited,
    without_permission: allowed,
    presses_go_elsewhere: presses_come_here,
}


@pytest.mark.parametrize("harm", cases(*MENDED))
async def test_what_is_mended_in_discord_needs_no_restart(
    tmp_path: Path, harm: Harm
) -> None:
    async with Discord() as discord:
        harm(discord)
        async with at_home(tmp_path, SOON, discord=discord) as home:
            await home.until(lambda: findings(home), "a finding")
            await home.add("backup")
            await home.ping("backup", "/fail")
            await home.until(lambda: "action=incident_opened" in home.server.output())
            MENDED[harm](discord)
            await home.until_health("ok")
            await home.until(home.cards, "the card")
            assert len(findings(home)) == 1
            ada = discord.person("ada", manage_guild=True)
            answer = await ada.command("job list")
            assert "backup" in answer.text
            assert discord.violations == []


@pytest.mark.slow
async def test_commands_that_went_while_it_was_away_are_given_again(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        await home.until_ready(1)
        await home.server.stop()
        home.discord.kick()
        home.discord.invite_again()
        await home.server.start()
        await home.until_ready(2)
        ada = home.discord.person("ada", manage_guild=True)
        assert (await ada.command("status")).is_ephemeral
        assert findings(home) == []


@pytest.mark.parametrize(
    ("token", "looks_like"),
    [("0123456789abcdef" * 4, "the public key"), ("hunter2-hunter2", "")],
)
async def test_what_is_no_token_ends_it_with_one_line(
    tmp_path: Path, token: str, looks_like: str
) -> None:
    server = Server(tmp_path, **{TOKEN: token})
    for command in ("up", "check-config"):
        code, out, err = await server.cli(command)
        assert (code, out) == (78, "")
        (line,) = err.splitlines()
        assert line.startswith(f"cronitor: {TOKEN}: is no token of a bot")
        assert looks_like in line
        assert "Reset Token" in line
        assert token not in line


async def test_a_token_that_never_worked_ends_it_with_one_line(tmp_path: Path) -> None:
    async with Discord() as discord:
        settings = {**discord.environ(*SHORT), **discord.settings()}
        discord.revoke_token()
        code, _, err = await Server(tmp_path, **settings).cli("up")
        assert code == 78
        (line,) = (each for each in err.splitlines() if "refused" in each)
        assert line.startswith("cronitor: discord.token is refused by Discord; copy")
        assert line == err.splitlines()[-1]
        assert "Reset Token" in line
        assert "Traceback" not in err
        assert discord.token not in err


@SLOW
async def test_a_token_that_worked_before_leaves_all_else_alone(tmp_path: Path) -> None:
    async with Discord() as discord, at_home(tmp_path, discord=discord) as home:
        await home.until_ready(1)
        assert await home.server.stop() == 0
        discord.revoke_token()
        await home.server.start()
        await home.until_health("degraded")
        assert (await home.health())["faults"] == ["discord"]
        await home.add("backup")
        await home.ping("backup", "/fail")
        await home.until(lambda: "action=incident_opened" in home.server.output())
        assert home.server.output().count("discord.token is refused") == 1
        assert (await home.server.get("/v1/status"))["discord"] == "away"


async def test_the_page_leads_to_the_first_card(tmp_path: Path) -> None:
    page = (tree.ROOT / "docs" / "discord-setup.md").read_text("utf-8")
    _, section = page.split("## 6. ")
    blocks = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert "```sh\ncronitor up\n```" in page
    async with at_home(tmp_path) as home:
        await typed(blocks[0], home)
        await home.until(home.cards, "the card")
        (card,) = home.cards()
        assert card.content.startswith("🔴 **hello** failed")
        assert "no space left on device" in card.text
        ada = home.discord.person("ada", manage_guild=True)
        assert "exit status 28" in (await ada.press(card, "Why?")).text
        await ada.press(card, "Acknowledge")
        await home.until(lambda: card.content.startswith("🟠"))
        assert (await ada.command("status")).is_ephemeral
        await typed(blocks[1], home)
        await home.until(lambda: card.content.startswith("🟢"))
        assert len(blocks) == 2


async def typed(block: str, home: Home) -> None:
    """Paste a block of the page into a shell; every line of it must succeed."""
    alias = f'cronitor() {{ {sys.executable} -m bot "$@"; }}'
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", f"{alias}\n{block}"),
        env=home.server.environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()


async def test_the_status_tells_whether_discord_is_there(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        await home.until_ready(1)
        assert (await home.server.get("/v1/status"))["discord"] == "connected"
        home.discord.gateway.refuse(503)
        home.discord.gateway.abort()
        await home.until_health("degraded")
        assert (await home.server.get("/v1/status"))["discord"] == "away"


async def test_without_a_token_it_is_off(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert (await server.get("/v1/status"))["discord"] == "off"
