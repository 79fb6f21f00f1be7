"""`cronitor maintenance`: planned work, once or again and again."""

from datetime import timedelta
from typing import Any

import click

from bot.cli import options, output, tables, times
from bot.cli.groups import Command, Group
from bot.cli.incidents import number
from bot.core.states import View


@click.group(cls=Group)
def maintenance() -> None:
    """Announce planned work, so that nobody is woken by it.

    What falls due inside is suppressed. If the newest outcome inside was bad, an
    incident opens at the end, "began in maintenance".

    \b
    Examples:
      cronitor maintenance add --node nas --for 2h --reason "new disks"
      cronitor maintenance add --tag db --every "0 2 * * SUN" --for 90m
      cronitor maintenance list

    Next: `cronitor mute add` silences what goes wrong already.
    """


@maintenance.command(cls=Command)
@options.job_option("--job", help="For this job.")
@click.option("--tag", metavar="TAG", help="For every job with this tag.")
@click.option("--node", metavar="HOST", help="For every job of this machine.")
@click.option("--all", "all", is_flag=True, help="For everything.")
@click.option("--from", "from", metavar="TIME", help="When it begins [default: now].")
@click.option("--to", metavar="TIME", help="When it ends, in place of --for.")
@click.option("--for", "for", type=options.duration, help="How long: 1m to 30d.")
@click.option(
    "--every", "cron", metavar="EXPR", help='Again and again: cron, "0 2 * * SUN".'
)
@click.option(
    "--on-calendar", metavar="EXPR", help='Again and again: systemd, "Sun 02:00".'
)
@click.option(
    "--timezone", metavar="ZONE", help="Of the times and schedules [default: UTC]."
)
@click.option("--reason", metavar="TEXT", help="Why, for the others.")
@options.as_json
@options.reaches_server
def add(as_json: bool, **given: Any) -> None:
    """Announce planned work.

    \b
    Examples:
      cronitor maintenance add --job backup --for 2h
      cronitor maintenance add --all --from "2026-12-24 18:00" --to "2026-12-26 08:00"
      cronitor maintenance add --tag db --every "0 2 * * SUN" --for 90m
      cronitor maintenance add --node nas --on-calendar "Sat 03:00" --for 1h

    Next: `cronitor maintenance list` shows it, `maintenance remove ID` ends it early.
    """
    client = options.client()
    table = {key: _plain(value) for key, value in given.items() if value}
    view = client.post("/v1/maintenance", table)
    if as_json:
        output.print_json(view)
        return
    output.say(f"maintenance #{view['id']}: {tables.muted(view)}")
    output.say(*_times(view), *tables.covers(view))


@maintenance.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
@options.as_json
@options.reaches_server
def list_windows(everything: bool, as_json: bool) -> None:
    """List planned work that goes on or is to come.

    \b
    Examples:
      cronitor maintenance list
      cronitor maintenance list --all

    Next: `cronitor maintenance remove ID` ends one early.
    """
    client = options.client()
    ended = 1 if everything else None
    found = client.get("/v1/maintenance", ended=ended)["maintenance"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say("no work is planned; `cronitor maintenance add --help` says how to")
        return
    tables.show(tables.windows(found, client.now))


@maintenance.command()
@click.argument("window_id", type=number, metavar="ID")
@options.as_json
@options.reaches_server
def remove(window_id: int, as_json: bool) -> None:
    """End planned work now, and do not let it come again.

    What was suppressed is judged at once, and what is still wrong sounds.

    \b
    Example:
      cronitor maintenance remove 3

    Next: `cronitor incident list` shows what may sound.
    """
    view = options.client().delete(f"/v1/maintenance/{window_id}")
    if as_json:
        output.print_json(view)
        return
    output.say(f"maintenance #{window_id} is over for {tables.muted(view)}")


def _plain(value: object) -> object:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _times(view: View) -> list[str]:
    """When it is open next, in UTC and on the clock of its zone."""
    lines = []
    for each in view["next"]:
        line = f"  {times.utc(each['from'])} to {times.utc(each['to'])}"
        if view["timezone"] != "UTC":
            begins, ends = _wall(each["local_from"]), _wall(each["local_to"])
            line += f" ({begins} to {ends} {view['timezone']})"
        lines.append(line)
    return lines


def _wall(text: str) -> str:
    """The wall time as it stands there: `Sun 2026-11-29 02:00`."""
    return f"{times.read(text):%a %Y-%m-%d %H:%M}"
