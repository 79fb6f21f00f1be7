"""`cronitor blind`: what Cronitor could not see."""

import click

from bot.cli import options, output, tables
from bot.cli.groups import Group


@click.group(cls=Group)
def blind() -> None:
    """Show when Cronitor itself could not see.

    \b
    Examples:
      cronitor blind list

    Next: a slot whose ping may have come unseen is unknown, and neither good nor bad.
    """


@blind.command("list")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="How many, the newest first.",
)
@options.as_json
@options.reaches_server
def list_blind_times(limit: int, as_json: bool) -> None:
    """List blind times with the slots in doubt.

    \b
    Examples:
      cronitor blind list
      cronitor blind list --limit 1 --json

    Next: `cronitor job show JOB` shows what became of its slots.
    """
    client = options.client()
    found = client.get("/v1/blind", limit=limit)["blind_times"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say("nothing was missed: Cronitor could see all the time")
        return
    tables.show(tables.blind_times(found, client.now))
