"""`cronitor job`: make, look at, change and remove jobs."""

from datetime import timedelta
from typing import Any

import click

from bot.cli import job_cards, options, output, tables, text, why_cards
from bot.cli.client import Client, segment
from bot.cli.groups import Group
from bot.cli.job_options import RESETTABLE, definition_options, scheduled, table
from bot.core import states

_STATES = ("new", "up", "down", "paused", "late", "running", "failing", "unknown")

show_url = click.option(
    "--show-url", is_flag=True, help="Print the ping URL even to a file or a pipe."
)


@click.group(cls=Group)
def job() -> None:
    """Make, look at, change and remove jobs.

    \b
    Examples:
      cronitor job add backup --cron "0 3 * * *" --timezone Europe/Berlin
      cronitor job list

    Next: `cronitor job add --help` explains schedules and rules.
    """


@job.command()
@click.argument("slug")
@definition_options
@show_url
@options.as_json
@options.reaches_server
def add(slug: str, show_url: bool, as_json: bool, **values: Any) -> None:
    """Make a job and print its ping URL.

    \b
    Examples:
      cronitor job add backup --cron "0 3 * * *" --timezone Europe/Berlin
      cronitor job add queue --every 5m --grace 1m --severity critical
      cronitor job add report --on-calendar "Mon..Fri 07:00" --max-runtime 20m

    Next: paste the printed line at the end of the job; `cronitor job show JOB`
    tells whether its pings arrive.
    """
    client = options.client()
    client.post("/v1/jobs", {"slug": slug, **scheduled(values)})
    view = client.get(f"/v1/jobs/{segment(slug)}")
    if as_json:
        output.print_json(view)
        return
    output.say(*job_cards.created(view, show_url=_may_show(show_url)))


@job.command("list")
@click.option("--status", type=click.Choice(_STATES), help="Only these.")
@click.option("--tag", metavar="TAG", help="Only with this tag.")
@click.option("--node", metavar="HOST", help="Only of this machine.")
@options.as_json
@options.reaches_server
def list_jobs(
    status: str | None, tag: str | None, node: str | None, as_json: bool
) -> None:
    """List jobs, the worst first.

    \b
    Examples:
      cronitor job list
      cronitor job list --status down --tag db

    Next: `cronitor job show JOB` has the history of one.
    """
    client = options.client()
    answer = client.get("/v1/jobs", status=status, tag=tag, node=node)
    found = answer["jobs"]
    for slug in answer.get("unreadable", ()):
        output.warn(
            f"{slug} cannot be read and is not watched: cronitor job show {slug}"
        )
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say(_nothing(filtered=bool(status or tag or node)))
        return
    tables.show(tables.jobs(found, client.now, ascii_only=text.is_ascii()))
    output.hint("", states.counted(found), _next(found))


def _nothing(*, filtered: bool) -> str:
    if filtered:
        return "no job is like that; `cronitor job list` has all of them"
    return "there are no jobs yet; make one: cronitor job add backup --every 1d"


def _next(found: list[states.View]) -> str:
    if any(job["status"] == "down" for job in found):
        return "next: cronitor incident list"
    return f"next: cronitor job show {states.worst_first(found)[0]['slug']}"


@job.command()
@options.job_argument
@show_url
@options.as_json
@options.reaches_server
def show(slug: str, show_url: bool, as_json: bool) -> None:
    """Show everything about a job.

    Its rules, its next dues, and its last slots, pings and incidents.

    \b
    Examples:
      cronitor job show backup
      cronitor job show backup --json

    Next: `cronitor job edit JOB` changes it.
    """
    client = options.client()
    view = client.get(f"/v1/jobs/{segment(slug)}")
    if as_json:
        output.print_json(view)
        return
    tables.show(*job_cards.card(view, client.now, ascii_only=text.is_ascii()))
    # not in the card, whose line breaks would be pasted too
    output.say("", *job_cards.reporting(view, show_url=_may_show(show_url)))


@job.command()
@options.job_argument
@options.as_json
@options.reaches_server
def why(slug: str, as_json: bool) -> None:
    """Explain how a job stands, and when it sounds next.

    \b
    Example:
      cronitor job why backup

    Next: `cronitor job show JOB` has its last pings, slots and incidents.
    """
    client = options.client()
    view = client.get(f"/v1/jobs/{segment(slug)}/why")
    if as_json:
        output.print_json(view)
        return
    tables.show(*why_cards.card(view, client.now))


