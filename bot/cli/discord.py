"""`cronitor discord check`: whether Discord is set up, one line for each thing."""

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from bot.cli import failures, options
from bot.cli.groups import Group
from bot.errors import ConfigError, CronitorError

if TYPE_CHECKING:
    from bot.cli.discord_steps import Printed
    from bot.client.bots import Bot

#: of the server on this data directory
_SERVER_S = 5


@click.group(cls=Group)
def discord() -> None:
    """See whether Discord is set up.

    \b
    Examples:
      cronitor discord check

    Next: `docs/discord-setup.md` leads from nothing to the first card.
    """


@discord.command()
@click.option(
    "--wait",
    type=options.duration,
    default="60s",
    show_default=True,
    help="How long to wait for a press on the test card; 0s: not at all.",
)
@click.option("--keep", is_flag=True, help="Leave the test card in the channel.")
@options.as_json
@options.uses_settings
@click.pass_context
def check(ctx: click.Context, wait: timedelta, keep: bool, as_json: bool) -> None:
    """Check the setup of Discord, and post a test card.

    Token, server, channels, permissions, roles and commands are looked at. Whoever
    presses a button of the card is named; then the card is deleted. It works with and
    without a running server, and changes nothing else in Discord.

    Exit code 0: all is well; 1: something has to be mended in Discord; 78: in the
    settings.

    \b
    Examples:
      cronitor discord check
      cronitor discord check --wait 0s --json

    Next: `cronitor up`, and a job that fails on purpose (docs/discord-setup.md).
    """
    from bot.cli import discord_steps

    bot = _bot()
    _quieten_libraries(bot.token)
    printed = discord_steps.printed(as_json=as_json)
    with printed:
        asyncio.run(_run(bot, printed, wait_s=wait.total_seconds(), keep=keep))
    printed.close()
    ctx.exit(exit_code(printed))


def exit_code(printed: "Printed") -> int:
    """What a script sees."""
    wrong = printed.wrong
    if any(step.is_setting for step in wrong):
        return failures.SETTINGS
    return failures.REFUSED if wrong else failures.OK


def _bot() -> "Bot":
    from bot import config
    from bot.client import bots

    settings = config.load(options.config_path(), options.data_dir(), os.environ)
    bot = bots.of(settings.discord, settings.escalation)
    if bot is None:
        raise ConfigError(
            "discord.token is not set; docs/discord-setup.md says where it comes from"
        )
    return bot


async def _run(bot: "Bot", printed: "Printed", *, wait_s: float, keep: bool) -> None:
    from bot.cli.client import Client, Near
    from bot.client.check import Check
    from bot.clock import SystemClock

    server = Client(Near(options.data_dir() / "cronitor.sock"), _SERVER_S)

    async def ask() -> Mapping[str, Any] | None:
        try:
            link: Mapping[str, Any] = await asyncio.to_thread(server.get, "/v1/discord")
        except CronitorError:
            # none is running, or it is of an older version
            return None
        return link

    check = Check(bot, printed, ask=ask, clock=SystemClock())
    await check.run(wait_s=wait_s, keep=keep)


def _quieten_libraries(token: str) -> None:
    """Keep what discord.py logs off the screen; with CRONITOR_DEBUG show it."""
    import logging

    from bot import log

    if os.environ.get(failures.DEBUG):
        log.configure(level="debug", secrets=[token])
    else:
        logging.getLogger().addHandler(logging.NullHandler())
