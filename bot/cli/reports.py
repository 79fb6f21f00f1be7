"""`cronitor report`: what a day, a week or a job was like, and what changed."""

import sys
from pathlib import Path
from typing import Any

import click

from bot.cli import options, output, report_screens, tables, text
from bot.cli.client import Client, segment

#: a large store, and two pictures
_TIMEOUT_S = 120
#: the week that is over
_LAST = "last"


@click.command()
@click.option(
    "--day",
    metavar="DAY",
    help="today, yesterday or a date such as 2026-11-23 [default: today].",
)
@click.option(
    "--week",
    metavar="[DATE]",
    is_flag=False,
    flag_value=_LAST,
    help="The week, Monday to Sunday, that holds the date [default: the last one].",
)
@options.job_option("--job", help="One job over the last days instead.")
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    default=30,
    show_default=True,
    help="How many, with --job.",
)
@click.option("--list", "listed", is_flag=True, help="The reports that were posted.")
@click.option("--anew", is_flag=True, help="As of now, though one was posted.")
@options.as_json
@click.option("--html", metavar="FILE", help="Write a page that needs nothing else.")
@click.option("--png", metavar="FILE", help="Write the picture; - is the output.")
@click.option("--light", is_flag=True, help="The picture on white, with --png.")
@options.reaches_server
def report(
    day: str | None,
    week: str | None,
    job: str | None,
    days: int,
    listed: bool,
    anew: bool,
    as_json: bool,
    html: str | None,
    png: str | None,
    light: bool,
) -> None:
    """Say what a day, a week or a job was like.

    \b
    Examples:
      cronitor report
      cronitor report --day yesterday
      cronitor report --week --html week.html
      cronitor report --job backup --days 90
      cronitor report --day 2026-11-23 --png day.png

    A day that was posted is shown as it was posted.

    Next: `cronitor incident list` has what is wrong now.
    """
    chosen = [each for each in (day, week, job) if each is not None]
    if len(chosen) + listed > 1:
        raise click.UsageError("give one of --day, --week, --job and --list")
    if sum((as_json, html is not None, png is not None)) > 1:
        raise click.UsageError("give one of --json, --html and --png")
    client = options.client(_TIMEOUT_S)
    if listed:
        _list(client, as_json=as_json)
        return
    path, query = _address(day, week, job, days, anew=anew)
    if html is not None or png is not None:
        form, file = ("html", html) if html is not None else ("png", png)
        theme = "light" if light else None
        _write(str(file), client.file(path, **query, format=form, theme=theme))
        return
    view = client.get(path, **query)
    if as_json:
        output.print_json(view)
        return
    ascii_only = text.is_ascii()
    screen = report_screens.report if job is None else report_screens.job
    tables.show(*screen(view, ascii_only=ascii_only))


def _address(
    day: str | None, week: str | None, job: str | None, days: int, *, anew: bool
) -> tuple[str, dict[str, Any]]:
    """The path and the query of what is wanted."""
    if job is not None:
        return f"/v1/jobs/{segment(job)}/report", {"days": days}
    kind, label = ("day", day or "today") if week is None else ("week", week)
    query = {"anew": 1} if anew else {}
    return f"/v1/reports/{kind}/{segment(label)}", query


def _list(client: Client, *, as_json: bool) -> None:
    found = client.get("/v1/reports", limit=100)["reports"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say("no report was posted yet")
        output.hint("", "next: cronitor report")
        return
    tables.show(report_screens.listed(found))


def _write(file: str, content: bytes) -> None:
    """To a file, or to standard output for `-`."""
    if file == "-":
        sys.stdout.buffer.write(content)
        return
    path = Path(file).expanduser()
    try:
        path.write_bytes(content)
    except OSError as exc:
        raise click.UsageError(f"{path} cannot be written: {exc.strerror}") from exc
    output.say(f"written to {path}")
