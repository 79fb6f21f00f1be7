"""Who is called in Discord when nobody takes care: at the wire, over a kill as well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance.with_discord import Home, at_home
from tests.discord_wire.guilds import Role
from tests.discord_wire.mentions import Pings
from tests.discord_wire.messages import Message
from tests.discord_wire.people import Person
from tests.discord_wire.server import Discord


class Scene:
    """A server whose escalation calls a role, then a person and the fallback."""

    def __init__(self, home: Home, role: Role, bob: Person, fallback: int) -> None:
        self.home = home
        self.role = role
        self.bob = bob
        self.fallback = fallback

    def direct(self) -> list[Message]:
        """What was written to Bob directly."""
        channel = self.home.discord.state.add_direct(self.bob.user)
        return self.home.discord.messages(channel)

    def elsewhere(self) -> list[Message]:
        """What stands in the fallback channel."""
        channel = self.home.discord.guild.channels[self.fallback]
        return self.home.discord.messages(channel)

    def calls(self) -> list[Message]:
        """What was said beside the card in the first channel."""
        found = self.home.discord.messages(self.home.discord.channel)
        return [each for each in found if "nobody has acknowledged" in each.content]


@asynccontextmanager
async def scene(
    folder: Path, first: str = "1s", second: str = "2s", rounds: int = 1
) -> AsyncIterator[Scene]:
    """Two steps, after so long."""
    async with Discord() as discord:
        role = discord.add_role("on call", is_mentionable=True)
        bob = discord.person("bob")
        fallback = discord.add_channel("elsewhere").id
        environ = {
            "CRONITOR_ESCALATION__STEPS": f"all {first} role:{role.id}, "
            f"all {second} user:{bob.user.id} dm:{bob.user.id} fallback",
            "CRONITOR_ESCALATION__ROUNDS": str(rounds),
            "CRONITOR_DISCORD__FALLBACK_CHANNEL_ID": str(fallback),
        }
        async with at_home(folder, discord=discord, environ=environ) as home:
            yield Scene(home, role, bob, fallback)


async def test_a_role_is_called_and_then_a_person_and_the_fallback(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as there:
        home = there.home
        card = await home.broken()
        assert not card.pings
        await home.until(lambda: len(there.calls()) == 2, "the second call")
        first, second = there.calls()
        assert first.reply_to is card
        assert first.pings == Pings(roles=frozenset({there.role.id}))
        assert second.pings.users == {there.bob.user.id}
        assert not second.pings.roles
        (written,) = there.direct()
        assert "nobody has acknowledged it" in written.content
        (said,) = there.elsewhere()
        assert not said.pings.roles
        await home.until(lambda: "all 2 steps are done" in card.text, "the card")
        assert "nobody has it" in card.text
        await home.until_quiet()
        assert len(there.calls()) == 2


async def test_an_acknowledgement_keeps_the_others_asleep(tmp_path: Path) -> None:
    async with scene(tmp_path, second="3s") as there:
        ada = there.home.discord.person("ada", manage_guild=True)
        card = await there.home.broken()
        await there.home.until(there.calls)
        await ada.press(card, "Acknowledge")
        await there.home.until(lambda: card.content.startswith("🟠"))
        await asyncio.sleep(3)
        assert len(there.calls()) == 1
        assert there.direct() == []


@pytest.mark.slow
async def test_a_restart_makes_up_for_one_step_and_no_more(tmp_path: Path) -> None:
    async with scene(tmp_path, first="2s", second="4s") as there:
        card = await there.home.broken()
        await there.home.server.kill()
        await asyncio.sleep(5)
        assert there.calls() == []
        await there.home.server.start()
        await there.home.until(there.calls, "the first call")
        assert there.calls()[0].pings.roles == {there.role.id}
        assert there.direct() == []
        await there.home.until(lambda: len(there.calls()) == 2, "the second call")
        await there.home.until(lambda: "all 2 steps" in card.text)
        assert len(there.direct()) == 1
        assert len(there.home.cards()) == 1


async def test_whoever_cannot_be_written_to_is_named_in_the_channel(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as there:
        discord = there.home.discord
        direct = discord.state.add_direct(there.bob.user)
        discord.faults.refuse(
            403, 50007, "POST", f"/channels/{direct.id}/messages", times=None
        )
        await there.home.broken()
        await there.home.until(lambda: len(there.calls()) == 2)
        said = there.calls()[-1]
        assert f"could not be reached directly: <@{there.bob.user.id}>" in said.content
        assert said.pings.users == {there.bob.user.id}
        assert there.direct() == []


async def test_a_call_in_plain_text_wakes_the_same_people(tmp_path: Path) -> None:
    async with scene(tmp_path, first="2s", second="4s") as there:
        discord = there.home.discord
        await there.home.broken()
        path = f"/channels/{discord.channel.id}/messages"
        discord.faults.refuse(400, 50035, "POST", path, times=1)
        await there.home.until(there.calls)
        discord.faults.refuse(400, 50035, "POST", path, times=1)
        await there.home.until(lambda: len(there.calls()) == 2)
        first, second = there.calls()
        assert (first.embeds, second.embeds) == ([], [])
        assert first.pings == Pings(roles=frozenset({there.role.id}))
        assert second.pings.users == {there.bob.user.id}


async def test_a_person_is_written_to_although_no_channel_can_be_used(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, first="2s", second="4s") as there:
        discord = there.home.discord
        await there.home.broken()
        for channel in (discord.channel.id, there.fallback):
            path = f"/channels/{channel}/messages"
            discord.faults.refuse(403, 50013, "POST", path, times=None)
        await there.home.until(there.direct)
        assert (there.calls(), there.elsewhere()) == ([], [])


async def test_a_role_that_would_not_hear_is_said_at_the_start(tmp_path: Path) -> None:
    async with Discord() as discord:
        deaf = discord.add_role("deaf")
        environ = {"CRONITOR_ESCALATION__STEPS": f"all 1h role:{deaf.id}"}
        environ["CRONITOR_ESCALATION__REPEAT_AFTER"] = "2h"
        async with at_home(tmp_path, discord=discord, environ=environ) as home:
            said = "nobody would hear a mention of @deaf"
            await home.until(lambda: said in home.server.output(), said)