@job.command()
@options.job_argument
@definition_options
@click.option(
    "--reset",
    metavar="FIELD",
    multiple=True,
    type=click.Choice(RESETTABLE),
    help="Set a field back to its default, such as grace; may be repeated.",
)
@options.as_json
@options.reaches_server
def edit(slug: str, reset: tuple[str, ...], as_json: bool, **values: Any) -> None:
    """Change a job; what is not named stays as it is.

    An open incident stays open until the next good ping.

    \b
    Examples:
      cronitor job edit backup --grace 1h --tags db,nightly
      cronitor job edit backup --reset grace --reset max-runtime

    Next: `cronitor job show JOB` shows the new dues.
    """
    back = {field.replace("-", "_"): None for field in reset}
    patch = table(values)
    both = sorted(set(back) & set(patch))
    if both:
        raise click.UsageError(f"--reset {both[0]} and a new value exclude each other")
    if not back and not patch:
        raise click.UsageError("nothing to change: give an option, such as --grace 1h")
    client = options.client()
    path = f"/v1/jobs/{segment(slug)}"
    before = client.get(path)
    client.patch(path, {**patch, **back})
    after = client.get(path)
    if as_json:
        output.print_json(after)
        return
    changes = job_cards.changes(before, after)
    output.say(f"{slug}: {'changed' if changes else 'was like that already'}", *changes)


@job.command()
@options.job_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.reaches_server
def remove(slug: str, yes: bool) -> None:
    """Remove a job.

    Its ping URL is answered 404 from then on.

    \b
    Examples:
      cronitor job remove backup
      cronitor job remove backup --yes

    Next: take the ping out of the job itself. To stop watching for a while,
    `cronitor job pause JOB` instead.
    """
    if not yes:
        output.ask(f"Remove {slug} and answer its pings with 404?")
    options.client().delete(f"/v1/jobs/{segment(slug)}")
    output.say(f"removed {slug}")


@job.command()
@options.job_argument
@options.as_json
@options.reaches_server
def pause(slug: str, as_json: bool) -> None:
    """Stop watching a job, until it is resumed or pings again.

    \b
    Example:
      cronitor job pause backup

    Next: `cronitor job resume JOB` watches it again from the first due after it.
    """
    view = _do(options.client(), slug, "pause")
    if as_json:
        output.print_json(view)
        return
    ends = "" if view["manual_resume"] else " or its next ping"
    output.say(f"{slug} is paused; `cronitor job resume {slug}`{ends} ends that")


@job.command()
@options.job_argument
@options.as_json
@options.reaches_server
def resume(slug: str, as_json: bool) -> None:
    """Watch a paused job again.

    \b
    Example:
      cronitor job resume backup

    Next: `cronitor job show JOB` shows when it is due.
    """
    client = options.client()
    view = _do(client, slug, "resume")
    if as_json:
        output.print_json(view)
        return
    output.say(f"{slug} is watched again: {states.words(view)}")


@job.command()
@options.job_argument
@options.overlap
@click.option("--yes", is_flag=True, help="Do not ask.")
@show_url
@options.as_json
@options.reaches_server
def rotate(
    slug: str, overlap: timedelta, yes: bool, show_url: bool, as_json: bool
) -> None:
    """Give a job a new ping URL.

    The old one is answered 404 at once, and so are all that an earlier --overlap
    has left; with --overlap it is taken for that long.

    \b
    Examples:
      cronitor job rotate backup
      cronitor job rotate backup --overlap 24h
      cronitor job rotate backup --yes --json

    Next: put the new URL into the job before its next due.
    """
    if not yes:
        end = options.until_when(overlap)
        output.ask(f"Give {slug} a new ping URL? The old one {end}.")
    client = options.client()
    body = {"overlap": overlap.total_seconds()}
    client.post(f"/v1/jobs/{segment(slug)}/rotate", body)
    view = client.get(f"/v1/jobs/{segment(slug)}")
    if as_json:
        output.print_json(view)
        return
    shown = job_cards.reporting(view, show_url=_may_show(show_url))
    output.say(f"{slug} has a new ping URL", *shown)


def _do(client: Client, slug: str, verb: str) -> states.View:
    view: states.View = client.post(f"/v1/jobs/{segment(slug)}/{verb}")
    return view


def _may_show(show_url: bool) -> bool:
    """Standard output that is no terminal is a log, where a ping URL must not be."""
    return show_url or text.is_terminal()
