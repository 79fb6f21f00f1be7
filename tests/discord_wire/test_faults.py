"""Faults of single requests, as the real client meets them."""

import asyncio

import aiohttp
import discord
import pytest

from tests.discord_wire.bots import ask, connected
from tests.discord_wire.server import Discord

POST = ("POST", "/channels/*/messages")


async def test_a_rate_limit_is_waited_for() -> None:
    async with Discord() as server, connected(server) as bot:
        rule = server.faults.rate_limited(*POST, retry_after_s=0.1, times=2)
        await bot.home(server).send("x")
        first, second, third = server.requests.of(*POST)
        assert rule.hits == [first, second]
        assert [first.status, second.status, third.status] == [429, 429, 200]
        assert third.at - second.at > 0.1
        assert len(server.messages()) == 1


async def test_a_global_rate_limit_says_so() -> None:
    async with Discord() as server:
        server.faults.rate_limited(*POST, retry_after_s=0.2, is_global=True)
        path = f"/channels/{server.channel.id}/messages"
        status, told, headers = await ask(server, "POST", path, {"content": "x"})
        assert (status, told["global"], told["retry_after"]) == (429, True, 0.2)
        assert headers["X-RateLimit-Global"] == "true"
        assert "Via" in headers
        assert "X-RateLimit-Bucket" not in headers


async def test_a_ban_by_cloudflare_is_raised_at_once() -> None:
    async with Discord() as server, connected(server) as bot:
        server.faults.banned(*POST)
        with pytest.raises(discord.HTTPException, match="1015"):
            await bot.home(server).send("x")


@pytest.mark.parametrize("status", [503, 520, 522])
async def test_an_error_of_a_proxy_is_raised_at_once(status: int) -> None:
    async with Discord() as server, connected(server) as bot:
        server.faults.status(status, *POST)
        with pytest.raises(discord.DiscordServerError, match=str(status)):
            await bot.home(server).send("x")
        assert len(server.requests.of(*POST)) == 1


async def test_an_error_of_the_server_is_tried_again() -> None:
    async with Discord() as server, connected(server) as bot:
        server.faults.status(500, *POST)
        await bot.home(server).send("x")
        assert [each.status for each in server.requests.of(*POST)] == [500, 200]


async def test_a_connection_is_cut_before_and_after_the_work() -> None:
    async with Discord() as server, connected(server) as bot:
        server.faults.cut(*POST)
        server.faults.lose_answer(*POST)
        channel = bot.home(server)
        for _ in range(2):
            with pytest.raises(aiohttp.ClientError):
                await channel.send("x", nonce="row-7")
        cut, lost = server.requests.of(*POST)
        assert [cut.status, lost.status] == [None, 200]
        assert [cut.fault, lost.fault] == ["cut", "lose_answer"]
        message = await channel.send("x", nonce="row-7")
        assert [each.id for each in server.messages()] == [message.id]


@pytest.mark.parametrize(("how", "made"), [("hang", 0), ("hold_answer", 1)])
async def test_an_answer_never_comes(how: str, made: int) -> None:
    async with Discord() as server, connected(server) as bot:
        rule = getattr(server.faults, how)(*POST)
        sending = asyncio.create_task(bot.home(server).send("x"))
        await server.requests.until(*POST)
        assert not sending.done()
        assert len(server.messages()) == made
        rule.stop()
        with pytest.raises(aiohttp.ClientError):
            await sending


async def test_an_answer_is_slow() -> None:
    async with Discord() as server, connected(server) as bot:
        server.faults.slow(0.2, *POST)
        before = server.state.clock.monotonic()
        await bot.home(server).send("x")
        assert server.state.clock.monotonic() - before > 0.19


async def test_a_request_arrives_late() -> None:
    async with Discord() as server, connected(server) as bot:
        rule = server.faults.delay(30, *POST)
        sending = asyncio.create_task(bot.home(server).send("x"))
        await server.until(lambda: rule.hits)
        assert server.messages() == []
        rule.stop()
        await sending
        assert len(server.messages()) == 1


async def test_rules_skip_and_end() -> None:
    async with Discord() as server, connected(server) as bot:
        rule = server.faults.status(503, *POST, times=None, skip=1)
        channel = bot.home(server)
        await channel.send("one")
        for _ in range(2):
            with pytest.raises(discord.DiscordServerError):
                await channel.send("no")
        rule.stop()
        await channel.send("two")
        assert [each.content for each in server.messages()] == ["one", "two"]


async def test_five_messages_in_five_seconds_are_the_most() -> None:
    async with Discord() as server:
        server.rules.limits_messages = True
        path = f"/channels/{server.channel.id}/messages"
        seen = []
        for _ in range(6):
            status, told, headers = await ask(server, "POST", path, {"content": "x"})
            seen.append((status, headers["X-RateLimit-Remaining"]))
        assert seen == [(200, str(left)) for left in (4, 3, 2, 1, 0)] + [(429, "0")]
        assert 4 < told["retry_after"] <= 5
