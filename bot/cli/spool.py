"""`cronitor spool`: what `cronitor exec` could not send yet."""

import os
from datetime import UTC, datetime

import click

from bot.cli import options, output, text
from bot.cli.failures import NO_SERVER, OK, REFUSED
from bot.cli.groups import Command, Group
from bot.clock import SystemClock
from bot.errors import CronitorError, NoServer
from bot.node import flushes, jobs, places, settings, spools
from bot.node.reports import Corrupt, Report
from bot.node.spools import Spool

_BUDGET_S = 300.0


@click.group("spool", cls=Group)
def spool() -> None:
    """See and send the reports that `cronitor exec` has kept.

    \b
    Examples:
      cronitor spool list
      cronitor spool flush

    Next: `cronitor spool flush` sends them; the next `cronitor exec` that reaches the
    server does as well.
    """


@spool.command("list", cls=Command)
@options.as_json
@options.reaches_server
def list_(as_json: bool) -> None:
    """List the reports that wait to be sent.

    \b
    Examples:
      cronitor spool list
      cronitor spool list --json

    Next: `cronitor spool flush` sends them.
    """
    kept = Spool(_settings().spool_dir)
    views = [_view(kept, name) for name in kept.names()]
    if as_json:
        output.print_json({"folder": kept.folder, "reports": views})
        return
    for view in views:
        output.say(text.visible("  ".join(str(value) for value in view.values())))
    output.say(f"{len(views)} reports wait in {kept.folder}")


@spool.command(cls=Command)
@options.reaches_server
@click.pass_context
def flush(ctx: click.Context) -> None:
    """Send the reports that wait, in their order.

    Each has its own time, at which the server places it, and counts once, even if the
    server knows it already. Exit code 1: some are left, or had to be dropped; 69: no
    server answers.

    \b
    Examples:
      cronitor spool flush
      @reboot cronitor spool flush        in a crontab

    Next: `cronitor spool list` shows what is left.
    """
    try:
        done = flushes.flush(_settings(), SystemClock(), _BUDGET_S)
    except places.Unknown as exc:
        raise NoServer(str(exc)) from exc
    except spools.Unusable as exc:
        raise CronitorError(str(exc)) from exc
    for line in done.lines + done.troubles:
        click.echo(f"cronitor: {text.visible(line)}", err=True)
    output.say(f"sent {done.sent}, dropped {done.dropped}, left {done.left}")
    if done.is_away:
        ctx.exit(NO_SERVER)
    ctx.exit(REFUSED if done.dropped or done.left else OK)


def _settings() -> settings.Settings:
    return settings.read(os.environ, options.typed_data_dir())


def _view(kept: Spool, name: str) -> dict[str, object]:
    try:
        report = kept.load(name)
    except (Corrupt, OSError):
        report = None
    return {"file": name, "said": "unreadable"} if report is None else _told(report)


def _told(report: Report) -> dict[str, object]:
    at = datetime.fromtimestamp(report.at, UTC)
    return {
        "at": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "job": jobs.shown(report.job),
        "said": report.said,
        "host": report.host,
    }
