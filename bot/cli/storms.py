"""`cronitor storm`: many incidents that are told as one."""

from datetime import timedelta

import click

from bot.cli import incident_cards, options, output, tables
from bot.cli.groups import Group
from bot.cli.incidents import number
from bot.core import mutes
from bot.errors import Invalid


@click.group(cls=Group)
def storm() -> None:
    """See and take care of many incidents that are told as one.

    \b
    Examples:
      cronitor storm list
      cronitor storm ack 3
      cronitor storm mute 3 --for 4h

    Next: what somebody has, or has muted, makes no more sounds.
    """


@storm.command("list")
@options.as_json
@options.reaches_server
def list_storms(as_json: bool) -> None:
    """List storms that are not over, the newest first.

    \b
    Example:
      cronitor storm list

    Next: `cronitor storm ack ID` says that you have all of it.
    """
    client = options.client()
    found = client.get("/v1/storms")["storms"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say("there is no storm")
        return
    tables.show(tables.storms(found, client.now))


@storm.command()
@click.argument("storm_id", type=number, metavar="ID")
@click.option(
    "--for",
    "for_",
    type=options.duration,
    help="How long it stays quiet [default: 4h].",
)
@options.as_json
@options.reaches_server
def ack(storm_id: int, for_: timedelta | None, as_json: bool) -> None:
    """Say "I have it" for all of its incidents that nobody has.

    \b
    Examples:
      cronitor storm ack 3
      cronitor storm ack 3 --for 1d

    Next: repair what they share; each job's next good ping resolves its incident.
    """
    seconds = None if for_ is None else for_.total_seconds()
    view = options.client().post(f"/v1/storms/{storm_id}/ack", {"for": seconds})
    if as_json:
        output.print_json(view)
        return
    output.say(incident_cards.acknowledged_storm(view))


@storm.command()
@click.argument("storm_id", type=number, metavar="ID")
@click.option(
    "--for",
    "for_",
    type=options.duration,
    required=True,
    help="How long: 1h, 4h, 1d; 30d at most.",
)
@click.option("--reason", metavar="TEXT", default="", help="Why, for the others.")
@options.as_json
@options.reaches_server
def mute(storm_id: int, for_: timedelta, reason: str, as_json: bool) -> None:
    """Silence all of it for a while.

    Its node or its tag; if its jobs share neither, the job of each incident.

    \b
    Examples:
      cronitor storm mute 3 --for 4h
      cronitor storm mute 3 --for 1d --reason "new switch"

    Next: `cronitor storm unmute ID` ends that early.
    """
    client = options.client()
    body = {"for": for_.total_seconds(), "reason": reason}
    try:
        found = client.post(f"/v1/storms/{storm_id}/mute", body)["mutes"]
    except Invalid as exc:
        raise Invalid(*map(mutes.about_length, exc.problems)) from exc
    if as_json:
        output.print_json(found)
        return
    for each in found:
        end = tables.ends(each, client.now)
        said = f"{tables.muted(each)} is silent; it ends {end}"
        output.say(f"mute #{each['id']}: {said}")


@storm.command()
@click.argument("storm_id", type=number, metavar="ID")
@options.as_json
@options.reaches_server
def unmute(storm_id: int, as_json: bool) -> None:
    """End what silences all of it.

    The mutes of its node or its tag, and those of its jobs alone. What they silenced
    and is still wrong sounds once.

    \b
    Example:
      cronitor storm unmute 3

    Next: `cronitor mute list` shows what else is silent.
    """
    found = options.client().post(f"/v1/storms/{storm_id}/unmute", {})["mutes"]
    if as_json:
        output.print_json(found)
        return
    for each in found:
        output.say(f"mute #{each['id']} has ended: {tables.muted(each)}")
