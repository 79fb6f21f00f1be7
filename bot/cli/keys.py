"""`cronitor key`: keys of the HTTP API."""

from datetime import timedelta

import click

from bot.cli import options, output, tables, text
from bot.cli.client import segment
from bot.cli.groups import Group
from bot.errors import CronitorError


@click.group(cls=Group)
def key() -> None:
    """Make, list and remove keys of the HTTP API.

    On the server only. Without any key, here or in the settings, the API is off.

    \b
    Examples:
      cronitor key add grafana --read-only
      cronitor key list

    Next: `curl -H "X-Api-Key: $KEY" http://127.0.0.1:8787/v1/status`.
    """


@key.command()
@click.argument("name")
@click.option(
    "--read-only", is_flag=True, help="It changes nothing, and pings nothing."
)
@click.option(
    "--expires",
    type=options.duration,
    metavar="DURATION",
    help="It stops working by itself after that, such as 90d.",
)
@click.option(
    "--show-key", is_flag=True, help="Print the key even to a file or a pipe."
)
@options.as_json
@options.reaches_server
def add(
    name: str,
    read_only: bool,
    expires: timedelta | None,
    show_key: bool,
    as_json: bool,
) -> None:
    """Make a key and print it, this once.

    The server keeps its hash only.

    \b
    Examples:
      cronitor key add deploy --expires 90d
      cronitor key add grafana --read-only --show-key > grafana.key

    Next: give it to whoever calls the API; `cronitor key remove NAME` ends it.
    """
    if not (show_key or as_json or text.is_terminal()):
        raise CronitorError(
            "nothing was made: the key would be in a log; add --show-key or --json"
        )
    body = {
        "name": name,
        "read_only": read_only,
        "expires": None if expires is None else expires.total_seconds(),
    }
    view = options.client().post("/v1/keys", body)
    if as_json:
        output.print_json(view)
        return
    output.say(view["key"])
    output.hint("", "It is not shown again.")


@key.command("list")
@options.as_json
@options.reaches_server
def list_keys(as_json: bool) -> None:
    """List keys, with what they may do and their last use.

    \b
    Examples:
      cronitor key list
      cronitor key list --json

    Next: `cronitor key remove NAME` takes one out of use.
    """
    client = options.client()
    found = client.get("/v1/keys")["keys"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say("there are no keys yet; make one: cronitor key add NAME")
        return
    tables.show(tables.keys(found, client.now))


@key.command()
@click.argument("name")
@options.as_json
@options.reaches_server
def remove(name: str, as_json: bool) -> None:
    """Take a key out of use, at once.

    \b
    Example:
      cronitor key remove grafana

    Next: `cronitor key list` shows which ones are left.
    """
    view = options.client().delete(f"/v1/keys/{segment(name)}")
    if as_json:
        output.print_json(view)
        return
    output.say(f"removed {text.visible(name)}")
