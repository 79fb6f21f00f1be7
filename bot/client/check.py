"""Whether Discord is set up: token, server, channels, roles, commands, and buttons.

Changes nothing but for a test card, which is taken away again. What is wrong is judged
by the same rules as in the server (`guild_check`, `command_check`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import discord

from bot.client import command_check, failures, guild_check, homes
from bot.client.bots import Bot
from bot.client.client import commands_of_this_version
from bot.client.guild_check import Finding, Home
from bot.client.probe import Probe
from bot.client.steps import Mark, Step, Teller, wrong
from bot.client.trials import Ask, Trial
from bot.clock import Clock

#: for the questions of one step; discord.py tries some of them again by itself
PATIENCE_S = 60.0
GATEWAY_S = 30.0
#: for a server that begins to connect
SETTLED_S = 5.0

_STATUS = "https://discordstatus.com"


class Check:
    """One check, from the token to the buttons."""

    def __init__(self, bot: Bot, teller: Teller, *, ask: Ask, clock: Clock) -> None:
        """`ask` is asked for `/v1/discord` of the server on this data directory."""
        self._bot = bot
        self._teller = teller
        self._ask = ask
        self._clock = clock
        self._probe = Probe()
        self._home: Home | None = None

    async def run(self, *, wait_s: float, keep: bool) -> None:
        """Tell every step; ends early where nothing further could be said."""
        async with self._probe:
            stages = (
                ("token", self._log_in),
                ("server", self._find_server),
                ("channels", self._look_at_channels),
                ("commands", self._look_at_commands),
            )
            for name, stage in stages:
                if not await self._passes(name, stage):
                    return
            await self._try_a_card(wait_s=wait_s, keep=keep)

    async def _passes(self, name: str, stage: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the stage lets the check go on."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await stage()
        except failures.AWAY as exc:
            said = f"Discord cannot be asked: {failures.said(exc)}"
            self._wrong(name, f"{said}; look at the network and {_STATUS}")
            return False

    async def _log_in(self) -> bool:
        self._teller.busy("logging in")
        try:
            await self._probe.login(self._bot.token)
        except discord.LoginFailure:
            refused = Finding("token", failures.REFUSED)
            self._teller.step(wrong(refused, is_setting=True))
            return False
        self._ok("token", f"logged in as {self._probe.user}")
        application = self._probe.application
        url = None if application is None else application.interactions_endpoint_url
        for finding in guild_check.of_endpoint(url):
            self._teller.step(wrong(finding))
        return True

    async def _find_server(self) -> bool:
        self._teller.busy("looking for the server")
        probe, guild_id = self._probe, self._bot.guild_id
        if guild_id is None:
            guilds = probe.fetch_guilds(limit=20, with_counts=False)
            known = {guild.id: guild.name async for guild in guilds}
            for finding in guild_check.of_no_guild(
                self._bot, known, probe.application_id
            ):
                self._teller.step(wrong(finding, is_setting=True))
            return False
        try:
            guild = await probe.fetch_guild(guild_id, with_counts=False)
        except (discord.NotFound, discord.Forbidden):
            absent = guild_check.of_absence(guild_id, probe.application_id)
            self._teller.step(wrong(absent))
            return False
        assert probe.user is not None
        wanted = guild_check.wanted(self._bot)
        self._home = await homes.fetch(guild, probe.user.id, wanted)
        self._ok("server", f"in {guild.name}")
        return True

    async def _look_at_channels(self) -> bool:
        assert self._home is not None
        for finding in guild_check.of_unset(self._bot):
            self._teller.step(wrong(finding, is_setting=True))
        for key, channel_id in self._bot.channels.items():
            if channel_id is not None:
                self._look_at_channel(self._home, key, channel_id)
                for finding in guild_check.of_threads(
                    self._home, key, channel_id, wanted=self._bot.threads
                ):
                    self._teller.step(wrong(finding, is_setting=True))
        for finding in guild_check.of_pictures(self._home, self._bot.channels):
            self._note(finding.part, finding.text)
        lost = guild_check.of_roles(self._home, self._bot)
        for finding in lost:
            self._teller.step(wrong(finding))
        if not lost:
            self._ok("roles", _who_may(self._home, self._bot))
        return True

    def _look_at_channel(self, home: Home, key: str, channel_id: int) -> None:
        found = guild_check.of_channel(home, key, channel_id)
        place = home.places.get(channel_id)
        allowed = {} if place is None else place.allowed
        text = "; ".join(finding.text for finding in found)
        if place is not None and not found:
            text = f"#{place.name}: {', '.join(allowed)}"
        mark = Mark.WRONG if found else Mark.OK
        step = Step(name=key, mark=mark, text=text, permissions=allowed)
        self._teller.step(step)

    async def _look_at_commands(self) -> bool:
        self._teller.busy("comparing the commands")
        guild_id = self._bot.guild_id
        assert guild_id is not None
        ours = await commands_of_this_version()
        try:
            theirs = await self._probe.tree.fetch_commands(
                guild=discord.Object(guild_id)
            )
        except discord.Forbidden:
            fault = guild_check.of_commands(guild_id, self._probe.application_id)
            self._teller.step(wrong(fault))
            return True
        differences = command_check.compare(ours, theirs)
        if differences:
            said = f"{differences}; `cronitor up` brings them up to date at its start"
            self._note("commands", said)
        else:
            names = ", ".join(f"/{command['name']}" for command in ours)
            self._ok("commands", f"as in this version: {names}")
        return True

    async def _try_a_card(self, *, wait_s: float, keep: bool) -> None:
        """Post a card, wait for a press, and take the card away."""
        channel_id = next(iter(self._bot.channels.values())) or 0
        place = None if self._home is None else self._home.places.get(channel_id)
        if place is None or not place.is_usable:
            return
        is_served = await self._is_served()
        async with AsyncExitStack() as stack:
            if wait_s and not is_served and not await self._connects(stack):
                return
            trial = Trial(self._probe, self._teller, self._clock)
            if not keep:
                stack.push_async_callback(trial.remove)
            if not await self._passes("test card", partial(trial.post, channel_id)):
                return
            self._ok("test card", f"posted in #{place.name}")
            if wait_s:
                self._teller.prompt(
                    f"press the buttons of the test card in #{place.name}", wait_s
                )
                await trial.wait(wait_s, self._ask if is_served else None)

    async def _is_served(self) -> bool:
        """Whether a server here answers the buttons; what keeps it from that is told.

        Two that answer the same press would trip over each other.
        """
        link, user = await self._settled(), self._probe.user
        if link is None or user is None:
            return False
        match link["state"]:
            case "connected" if link["bot_id"] == str(user.id):
                self._ok("running server", "connected; it answers the buttons")
                return True
            case "connected":
                said = "connected as another bot; restart it to use these settings"
            case "off":
                said = "without Discord so far; restart it to use these settings"
            case _:
                said = "not connected to Discord at the moment; its log says why"
        self._note("running server", said)
        return False

    async def _settled(self) -> Mapping[str, Any] | None:
        """What the server says; one that has just begun is given time to connect."""
        self._teller.busy("asking the running server")
        until = self._clock.monotonic() + SETTLED_S
        while True:
            link = await self._ask()
            is_away = link is not None and link["state"] == "away"
            if not is_away or self._clock.monotonic() >= until:
                return link
            await self._clock.wait(asyncio.Event(), SETTLED_S / 10)

    async def _connects(self, stack: AsyncExitStack) -> bool:
        """Connect to the gateway until the end of the stack, to hear buttons."""
        self._teller.busy("connecting to the gateway")
        connecting = asyncio.create_task(self._probe.connect(), name="gateway")
        stack.push_async_callback(_end, connecting)
        connected = asyncio.create_task(self._probe.is_connected.wait(), name="hello")
        stack.push_async_callback(_end, connected)
        await asyncio.wait(
            {connecting, connected},
            timeout=GATEWAY_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self._probe.is_connected.is_set():
            self._ok("gateway", "connected, to hear the buttons")
            return True
        self._wrong(
            "gateway",
            "it cannot be reached; let WebSockets to gateway.discord.gg through, port "
            f"443, and look at {_STATUS}",
        )
        return False

    def _ok(self, name: str, text: str) -> None:
        self._teller.step(Step(name=name, mark=Mark.OK, text=text))

    def _note(self, name: str, text: str) -> None:
        self._teller.step(Step(name=name, mark=Mark.NOTE, text=text))

    def _wrong(self, name: str, text: str) -> None:
        self._teller.step(Step(name=name, mark=Mark.WRONG, text=text))


def _who_may(home: Home, bot: Bot) -> str:
    """What the roles of the settings mean."""

    def named(role_ids: frozenset[int]) -> str:
        return ", ".join(f"@{home.roles[role_id]}" for role_id in sorted(role_ids))

    admins = named(bot.rules.admin_role_ids) or "whoever has Manage Server"
    operators = named(bot.rules.operator_role_ids)
    viewers = named(bot.rules.viewer_role_ids) or "everybody else"
    parts = [f"{admins} may do everything", f"{viewers} may look"]
    if operators:
        parts.insert(1, f"{operators} may acknowledge, mute, pause and resume")
    return "; ".join(parts)


async def _end(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
