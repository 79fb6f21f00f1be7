"""All commands together: what Discord accepts, and what a person reads of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from bot.client.client import COGS
from bot.core.choices import Choice
from bot.core.roles import Grade
from tests import tree
from tests.cogs.desk import Desk
from tests.engine.house import ANN

Command = app_commands.Command[Any, ..., Any]

#: every command, and who may use it
GRADES = {
    "job list": Grade.VIEWER,
    "job show": Grade.VIEWER,
    "job why": Grade.VIEWER,
    "job history": Grade.VIEWER,
    "job add": Grade.ADMIN,
    "job edit": Grade.ADMIN,
    "job remove": Grade.ADMIN,
    "job pause": Grade.OPERATOR,
    "job resume": Grade.OPERATOR,
    "job mute": Grade.OPERATOR,
    "job unmute": Grade.OPERATOR,
    # the job itself says who may
    "job run": Grade.VIEWER,
    "job cancel": Grade.OPERATOR,
    "job log": Grade.VIEWER,
    "incident list": Grade.VIEWER,
    "incident show": Grade.VIEWER,
    "incident why": Grade.VIEWER,
    "incident ack": Grade.OPERATOR,
    "incident resolve": Grade.OPERATOR,
    "incident note": Grade.OPERATOR,
    "mute add": Grade.OPERATOR,
    "mute list": Grade.VIEWER,
    "mute remove": Grade.OPERATOR,
    "maintenance add": Grade.OPERATOR,
    "maintenance list": Grade.VIEWER,
    "maintenance remove": Grade.OPERATOR,
    "report today": Grade.VIEWER,
    "report yesterday": Grade.VIEWER,
    "report week": Grade.VIEWER,
    "report job": Grade.VIEWER,
    "status": Grade.VIEWER,
    "audit": Grade.VIEWER,
    "setup": Grade.ADMIN,
}
PAGE = tree.ROOT / "docs" / "discord-commands.md"
#: of all names, descriptions and choices of one top-level command
MOST_CHARACTERS = 8000
#: what is typed where an option must be given
TYPED = {
    "job": "backup",
    "for": "1h",
    "incident": "1",
    "text": "on it",
    "mute": "1",
    "window": "1",
}


@pytest.fixture(name="client")
async def client_() -> commands.Bot:
    """A client with all cogs, which never connects."""
    client = commands.Bot(
        commands.when_mentioned, intents=discord.Intents(guilds=True), help_command=None
    )
    for name in COGS:
        await client.load_extension(name)
    return client


def all_commands(client: commands.Bot) -> Iterator[Command]:
    """Every command that can be typed."""
    for command in client.tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield command


async def test_there_are_these_commands_and_no_others(client: commands.Bot) -> None:
    names = [command.qualified_name for command in all_commands(client)]
    assert sorted(names) == sorted(GRADES)
    assert len(names) == len(set(names))


async def test_every_top_level_command_is_for_servers_and_for_all_to_see(
    client: commands.Bot,
) -> None:
    for command in client.tree.get_commands():
        assert isinstance(command, app_commands.Command | app_commands.Group)
        assert command.guild_only, command.name
        assert command.default_permissions is None, command.name
        assert not command.nsfw


async def test_names_and_descriptions_keep_the_limits(client: commands.Bot) -> None:
    for command in client.tree.walk_commands():
        assert re.fullmatch(r"[a-z_-]{1,32}", command.name)
        assert 1 <= len(command.description) <= 100, command.name
        assert command.description[0].isupper()
        assert command.description.endswith("."), command.description


async def test_every_option_is_described(client: commands.Bot) -> None:
    for command in all_commands(client):
        assert len(command.parameters) <= 25
        for option in command.parameters:
            where = f"{command.qualified_name} {option.name}"
            assert re.fullmatch(r"[a-z_-]{1,32}", option.display_name), where
            assert 2 <= len(str(option.description)) <= 100, where
            assert len(option.choices) <= 25, where
            assert not (option.choices and option.autocomplete), where


async def test_no_command_is_larger_than_discord_takes(client: commands.Bot) -> None:
    for command in client.tree.get_commands():
        assert sum(map(len, texts(command.to_dict(client.tree)))) < MOST_CHARACTERS


def texts(value: object) -> Iterator[str]:
    """What Discord counts."""
    if isinstance(value, dict):
        yield from (
            str(value[key]) for key in ("name", "description", "value") if key in value
        )
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        for each in inner:
            yield from texts(each)


def typed_for(command: Command) -> dict[str, Any]:
    """Whatever must be given."""
    needed = [o.display_name for o in command.parameters if o.required]
    return {name: TYPED[name] for name in needed}


async def test_whoever_may_not_is_told_which_role_it_takes(
    at_desk: Desk, client: commands.Bot
) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.ping("backup", "fail")
    audit = await at_desk.house.reads.audit()
    for command in all_commands(client):
        name = command.qualified_name
        answer = await at_desk.viewer.command(name, **typed_for(command))
        refused = answer.text.startswith("⛔ you may not do that: it takes the ")
        assert refused is (GRADES[name] is not Grade.VIEWER), name
        if answer.message.is_deleted:
            (told,) = await at_desk.wire.until(lambda: answer.followups)  # noqa: B023
            assert told.is_ephemeral, name
        else:
            assert answer.is_ephemeral, name
    assert await at_desk.house.reads.audit() == audit


async def test_with_a_role_for_viewers_outsiders_are_refused_everywhere(
    at_desk: Desk, client: commands.Bot
) -> None:
    team = at_desk.wire.add_role("team")
    wanted = {Choice.VIEWER: (team.id,)}
    await at_desk.house.engine.choices.choose(wanted, ANN)
    await at_desk.house.add("backup", every="1h")
    for command in all_commands(client):
        name = command.qualified_name
        answer = await at_desk.viewer.command(name, **typed_for(command))
        assert answer.is_ephemeral, name
        assert answer.text.startswith("⛔ you may not do that: it takes "), name
        named = f"<@&{team.id}>" in answer.text
        assert named is (GRADES[name] is Grade.VIEWER), name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("job pause", {"job": "backup"}),
        ("job resume", {"job": "paused"}),
        ("job mute", {"job": "backup", "for": "1h"}),
        ("job unmute", {"job": "muted"}),
        ("incident ack", {"incident": "1"}),
        ("incident note", {"incident": "1", "text": "on it"}),
        ("incident resolve", {"incident": "1"}),
        ("mute add", {"tag": "db", "for": "1h"}),
        ("mute remove", {"mute": "1"}),
        ("maintenance remove", {"window": "1"}),
    ],
)
async def test_an_operator_may_and_everybody_reads_it(
    at_desk: Desk, name: str, options: dict[str, Any]
) -> None:
    for slug in ("backup", "muted", "paused"):
        await at_desk.house.add(slug, every="1h")
    await at_desk.house.ping("backup", "fail")
    hour: dict[str, Any] = {"for": "1h"}
    await at_desk.admin.command("job mute", job="muted", **hour)
    await at_desk.admin.command("job pause", job="paused")
    await at_desk.admin.command("maintenance add", node="nas", **hour)
    answer = await at_desk.operator.command(name, **options)
    assert not answer.is_ephemeral
    assert "ola" in answer.content
    # a mute of a tag has a second one: how many jobs that are
    assert len(answer.content.splitlines()) == 1 + ("tag" in options)
    assert at_desk.viewer.sees(answer.message)
    newest, *_ = await at_desk.house.reads.audit()
    assert newest["actor"] == "ola (discord)"


async def test_no_ping_url_is_ever_sent_to_discord(at_desk: Desk) -> None:
    view = await at_desk.house.add("backup", every="1h")
    await at_desk.viewer.command("job list")
    await at_desk.viewer.command("job show", job="backup")
    await at_desk.admin.command("job pause", job="backup")
    assert at_desk.wire.requests.mentioning(str(view["uuid"])) == []


async def test_every_command_and_option_is_in_the_docs(client: commands.Bot) -> None:
    rows = {}
    for line in PAGE.read_text("utf-8").splitlines():
        if found := re.match(r"\| `/([a-z ]+)`", line):
            rows[found[1]] = line
    assert sorted(rows) == sorted(GRADES)
    for command in all_commands(client):
        row = rows[command.qualified_name]
        for option in command.parameters:
            assert f"`{option.display_name}`" in row, command.qualified_name
        grade = GRADES[command.qualified_name]
        assert ("operators" in row) is (grade is Grade.OPERATOR)
        assert ("| admins |" in row) is (grade is Grade.ADMIN)


def test_bodies_are_short_and_hold_no_rule() -> None:
    sources = tree.sources("cogs")
    assert sources
    long = [
        f"{Path(source.path).name} {function.name}"
        for source in sources
        for function in source.functions()
        if tree.length(function) > 30
    ]
    assert long == []
