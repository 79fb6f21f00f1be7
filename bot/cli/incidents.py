"""`cronitor incident`: what is wrong, its story, and who has it."""

from datetime import timedelta

import click
from click.shell_completion import CompletionItem

from bot.cli import incident_cards, options, output, tables, text, why_cards
from bot.cli.groups import Group

_LIMIT = 100


def number(value: str) -> int:
    """`12` or `#12`: the type of an argument."""
    digits = value.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise click.BadParameter(f"{value!r} is no number such as 12 or #12")
    return int(digits)


def _unresolved(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    found = options.asked(ctx, "/v1/incidents", status="unresolved")
    incidents = (found or {"incidents": []})["incidents"]
    items = [CompletionItem(str(i["id"]), help=i["summary"]) for i in incidents]
    return [item for item in items if item.value.startswith(incomplete)]


_id = click.argument(
    "incident_id", type=number, metavar="ID", shell_complete=_unresolved
)


@click.group(cls=Group)
def incident() -> None:
    """See what is wrong, and say that you have it.

    \b
    Examples:
      cronitor incident list
      cronitor incident ack 12

    Next: an incident resolves by itself when its job reports again.
    """


@incident.command("list")
@click.option("--all", "everything", is_flag=True, help="Resolved ones too.")
@options.job_option("--job", help="Only of this job.")
@options.as_json
@options.reaches_server
def list_incidents(everything: bool, job: str | None, as_json: bool) -> None:
    """List incidents that are not resolved, the newest first.

    \b
    Examples:
      cronitor incident list
      cronitor incident list --all --job backup

    With --json the resolved ones are in it as well, each with its status.

    Next: `cronitor incident show ID` tells its story.
    """
    client = options.client()
    status = None if everything or as_json else "unresolved"
    found = client.get("/v1/incidents", status=status, job=job, limit=_LIMIT)
    incidents = found["incidents"]
    if as_json:
        output.print_json(incidents)
        return
    if not incidents:
        output.say(
            "nothing is wrong" if not everything else "there was no incident yet"
        )
        output.hint("", "next: cronitor job list")
        return
    ascii_only = text.is_ascii()
    tables.show(tables.incidents(incidents, client.now, ascii_only=ascii_only))
    output.hint("", f"next: cronitor incident show {incidents[0]['id']}")


@incident.command()
@_id
@options.as_json
@options.reaches_server
def show(incident_id: int, as_json: bool) -> None:
    """Show an incident and its story.

    \b
    Example:
      cronitor incident show 12

    Next: `cronitor incident ack ID` keeps it from sounding while you work on it.
    """
    client = options.client()
    view = client.get(f"/v1/incidents/{incident_id}")
    if as_json:
        output.print_json(view)
        return
    tables.show(*incident_cards.card(view, client.now, ascii_only=text.is_ascii()))


@incident.command()
@_id
@options.as_json
@options.reaches_server
def why(incident_id: int, as_json: bool) -> None:
    """Explain an incident, and when it sounds next.

    \b
    Example:
      cronitor incident why 12

    Next: `cronitor incident show ID` tells its story.
    """
    client = options.client()
    view = client.get(f"/v1/incidents/{incident_id}/why")
    if as_json:
        output.print_json(view)
        return
    tables.show(*why_cards.card(view, client.now))


@incident.command()
@click.argument(
    "incident_id",
    type=number,
    metavar="[ID]",
    required=False,
    shell_complete=_unresolved,
)
@click.option(
    "--storm", "storm_id", type=number, metavar="ID", help="All of a storm instead."
)
@click.option(
    "--for",
    "for_",
    type=options.duration,
    help="How long it stays quiet [default: 4h].",
)
@options.as_json
@options.reaches_server
def ack(
    incident_id: int | None,
    storm_id: int | None,
    for_: timedelta | None,
    as_json: bool,
) -> None:
    """Say "I have it": the incident is quiet from now on.

    Until it is resolved, gets worse, or the time is up. Of one that you have already,
    --for is the new end.

    \b
    Examples:
      cronitor incident ack 12
      cronitor incident ack 12 --for 1d
      cronitor incident ack --storm 3

    Next: repair the job; its next good ping resolves the incident.
    """
    if (incident_id is None) == (storm_id is None):
        raise click.UsageError("give the number of an incident, or --storm ID")
    client = options.client()
    seconds = None if for_ is None else for_.total_seconds()
    if storm_id is not None:
        path = f"/v1/storms/{storm_id}/ack"
    else:
        path = f"/v1/incidents/{incident_id}/ack"
    view = client.post(path, {"for": seconds})
    if as_json:
        output.print_json(view)
        return
    if storm_id is not None:
        output.say(incident_cards.acknowledged_storm(view))
        return
    output.say(incident_cards.acknowledged(view, client.now))


@incident.command()
@_id
@click.option("--reason", metavar="TEXT", default="", help="What it was.")
@options.as_json
@options.reaches_server
def resolve(incident_id: int, reason: str, as_json: bool) -> None:
    """End an incident by hand, though its job has not reported.

    The job starts afresh: its next deadline is judged as always.

    \b
    Example:
      cronitor incident resolve 12 --reason "disk replaced"

    Next: `cronitor job why JOB` says when it would sound again.
    """
    client = options.client()
    view = client.post(f"/v1/incidents/{incident_id}/resolve", {"reason": reason})
    if as_json:
        output.print_json(view)
        return
    output.say(f"#{view['id']} {text.visible(view['summary'])}: it is over")
    output.hint("", f"next: cronitor job why {view['job']}")


@incident.command("note")
@_id
@click.argument("words", metavar="TEXT")
@options.as_json
@options.reaches_server
def add_note(incident_id: int, words: str, as_json: bool) -> None:
    """Add to an incident's story what people should know.

    \b
    Example:
      cronitor incident note 12 "the disk is full, I am on it"

    Next: `cronitor incident show ID` tells the story.
    """
    client = options.client()
    view = client.post(f"/v1/incidents/{incident_id}/notes", {"text": words})
    if as_json:
        output.print_json(view)
        return
    output.say(f"#{view['id']} {text.visible(view['summary'])}: noted")
