"""What is wrong with a server, as far as no test over the wire comes by it."""

from dataclasses import replace
from typing import Any
from unittest.mock import create_autospec

import discord
import pytest

from bot.client import check, guild_check
from bot.client.bots import Bot
from bot.core.roles import Rules

ALL = discord.Permissions.all()


def bot(guild_id: int | None = 7) -> Bot:
    """A bot whose channels are all the same one."""
    channels: dict[str, int | None] = {"alert_channel_id": 8, "summary_channel_id": 8}
    return Bot(token="x", guild_id=guild_id, channels=channels, rules=Rules())


def thread(name: str = "night") -> Any:
    """A thread of a channel for text."""
    made = create_autospec(discord.Thread, instance=True, spec_set=True)
    made.name = name
    return made


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (8, "so they are not shown in Discord, only reports are; type /setup"),
        (None, "so neither they nor reports are shown in Discord; type /setup"),
    ],
)
def test_without_a_channel_for_incidents_it_says_what_is_lost(
    summary: int | None, said: str
) -> None:
    channels = {"alert_channel_id": None, "summary_channel_id": summary}
    unset = Bot(token="x", guild_id=7, channels=channels, rules=Rules())
    (found,) = guild_check.of_unset(unset)
    assert said in found.text


def test_the_invitation_asks_for_what_is_needed_and_for_pictures() -> None:
    link = guild_check.invitation(12)
    assert link == (
        "https://discord.com/oauth2/authorize?client_id=12"
        "&scope=bot+applications.commands&permissions=309237763072"
    )
    assert guild_check.INVITED.attach_files
    assert not guild_check.INVITED.administrator
    assert all(getattr(guild_check.INVITED, name) for name in guild_check.NAMES)


def test_in_a_thread_another_permission_lets_the_bot_write() -> None:
    has = discord.Permissions.all()
    has.update(send_messages=False)
    assert guild_check.place(thread(), has).is_usable
    has.update(send_messages=True, send_messages_in_threads=False)
    place = guild_check.place(thread(), has)
    assert place.missing == ["Send Messages in Threads"]
    home = guild_check.Home(name="acme", places={8: place}, roles={})
    (first, _) = guild_check.judge(home, bot())
    assert "lacks Send Messages in Threads in #night" in first.text


def test_the_channel_of_summaries_must_take_pictures() -> None:
    has = discord.Permissions.all()
    has.update(attach_files=False)
    bare, full = (
        guild_check.place(thread(name), permissions)
        for name, permissions in (("night", has), ("day", discord.Permissions.all()))
    )
    channels: dict[str, int | None] = {"alert_channel_id": 8, "summary_channel_id": 9}
    both = Bot(token="x", guild_id=7, channels=channels, rules=Rules())
    home = guild_check.Home(name="acme", places={8: full, 9: bare}, roles={})
    (found,) = guild_check.judge(home, both)
    assert found.part == "summary_channel_id"
    assert "lacks Attach Files in #night (discord.summary_channel_id)" in found.text
    assert "so summaries have no picture; allow it" in found.text
    home = guild_check.Home(name="acme", places={8: bare, 9: full}, roles={})
    assert guild_check.judge(home, both) == []
    alone = Bot(
        token="x",
        guild_id=7,
        channels={**channels, "summary_channel_id": None},
        rules=Rules(),
    )
    (found,) = guild_check.judge(home, alone)
    assert found.part == "alert_channel_id"


def test_during_an_outage_of_discord_nothing_is_said_of_the_server() -> None:
    client: Any = create_autospec(discord.Client, instance=True)
    client.get_guild.return_value.unavailable = True
    assert guild_check.check(client, bot()) == []


def test_without_a_server_those_that_the_bot_is_in_are_named() -> None:
    client: Any = create_autospec(discord.Client, instance=True)
    guild: Any = create_autospec(discord.Guild, instance=True)
    guild.id, guild.name = 5, "acme"
    client.guilds = [guild]
    (finding,) = guild_check.check(client, bot(guild_id=None))
    assert finding.text.endswith("; the bot is in 5 (acme)")


