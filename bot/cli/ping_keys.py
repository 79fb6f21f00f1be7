"""`cronitor ping-key`: the key that stands in ping URLs by slug."""

from datetime import timedelta

import click

from bot.cli import options, output, text
from bot.cli.groups import Group


@click.group("ping-key", cls=Group)
def ping_key() -> None:
    """Make another key for ping URLs by slug.

    \b
    Example:
      cronitor ping-key rotate --overlap 7d

    Next: `cronitor job show JOB` prints the URL of a job with the new key.
    """


@ping_key.command()
@options.overlap
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--show-key", is_flag=True, help="Print the key even to a file or a pipe."
)
@options.as_json
@options.reaches_server
def rotate(overlap: timedelta, yes: bool, show_key: bool, as_json: bool) -> None:
    """Make another ping key.

    Every ping URL with a slug changes; those with a UUID stay. The old key is
    answered 404 at once, or taken for as long as --overlap says.

    \b
    Examples:
      cronitor ping-key rotate --overlap 7d
      cronitor ping-key rotate --yes --json

    Next: bring the new key to every machine before the overlap ends.
    """
    if not yes:
        end = options.until_when(overlap)
        output.ask(f"Change every ping URL by slug? The old key {end}.")
    body = {"overlap": overlap.total_seconds()}
    view = options.client().post("/v1/ping-key/rotate", body)
    if as_json:
        output.print_json(view)
        return
    shown = show_key or text.is_terminal()
    key = view["ping_key"] if shown else "not shown; add --show-key or --json"
    output.say(f"the new ping key: {key}")
