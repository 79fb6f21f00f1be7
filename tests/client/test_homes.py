"""The server as Discord answers it, where the local Discord has no such thing."""

from typing import Any
from unittest.mock import create_autospec

import aiohttp
import discord
import pytest

from bot.client import homes

ME, CHANNEL, THREAD = 1, 8, 9


def channel(channel_id: int = CHANNEL) -> Any:
    """A channel where the bot may do everything."""
    made = create_autospec(discord.TextChannel, instance=True)
    made.id, made.name = channel_id, "alerts"
    made.permissions_for.return_value = discord.Permissions.all()
    return made


def thread(parent_id: int = CHANNEL) -> Any:
    """A thread, which is in no list of channels."""
    made = create_autospec(discord.Thread, instance=True)
    made.id, made.name, made.parent_id = THREAD, "night", parent_id
    return made


def guild(*channels: Any, single: Any = None) -> Any:
    """A server as `fetch_guild` gives it; `single` is what one question answers."""
    made = create_autospec(discord.Guild, instance=True)
    made.name, made.roles = "acme", []
    made.fetch_channels.return_value = channels
    made.fetch_channel.side_effect = [single]
    return made


def refused(kind: type[discord.HTTPException], status: int) -> discord.HTTPException:
    """What discord.py raises for an answer."""
    response = create_autospec(aiohttp.ClientResponse, instance=True)
    response.status, response.reason = status, "refused"
    return kind(response, "refused")


async def test_a_thread_has_the_permissions_of_its_channel() -> None:
    home = await homes.fetch(guild(channel(), single=thread()), ME, [THREAD])
    assert home.places[THREAD].name == "night"
    assert home.places[THREAD].is_usable
    assert "Send Messages in Threads" in home.places[THREAD].allowed


async def test_a_thread_of_an_unknown_channel_is_not_there() -> None:
    home = await homes.fetch(guild(channel(), single=thread(77)), ME, [THREAD])
    assert home.places == {}


@pytest.mark.parametrize(
    "problem",
    [
        refused(discord.NotFound, 404),
        refused(discord.Forbidden, 403),
        discord.InvalidData("of another server"),
    ],
)
async def test_what_is_not_there_is_no_error(problem: Exception) -> None:
    home = await homes.fetch(guild(single=problem), ME, [CHANNEL])
    assert home.places == {}


async def test_with_a_kind_that_the_library_does_not_know_it_asks_one_by_one() -> None:
    there = guild(single=channel())
    there.fetch_channels.side_effect = discord.InvalidData("type 99")
    home = await homes.fetch(there, ME, [CHANNEL])
    assert home.places[CHANNEL].is_usable


async def test_an_outage_is_an_error() -> None:
    there = guild()
    there.fetch_channels.side_effect = refused(discord.HTTPException, 503)
    with pytest.raises(discord.HTTPException):
        await homes.fetch(there, ME, [CHANNEL])
