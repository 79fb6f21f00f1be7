"""A check in this process against a local Discord, and what it has told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.client.bots import Bot
from bot.client.check import Check
from bot.client.steps import Step
from bot.clock import SystemClock
from bot.core.roles import Rules
from tests.discord_wire.server import Discord

#: waits of the product, made short
SHORT = (
    "bot.client.trials:POLL_S=0.05",
    "bot.client.trials:ANOTHER_S=0.3",
    "bot.client.trials:LAST_SEND_S=1",
    "bot.client.check:SETTLED_S=0.1",
    "bot.client.check:PATIENCE_S=5",
    "bot.client.check:GATEWAY_S=5",
)


@dataclass
class Told:
    """Keeps the contract of `bot.client.steps.Teller`, and what it was told."""

    steps: list[Step] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    prompted: asyncio.Event = field(default_factory=asyncio.Event)

    def step(self, step: Step) -> None:
        """A step is done."""
        self.steps.append(step)

    def busy(self, said: str) -> None:
        """Something takes its time."""

    def prompt(self, said: str, wait_s: float) -> None:
        """It is a person's turn."""
        self.prompts.append(f"{said}, {wait_s:g} s")
        self.prompted.set()

    @property
    def lines(self) -> list[str]:
        """Every step with its mark: `ok token: logged in as ...`."""
        return [f"{step.mark} {step.name}: {step.text}" for step in self.steps]

    def of(self, name: str) -> list[str]:
        """The lines of one kind of step."""
        return [line for line in self.lines if f" {name}: " in line]

    @property
    def wrong(self) -> list[str]:
        """The lines of what has to be mended."""
        return [line for line in self.lines if line.startswith("wrong ")]


class Bench:
    """A Discord, the settings of a bot there, and the server beside it, if any."""

    def __init__(self, discord: Discord) -> None:
        self.discord = discord
        self.bot = Bot(
            token=discord.token,
            guild_id=discord.guild.id,
            channels={
                "alert_channel_id": discord.channel.id,
                "summary_channel_id": None,
                "fallback_channel_id": None,
            },
            rules=Rules(),
        )
        #: what the server on this data directory answers; None: there is none
        self.link: dict[str, Any] | None = None
        #: set whenever that is asked for
        self.asked = asyncio.Event()
        self.told = Told()

    def set(self, **settings: Any) -> None:
        """Change settings of the bot; those of channels by their keys."""
        known = self.bot.channels
        channels = {k: settings.pop(k, value) for k, value in known.items()}
        self.bot = replace(self.bot, channels=channels, **settings)

    async def ask(self) -> Mapping[str, Any] | None:
        """What `/v1/discord` says."""
        self.asked.set()
        return self.link

    async def check(self, *, wait_s: float = 0, keep: bool = False) -> Told:
        """Run it to its end."""
        self.told = Told()
        check = Check(self.bot, self.told, ask=self.ask, clock=SystemClock())
        await check.run(wait_s=wait_s, keep=keep)
        for line in self.told.lines:
            assert self.bot.token not in line
        return self.told

    @asynccontextmanager
    async def checking(self, wait_s: float = 30) -> AsyncIterator[Told]:
        """Run it beside the block, and see it end after that."""
        running = asyncio.create_task(self.check(wait_s=wait_s))
        await asyncio.sleep(0)
        try:
            yield self.told
            await running
        finally:
            running.cancel()
            await asyncio.wait([running])


@asynccontextmanager
async def bench(*constants: str) -> AsyncIterator[Bench]:
    """Everything is set up well."""
    async with Discord() as discord:
        with discord.in_this_process(*SHORT, *constants):
            yield Bench(discord)
