"""Storms in Discord at the wire: one sound and one card, and its buttons act on all."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.notifiers import pace
from tests.acceptance.with_discord import KEEPING_LIMITS, Home, at_home
from tests.discord_wire.messages import Message
from tests.discord_wire.requests import Request

POSTS = ("POST", "/channels/*/messages")
SLOW = pytest.mark.slow


def storms(home: Home) -> list[Message]:
    """The cards of storms, oldest first."""
    found = home.messages()
    return [each for each in found if each.embeds and "storm #" in _footer(each)]


def _footer(message: Message) -> str:
    footer: str = message.embeds[0].get("footer", {}).get("text", "")
    return footer


async def add_all(home: Home, jobs: Mapping[str, Mapping[str, object]]) -> None:
    """Make jobs over the socket, which is quicker than by the command."""
    path = str(home.server.data_dir / "cronitor.sock")
    connector = aiohttp.UnixConnector(path, limit=4)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(slug: str) -> None:
            body = {"slug": slug, **jobs[slug]}
            async with session.post("http://local/v1/jobs", json=body) as response:
                assert response.ok, await response.text()
                home.urls[slug] = (await response.json())["ping_url"]

        await asyncio.gather(*map(one, jobs))


async def down_together(home: Home, count: int = 40) -> list[str]:
    """Jobs of one node that miss the same deadline, a few seconds from now."""
    due = datetime.now(UTC) + timedelta(seconds=2 + count / 10)
    slugs = [f"job-{number}" for number in range(count)]
    fields = {
        "on_calendar": f"*-*-* *:{due:%M}:{due:%S}",
        "grace": 1,
        "node": "nas",
        "strict_start": True,
    }
    await add_all(home, dict.fromkeys(slugs, fields))
    assert datetime.now(UTC) < due, "this machine is too slow for what is tested"
    return slugs


async def ping_all(home: Home, slugs: list[str], suffix: str = "") -> None:
    """Report for each of them, ten at a time."""
    gate = asyncio.Semaphore(10)
    async with aiohttp.ClientSession() as session:

        async def one(slug: str) -> None:
            async with gate, session.post(home.urls[slug] + suffix) as response:
                assert response.status == 200, await response.text()

        await asyncio.gather(*map(one, slugs))


async def test_forty_jobs_of_a_node_from_their_fall_to_their_recovery(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        ada = home.discord.person("ada", manage_guild=True)
        bob = home.discord.person("bob", manage_guild=True)
        cy = home.discord.person("cy")
        slugs = await down_together(home)
        await home.until(lambda: storms(home), "the card of the storm")
        (card,) = storms(home)
        assert card.content.startswith("🔴 **40 incidents of node nas** at once")
        assert not card.is_silent
        assert card.labels == ["Acknowledge all", "Why?"]

        refused = await cy.press(card, "Acknowledge all")
        assert "you may not do that" in refused.content
        why = await cy.press(card, "Why?")
        assert "and 20 more" in why.message.text

        first, second = await asyncio.gather(
            ada.press(card, "Acknowledge all"), bob.press(card, "Acknowledge all")
        )
        await home.until(lambda: card.content.startswith("🟠"))
        told = [m.content for each in (first, second) for m in each.followups]
        assert len(told) == 1
        assert "has acknowledged it already" in told[0]
        states = {each["status"] for each in await home.server.incidents()}
        assert states == {"acknowledged"}

        await ping_all(home, slugs)
        await home.until(lambda: card.content.startswith("🟢"), "the end")
        await home.until_quiet()
        assert card.labels == ["Why?"]
        assert home.messages() == [card]
        assert len(home.discord.requests.of(*POSTS)) == 1


@pytest.mark.parametrize("arrived", [True, pytest.param(False, marks=SLOW)])
async def test_kill_9_in_mid_send_leaves_one_card(
    tmp_path: Path, arrived: bool
) -> None:
    async with at_home(tmp_path, "bot.engine.card_sends:RECOGNISED_FOR=0") as home:
        faults, ada = home.discord.faults, home.discord.person("ada", manage_guild=True)
        rule = faults.hold_answer(*POSTS) if arrived else faults.hang(*POSTS)
        slugs = await down_together(home, 8)
        await home.until(lambda: rule.hits)
        await home.server.kill()
        rule.stop()
        await home.server.start()
        await home.until(lambda: storms(home), "the card of the storm")
        await home.until_quiet()
        (card,) = home.messages()
        assert not card.is_silent
        assert card.content.startswith("🔴 **8 incidents of node nas**")
        await ada.choose(card, "cronitor:storm:mute:1", "4h")
        await home.until(lambda: card.content.endswith("(muted)"))
        assert "with all of node nas" in card.text
        await ping_all(home, slugs)
        await home.until(lambda: card.content.startswith("🟢"))
        await home.until_quiet()
        assert home.messages() == [card]


@SLOW
async def test_of_two_hundred_at_once_the_critical_one_waits_for_nobody(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path, *KEEPING_LIMITS) as home:
        home.discord.rules.limits_messages = True
        slugs = [f"job-{n}" for n in range(200)]
        jobs: dict[str, dict[str, object]] = {
            slug: {"every": 36000, "node": f"node-{number % 5}"}
            for number, slug in enumerate(slugs)
        }
        vital = {"every": 36000, "node": "node-0", "severity": "critical"}
        await add_all(home, {**jobs, "vital": vital})
        await ping_all(home, slugs[:100], "/fail")
        before = len(home.discord.requests.of(*POSTS))
        await home.ping("vital", "/fail")
        await ping_all(home, slugs[100:], "/fail")
        await home.until(lambda: _of(home, "vital"), "the critical one")
        await home.until(lambda: len(storms(home)) == 5, "the storms")
        await home.until_quiet()
        posts = home.discord.requests.of(*POSTS)
        (place,) = [at for at, each in enumerate(posts) if _is_about(each, "vital")]
        assert place - before <= pace.MOST, "only what was under way goes before it"
        refused = [each for each in home.discord.requests if each.status == 429]
        assert not refused, "we keep within the limits of posts and of edits"
        # three of each node that came before its storm, the storms, and the critical
        assert len(home.messages()) <= 5 * (3 + 1) + 1
        told = sum(_count(each) for each in storms(home))
        assert told + len(home.cards()) == 201 + 1


def _of(home: Home, name: str) -> bool:
    return any(f"**{name}**" in each.content for each in home.messages())


def _is_about(request: Request, name: str) -> bool:
    return f"**{name}**" in str(request.body)


def _count(card: Message) -> int:
    """How many incidents a storm has."""
    return int(card.content.split("**")[1].split()[0])
