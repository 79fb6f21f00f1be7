"""`cronitor`: hands a command line to its command, and says what went wrong."""

import io
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import click

from bot.cli import failures, options
from bot.cli.groups import LazyGroup

COMMANDS = {
    "up": "bot.cli.up:up",
    "demo": "bot.cli.demo:demo",
    "bench": "bot.cli.bench:bench",
    "job": "bot.cli.jobs:job",
    "ping": "bot.cli.pings:ping",
    "run": "bot.cli.runs:run",
    "cancel": "bot.cli.runs:cancel",
    "logs": "bot.cli.runs:logs",
    "runs": "bot.cli.runs:runs",
    "exec": "bot.cli.exec:execute",
    "spool": "bot.cli.spool:spool",
    "status": "bot.cli.status:status",
    "incident": "bot.cli.incidents:incident",
    "storm": "bot.cli.storms:storm",
    "mute": "bot.cli.mutes:mute",
    "maintenance": "bot.cli.maintenance:maintenance",
    "blind": "bot.cli.blind_times:blind",
    "report": "bot.cli.reports:report",
    "audit": "bot.cli.audit:audit",
    "apply": "bot.cli.apply:apply",
    "diff": "bot.cli.apply:diff",
    "export": "bot.cli.export:export",
    "backup": "bot.cli.backup:backup",
    "key": "bot.cli.keys:key",
    "ping-key": "bot.cli.ping_keys:ping_key",
    "restore": "bot.cli.restore:restore",
    "discord": "bot.cli.discord:discord",
    "check-config": "bot.cli.check_config:check_config",
    "healthcheck": "bot.cli.healthcheck:healthcheck",
    "completion": "bot.cli.completion:completion",
}


class Root(LazyGroup):
    """The whole command line: one way out for everything that goes wrong."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run it; the process ends with the exit code that a failure asks for."""
        if standalone_mode:
            for stream in (sys.stdout, sys.stderr):
                _never_fail_to_print(stream)
        try:
            code = super().main(args, prog_name, complete_var, False, **extra)
        except (Exception, KeyboardInterrupt) as exc:
            if not standalone_mode:
                raise
            sys.exit(failures.report(exc))
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else failures.OK)


def _never_fail_to_print(stream: TextIO) -> None:
    """What a terminal cannot show must not end a command."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("cronitor-bot")
    except PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"cronitor {number}")
    ctx.exit()


@click.group("cronitor", cls=Root, lazy=COMMANDS, no_args_is_help=True)
@options.everywhere
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version and exit.",
)
def main() -> None:
    """Watch scheduled jobs: each reports by fetching a URL; silence is an incident.

    \b
    Examples:
      cronitor demo                      see all of it in half a minute
      cronitor up                        start the server
      cronitor job add backup --every 1d make a job and get its ping URL

    Next: `cronitor COMMAND --help` explains a command. The options below may
    also stand after the command.
    """
