"""Keeps a client connected: starts it, watches it, and replaces one that went deaf.

If the address for resuming keeps answering 5xx, discord.py tries it for ever and hears
nothing (SEMANTICS, section 7, point 3). Discord may be away: everything else goes on.
"""

import asyncio
import logging
import random

import discord

from bot.client import bots, failures, guild_check, presence
from bot.client.bots import Bot
from bot.client.client import Client
from bot.client.guild_check import Finding
from bot.clock import Clock
from bot.core import views
from bot.engine.services import Services
from bot.errors import ConfigError, Unavailable
from bot.notifiers.discord import DiscordPlace, Handle

logger = logging.getLogger(__name__)

#: no READY or RESUMED for so long after a disconnect: another client is started
SILENT_AFTER_S = 180.0
#: a gateway that is back sooner is not worth a line in the log
BLINK_S = 15.0
LOGIN_TIMEOUT_S = 60.0
CLOSE_TIMEOUT_S = 5.0
#: waits between clients: the first, doubled each time up to the longest
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
#: how often a token is tried that is refused now and has worked before
REFUSED_WAIT_S = 300.0
#: how often Discord is asked whether something is mended that it does not tell of
ASK_AGAIN_S = 60.0
#: how often the counts below the bot's name are looked at; Discord takes 5 in 20 s
PRESENCE_EVERY_S = 10.0

#: kept as soon as a token has worked on this data directory
WORKED_KEY = "discord_worked"


