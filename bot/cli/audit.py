"""`cronitor audit`: who changed what."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.cli import options, output, tables, text, times
from bot.core import audits
from bot.core.states import View

if TYPE_CHECKING:
    from rich.table import Table


@click.command()
@click.option("--job", metavar="JOB", help="Only changes of this job.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="How many, the newest first.",
)
@options.as_json
@options.reaches_server
def audit(job: str | None, limit: int, as_json: bool) -> None:
    """Show who changed what, the newest first.

    Nothing in this log can be changed or removed.

    \b
    Examples:
      cronitor audit
      cronitor audit --job backup --limit 5

    Next: `cronitor job edit JOB` takes a change back.
    """
    client = options.client()
    found = client.get("/v1/audit", limit=limit, subject=job)["audit"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say("nothing was changed yet")
        return
    tables.show(_table(found, client.now))


def _table(found: list[View], now: datetime) -> "Table":
    """A line for each change, with the fields that differ below it."""
    rows = []
    for each in found:
        what = f"{audits.words(each['action'])} {each['subject']} by {each['actor']}"
        lines = [what, *audits.differences(each["before"], each["after"])]
        said = "\n  ".join(text.visible(line) for line in lines)
        rows.append((times.relative(each["at"], now), said))
    return tables.facts(rows)
