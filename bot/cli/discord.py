"""`cronitor discord check`: whether Discord is set up, one line for each thing."""

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from bot.cli import failures, options, output, tables
from bot.cli.groups import Group
from bot.errors import ConfigError, CronitorError

if TYPE_CHECKING:
    from bot.cli.discord_steps import Printed
    from bot.client.bots import Bot

#: what can be chosen
NAMES = ("alert", "summary", "fallback", "viewer", "operator", "admin")
#: of the server on this data directory
_SERVER_S = 5


@click.group(cls=Group)
def discord() -> None:
    """See whether Discord is set up; choose channels.

    \b
    Examples:
      cronitor discord check
      cronitor discord choices
      cronitor discord choose alert 100000000000000002

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

    Token, server, channels, permissions, roles and commands are looked at: those
    of the settings, and those that were chosen. Whoever presses a button of the card
    is named; then the card is deleted. It works with and without a running server, and
    changes nothing else in Discord.

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
    import storage.choices
    from bot import config
    from bot.client import bots
    from bot.core import choices

    settings = config.load(options.config_path(), options.data_dir(), os.environ)
    bot = bots.of(settings.discord, settings.escalation)
    if bot is None:
        raise ConfigError(
            "discord.token is not set; docs/discord-setup.md says where it comes from"
        )
    database = settings.storage.path or options.data_dir() / "cronitor.db"
    chosen = storage.choices.read(database)
    return bots.with_choices(
        bot, choices.in_force(bots.fixed(settings.discord), chosen)
    )


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


@discord.command("choices")
@options.as_json
@options.reaches_server
def list_choices(as_json: bool) -> None:
    """List channels and roles, and who decides them.

    What the settings say wins; where they are silent, it is what was chosen in Discord
    by `/setup`, or here.

    \b
    Examples:
      cronitor discord choices
      cronitor discord choices --json

    Next: `cronitor discord choose NAME ID` changes one, at once.
    """
    found = options.client().get("/v1/discord/choices")["choices"]
    if as_json:
        output.print_json(found)
        return
    tables.show(tables.choices(found))


@discord.command()
@click.argument("name", type=click.Choice(NAMES))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--clear", is_flag=True, help="Choose nothing any more.")
@options.as_json
@options.reaches_server
def choose(name: str, ids: tuple[str, ...], clear: bool, as_json: bool) -> None:
    """Choose a channel, or the roles of a grade.

    NAME: alert, summary or fallback (a channel), viewer, operator or admin (roles).
    It applies at once. What the settings decide cannot be chosen.

    \b
    Examples:
      cronitor discord choose alert 100000000000000002
      cronitor discord choose operator 100000000000000003 100000000000000004
      cronitor discord choose fallback --clear

    Next: `cronitor discord check` sees whether the bot may write there.
    """
    if bool(ids) == clear:
        raise click.UsageError("give an ID, or --clear")
    body = {name: list(ids) or None}
    found = options.client().patch("/v1/discord/choices", body)["choices"]
    if as_json:
        output.print_json(found)
        return
    (view,) = (each for each in found if each["name"] == name)
    said = ", ".join(view["ids"]) or "nothing"
    output.say(f"{view['setting']}: {said} ({tables.CHOSEN_BY[view['source']]})")


def _quieten_libraries(token: str) -> None:
    """Keep what discord.py logs off the screen; with CRONITOR_DEBUG show it."""
    import logging

    from bot import log

    if os.environ.get(failures.DEBUG):
        log.configure(level="debug", secrets=[token])
    else:
        logging.getLogger().addHandler(logging.NullHandler())