def test_every_finding_names_a_way_out() -> None:
    none = guild_check.Home(name="acme", places={}, roles={})
    rules = Rules(operator_role_ids=frozenset({1}), admin_role_ids=frozenset({2}))
    lost = Bot(token="x", guild_id=7, channels={"alert_channel_id": 8}, rules=rules)
    unset = Bot(
        token="x", guild_id=None, channels={"alert_channel_id": None}, rules=rules
    )
    found = [
        *guild_check.judge(none, lost),
        *guild_check.of_no_guild(unset, {}, 12),
        *guild_check.of_endpoint("https://other.example"),
        guild_check.of_absence(7, 12),
        guild_check.of_commands(7, 12),
    ]
    assert len(found) == 8
    for finding in found:
        assert "; " in finding.text, finding
        assert "\n" not in finding.text


def test_a_role_that_is_called_must_be_there_and_hear_it() -> None:
    bot = Bot(
        token="x",
        guild_id=7,
        channels={"alert_channel_id": 8},
        rules=Rules(),
        called=frozenset({1, 2, 3}),
    )
    home = guild_check.Home(
        name="acme",
        places={},
        roles={1: "on call", 2: "deaf"},
        mentionable=frozenset({1}),
    )
    lost, deaf = guild_check.of_roles(home, bot)
    assert "there is no role 3 (escalation.steps) in acme" in lost.text
    assert "nobody would hear a mention of @deaf" in deaf.text
    assert "allow anyone to mention that role" in deaf.text


def test_threads_need_permissions_of_their_own_where_they_are_set() -> None:
    room = create_autospec(discord.TextChannel, instance=True)
    room.name = "alerts"
    may = discord.Permissions(
        view_channel=True,
        send_messages=True,
        embed_links=True,
        read_message_history=True,
        attach_files=True,
        send_messages_in_threads=True,
    )
    places = {8: guild_check.place(room, may), 9: guild_check.place(thread(), may)}
    home = guild_check.Home(name="acme", places=places, roles={})
    bot = Bot(
        token="x",
        guild_id=7,
        channels={"alert_channel_id": 8, "summary_channel_id": 8},
        rules=Rules(),
        threads=True,
    )
    assert places[8].is_usable
    (finding,) = guild_check.judge(home, bot)
    assert "lacks Create Public Threads in #alerts" in finding.text
    assert guild_check.judge(home, replace(bot, threads=False)) == []
    other = replace(bot, channels={"alert_channel_id": 9})
    (finding,) = guild_check.judge(home, other)
    assert "there can be no threads in #night" in finding.text
    may.update(create_public_threads=True)
    good = replace(home, places={8: guild_check.place(room, may)})
    assert guild_check.judge(good, bot) == []


def test_what_was_chosen_is_chosen_anew_and_not_copied_again() -> None:
    category = guild_check.Place(name="rooms", is_text=False, allowed={})
    none = guild_check.Home(name="acme", places={8: category}, roles={})
    rules = Rules(viewer_role_ids=frozenset({1}), admin_role_ids=frozenset({2}))
    keys = ("alert_channel_id", "fallback_channel_id", "viewer_role_ids")
    bot = Bot(
        token="x",
        guild_id=7,
        channels={"alert_channel_id": 8, "fallback_channel_id": 9},
        rules=rules,
        chosen=frozenset(keys),
    )
    found = guild_check.judge(none, bot)
    ways = {finding.part: finding.text.rpartition("; ")[2] for finding in found}
    assert ways == {
        **dict.fromkeys(keys, guild_check.CHOOSE),
        "admin_role_ids": "copy its id again, with Developer Mode on",
    }


def test_who_may_look_is_said_where_it_is_not_everybody() -> None:
    home = guild_check.Home(name="acme", places={}, roles={1: "team", 2: "boss"})
    rules = Rules(viewer_role_ids=frozenset({1}), admin_role_ids=frozenset({2}))
    bot = Bot(token="x", guild_id=7, channels={}, rules=rules)
    assert check._who_may(home, bot) == "@boss may do everything; @team may look"