class Supervisor:
    """Runs one client after another, for as long as the server runs."""

    def __init__(
        self, services: Services, handle: Handle, bot: Bot, clock: Clock
    ) -> None:
        self._services = services
        self._handle = handle
        self._settings_bot = bot
        self._clock = clock
        self._event = asyncio.Event()
        self._noticed: set[str] = set()
        #: since when (monotonic) the gateway is away; None: it is there
        self._down_since: float | None = None
        self._said_down = False
        self._said_refused = False
        self._findings: list[Finding] = []
        self._presence = ""
        self._presence_at = 0.0
        self._asked_at = 0.0
        services.link.lost()
        services.choices.listen(lambda: self._notice("changed"))

    @property
    def _bot(self) -> Bot:
        """With the channels and roles that are in force now."""
        return bots.with_choices(self._settings_bot, self._services.choices.force)

    async def run(self) -> None:
        """For ever; raises ConfigError for a token that has never worked here."""
        failed = 0
        while True:
            began = self._clock.monotonic()
            wait_s = await self._one_client(failed)
            lasted_s = self._clock.monotonic() - began
            failed = 0 if lasted_s > SILENT_AFTER_S * 2 else failed + 1
            self._event.clear()
            await self._clock.wait(self._event, wait_s)

    async def _one_client(self, failed: int) -> float:
        """Run a client until it ends; how long to wait before the next."""
        client = Client(
            self._services,
            rules=lambda: self._services.choices.rules,
            guild_id=self._bot.guild_id,
            noticed=self._notice,
            has_threads=self._bot.threads,
        )
        longest_s = min(FIRST_WAIT_S * 2.0 ** min(failed, 10), LONGEST_WAIT_S)
        wait_s = longest_s * random.uniform(0.5, 1)  # noqa: S311  # spread, not secrecy
        try:
            await self._live(client)
        except discord.LoginFailure:
            await self._refused()
            return REFUSED_WAIT_S
        except discord.ConnectionClosed as exc:
            if exc.code == 4004:
                await self._refused()
                return REFUSED_WAIT_S
            said = f"the gateway has closed the connection with code {exc.code}"
            self._away(said, answers=True)
        except Unavailable as exc:
            self._away(f"the store: {exc}", answers=True)
        except failures.AWAY as exc:
            self._away(failures.said(exc))
        except Exception as exc:
            logger.exception("the Discord client broke")
            self._away(f"{type(exc).__name__}")
        finally:
            await self._close(client)
        return wait_s

    async def _live(self, client: Client) -> None:
        """Log in, connect, and watch until the client ends or has gone deaf."""
        self._noticed.clear()
        self._down_since = self._clock.monotonic()
        async with asyncio.timeout(LOGIN_TIMEOUT_S):
            await client.login(self._bot.token)
        self._services.link.lost(answers=True)
        await self._services.store.keep(WORKED_KEY, "1")
        # sending needs no gateway
        self._handle.client = client
        await self._hurry()
        await self._sync_commands(client)
        connecting = asyncio.create_task(client.connect(), name="discord gateway")
        try:
            while not connecting.done():
                await self._look(client)
                if self._is_deaf():
                    said = f"nothing was heard from Discord for {SILENT_AFTER_S:g} s"
                    raise TimeoutError(said)
                self._event.clear()
                await self._wait(connecting)
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
        await connecting

    async def _wait(self, connecting: "asyncio.Task[None]") -> None:
        """Until something is noticed, the client ends, or a second has passed."""
        waiting = asyncio.create_task(self._clock.wait(self._event, 1.0), name="wait")
        try:
            await asyncio.wait(
                {connecting, waiting}, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()

    def _notice(self, what: str) -> None:
        self._noticed.add(what)
        self._event.set()

    async def _look(self, client: Client) -> None:
        """Act on what was noticed since the last look."""
        noticed, self._noticed = self._noticed, set()
        if "down" in noticed and "up" not in noticed and self._down_since is None:
            self._down_since = self._clock.monotonic()
            self._services.link.lost()
            self._services.health.report("discord", "the gateway is away")
        if "up" in noticed:
            self._up(client)
        self._say_if_down()
        if self._down_since is not None:
            # what is known of servers by now is not all of it
            return
        if await self._asked_again(client) or noticed & {"up", "changed"}:
            self._judge(client)
            await self._hurry()
        await self._show_presence(client)

    async def _sync_commands(self, client: Client) -> None:
        self._asked_at = self._clock.monotonic()
        await client.sync_commands()

    async def _asked_again(self, client: Client) -> bool:
        """Whether it was time to ask again for what no event of the gateway tells.

        A bot that is in a server is not told that it may add commands now.
        """
        is_well = client.commands_fault is None and client.endpoint_url is None
        if is_well or self._clock.monotonic() - self._asked_at < ASK_AGAIN_S:
            return False
        await client.look_at_application()
        await self._sync_commands(client)
        return True

    def _up(self, client: Client) -> None:
        if self._down_since is not None:
            logger.info(
                "connected to Discord as %s",
                client.user,
                extra={"action": "discord_connected"},
            )
        self._down_since = None
        self._said_down = self._said_refused = False
        self._presence, self._presence_at = "", 0.0
        self._services.health.clear("discord")
        if client.user is not None:
            self._services.link.connected(client.user.id)

    def _say_if_down(self) -> None:
        """One line once the gateway has been away for longer than a blink."""
        since = self._down_since
        if since is None or self._said_down:
            return
        if self._clock.monotonic() - since < BLINK_S:
            return
        self._away("the gateway does not answer")

    def _is_deaf(self) -> bool:
        since = self._down_since
        return since is not None and self._clock.monotonic() - since > SILENT_AFTER_S

    def _away(self, why: str, *, answers: bool = False) -> None:
        """Discord cannot be used: health says so, and the log once."""
        self._services.link.lost(answers=answers)
        self._services.health.report("discord", why)
        if self._said_down:
            return
        self._said_down = True
        logger.warning(
            "Discord is away: %s; everything else goes on, and it is tried again",
            why,
            extra={"action": "discord_lost"},
        )

    async def _refused(self) -> None:
        """The token does not work; raises ConfigError if it never did."""
        if await self._services.store.recall(WORKED_KEY) is None:
            raise ConfigError(failures.REFUSED)
        self._services.link.lost(answers=True)
        self._services.health.report("discord", failures.REFUSED)
        if not self._said_refused:
            # even where it was said before that the gateway is away
            logger.error(
                "%s; everything else goes on",
                failures.REFUSED,
                extra={"action": "discord_lost"},
            )
        self._said_down = self._said_refused = True

    def _judge(self, client: Client) -> None:
        """Say what is wrong with the server and the channels, each thing once."""
        found = guild_check.of_endpoint(client.endpoint_url)
        found += guild_check.check(client, self._bot)
        if client.commands_fault is not None and not _is_missing(found):
            found.append(client.commands_fault)
        for finding in found:
            if finding not in self._findings:
                logger.error("%s", finding.text, extra={"action": "discord_setup"})
        self._findings = found
        if found:
            said = "; ".join(finding.text for finding in found)
            self._services.health.report("discord_setup", said)
        else:
            self._services.health.clear("discord_setup")

    async def _hurry(self) -> None:
        cards = self._services.cards.get(DiscordPlace.name)
        if cards is not None:
            await cards.hurry()

    async def _show_presence(self, client: Client) -> None:
        now = self._clock.monotonic()
        if now - self._presence_at < PRESENCE_EVERY_S:
            return
        self._presence_at = now
        said = views.headline(await self._services.reads.status())
        if said == self._presence:
            return
        try:
            await client.change_presence(activity=presence.activity(said))
        except (*failures.AWAY, ConnectionError) as exc:
            logger.debug("the presence could not be shown: %s", type(exc).__name__)
            return
        self._presence = said

    async def _close(self, client: Client) -> None:
        if self._handle.client is client:
            self._handle.client = None
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await client.close()
        except (*failures.AWAY, RuntimeError) as exc:
            logger.debug("the client did not close cleanly: %s", type(exc).__name__)


def _is_missing(found: list[Finding]) -> bool:
    """Whether the bot is not in the server at all: then commands are no matter."""
    return any(finding.part == "guild" for finding in found)
