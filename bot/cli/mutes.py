"""`cronitor mute`: silence with an end, a reason and an owner."""

from datetime import timedelta

import click

from bot.cli import options, output, tables
from bot.cli.groups import Group
from bot.cli.incidents import number
from bot.core import mutes
from bot.errors import Invalid


@click.group(cls=Group)
def mute() -> None:
    """Silence a job, a tag, a node or everything for a while.

    \b
    Examples:
      cronitor mute add --job backup --for 4h --reason "disk is being replaced"
      cronitor mute list

    Next: a mute ends by itself. What happens meanwhile is recorded, and what is
    still wrong at its end sounds once.
    """


@mute.command()
@options.job_option("--job", help="Silence this job.")
@click.option("--tag", metavar="TAG", help="Silence every job with this tag.")
@click.option("--node", metavar="NODE", help="Silence every job of this node.")
@click.option("--all", "everything", is_flag=True, help="Silence everything.")
@click.option(
    "--for", "for_", type=options.duration, help="How long: 1h, 4h, 1d; 30d at most."
)
@click.option(
    "--until-recovery", is_flag=True, help="Until the job, which is down now, is up."
)
@click.option("--reason", metavar="TEXT", default="", help="Why, for the others.")
@options.as_json
@options.reaches_server
def add(
    job: str | None,
    tag: str | None,
    node: str | None,
    everything: bool,
    for_: timedelta | None,
    until_recovery: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Silence a job, a tag, a node or everything for a while.

    \b
    Examples:
      cronitor mute add --job backup --until-recovery
      cronitor mute add --tag db --for 4h --reason "upgrade of the database"
      cronitor mute add --all --for 30m

    Next: `cronitor mute list` shows it, `cronitor mute remove ID` ends it early.
    """
    targets = [("job", job), ("tag", tag), ("node", node)]
    targets += [("all", "")] if everything else []
    given = [(scope, target) for scope, target in targets if target is not None]
    if len(given) != 1:
        raise click.UsageError("give one of --job, --tag, --node and --all")
    if for_ is None and not until_recovery:
        raise click.UsageError("give --for, such as --for 4h, or --until-recovery")
    scope, target = given[0]
    client = options.client()
    body = {
        "scope": scope,
        "target": target,
        "for": None if for_ is None else for_.total_seconds(),
        "until_recovery": until_recovery,
        "reason": reason,
    }
    try:
        view = client.post("/v1/mutes", body)
    except Invalid as exc:
        raise Invalid(*map(mutes.about_length, exc.problems)) from exc
    if as_json:
        output.print_json(view)
        return
    end = tables.ends(view, client.now)
    output.say(f"mute #{view['id']}: {tables.muted(view)} is silent; it ends {end}")
    output.say(*tables.covers(view))


@mute.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that ended, too.")
@options.as_json
@options.reaches_server
def list_mutes(everything: bool, as_json: bool) -> None:
    """List what is silent now.

    \b
    Examples:
      cronitor mute list
      cronitor mute list --all

    Next: `cronitor mute remove ID` ends one early.
    """
    client = options.client()
    found = client.get("/v1/mutes", ended=1 if everything else None)["mutes"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say("nothing is muted; `cronitor mute add --help` says how to")
        return
    tables.show(tables.mutes(found, client.now))


@mute.command()
@click.argument("mute_id", type=number, metavar="ID")
@options.as_json
@options.reaches_server
def remove(mute_id: int, as_json: bool) -> None:
    """End a mute now.

    What it silenced and is still wrong sounds once.

    \b
    Example:
      cronitor mute remove 3

    Next: `cronitor incident list` shows what may sound.
    """
    client = options.client()
    view = client.delete(f"/v1/mutes/{mute_id}")
    if as_json:
        output.print_json(view)
        return
    output.say(f"mute #{mute_id} has ended: {tables.may_sound(view, client.now)}")
