"""`cronitor export`: every job as the `[[job]]` table that makes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from bot.cli import options, output
from bot.cli.groups import Command


@click.command(cls=Command)
@options.as_json
@options.reaches_server
def export(as_json: bool) -> None:
    """Print every job as a [[job]] table, for `cronitor apply`.

    Definitions only: no history, and no ping URLs.

    \b
    Examples:
      cronitor export > jobs.toml
      cronitor export --json

    Next: edit the file, then `cronitor diff jobs.toml` and `cronitor apply jobs.toml`.
    """
    found = options.client().get("/v1/export")["jobs"]
    if as_json:
        output.print_json(found)
        return
    # bytes: TOML is UTF-8 whatever the terminal is
    click.echo(as_toml(found).encode(), nl=False)


def as_toml(tables: Sequence[Mapping[str, Any]]) -> str:
    """The tables as TOML that `apply` takes back unchanged."""
    import tomli_w

    if not tables:
        return "# there are no jobs yet\n"
    # one at a time: tomli_w writes a list of small tables as an inline array
    texts = (tomli_w.dumps(_without_none(table)) for table in tables)
    return "\n".join(f"[[job]]\n{_nested(text)}" for text in texts)


def _without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}


def _nested(text: str) -> str:
    """A table inside a job, such as its filters, belongs to that job."""
    lines = text.split("\n")
    return "\n".join(f"[job.{x[1:]}" if x.startswith("[") else x for x in lines)
