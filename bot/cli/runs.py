"""`cronitor run`, `cancel`, `logs` and `runs`: what Cronitor itself runs."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from bot.cli import options, output, tables, text, times
from bot.cli.client import Client, segment
from bot.cli.groups import Command
from bot.errors import CronitorError

#: ends that are a success of the run
_GOOD = "ok"
#: without news a run that is followed is alive as long as the server answers
_FOLLOW_S = 3600.0


@click.command(cls=Command)
@options.job_argument
@click.option(
    "--param",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="One of the choices that the job declares; may be repeated.",
)
@click.option(
    "--wait", is_flag=True, help="Wait for its last attempt; exit 1 if it ends badly."
)
@click.option("--follow", is_flag=True, help="Show its output as it comes, and wait.")
@click.option("--once", metavar="KEY", help="The same key twice is one run.")
@options.as_json
@options.reaches_server
def run(
    slug: str,
    given: tuple[str, ...],
    wait: bool,
    follow: bool,
    once: str | None,
    as_json: bool,
) -> None:
    """Start a run of a job that Cronitor runs, now.

    \b
    Examples:
      cronitor run backup
      cronitor run backup --param target=full --follow
      cronitor run deploy --wait --once release-7 && echo done

    Next: `cronitor logs JOB --follow` shows its output, `cronitor cancel JOB` ends it.
    """
    params = dict(_pair(each) for each in given)
    client = options.client(_FOLLOW_S if wait or follow else 30)
    body: dict[str, Any] = {"params": params}
    if once:
        body["key"] = once
    view = client.post(f"/v1/jobs/{segment(slug)}/run", body)
    if wait or follow:
        ended = _follow(client, view["id"], shows=follow)
        if as_json:
            output.print_json(ended)
        else:
            output.warn(f"{slug}: run #{ended['id']} {ending(ended)}")
        click.get_current_context().exit(0 if ended["end"] == _GOOD else 1)
    if as_json:
        output.print_json(view)
        return
    output.say(f"{slug}: run #{view['id']} waits for its turn")
    output.hint("", f"next: cronitor logs {slug} --follow")


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--param {given}: write NAME=VALUE")
    return name, value


def _follow(client: Client, number: int, *, shows: bool) -> dict[str, Any]:
    """Until no attempt follows; the view of the last one, which counts."""
    for name, data in client.events(f"/v1/runs/{number}/follow"):
        if name == "end":
            ended: dict[str, Any] = data
            return ended
        if not shows:
            continue
        if name == "again":
            output.warn(_again(data))
        elif name == "output":
            sys.stdout.write(data)
            sys.stdout.flush()
    raise CronitorError("the server went away; the run goes on: cronitor logs")


def _again(data: Mapping[str, Any]) -> str:
    """That another attempt follows, and when."""
    ended, following = data["ended"], data["next"]
    said = f"run #{ended['id']} {ending(ended)}"
    when = times.both(following["ready_at"], times.read(ended["ended_at"]))
    return f"{said}; attempt {following['attempt']} is run #{following['id']}, {when}"


def ending(view: Mapping[str, Any]) -> str:
    """How a run stands, in words."""
    if view["end"] is None:
        return str(view["stage"])
    words = str(view["end"]).replace("_", " ")
    if view["exit_status"]:
        words += f", exit code {view['exit_status']}"
    if view["signal"]:
        words += f", signal {view['signal']}"
    return f"{words}: {text.visible(view['reason'])}" if view["reason"] else words


@click.command(cls=Command)
@options.job_argument
@click.option("--run", "number", type=click.IntRange(1), help="Only this one.")
@options.as_json
@options.reaches_server
def cancel(slug: str, number: int | None, as_json: bool) -> None:
    """End the runs of a job that wait or go on.

    TERM first, KILL after ten seconds, and nothing of it is left.

    \b
    Examples:
      cronitor cancel backup
      cronitor cancel backup --run 42

    Next: `cronitor runs JOB` shows how they ended.
    """
    body = {} if number is None else {"run": number}
    view = options.client().post(f"/v1/jobs/{segment(slug)}/cancel", body)
    if as_json:
        output.print_json(view["runs"])
        return
    for each in view["runs"]:
        output.say(f"{slug}: run #{each['id']} is being ended")


@click.command(cls=Command)
@click.argument("what", metavar="JOB|#RUN", shell_complete=options.slugs)
@click.option("--follow", is_flag=True, help="Go on as it comes, until the run ends.")
@options.as_json
@options.reaches_server
def logs(what: str, follow: bool, as_json: bool) -> None:
    """Show what a run has printed.

    The newest of a job that has begun, or one by its number.

    \b
    Examples:
      cronitor logs backup
      cronitor logs backup --follow
      cronitor logs '#42'

    Next: `cronitor runs JOB` lists the runs of a job.
    """
    client = options.client(_FOLLOW_S if follow else 30)
    number = _number(client, what)
    if follow:
        ended = _follow(client, number, shows=True)
        output.warn(f"run #{ended['id']} {ending(ended)}")
        return
    view = client.get(f"/v1/runs/{number}/output")
    if as_json:
        output.print_json(view)
        return
    sys.stdout.write(view["output"])
    error = view["evidence"].get("output_error")
    if error:
        output.warn(f"output is missing: {text.visible(error)}")
    elif view["output_size"] and not view["output"]:
        output.warn("its output is kept no more: runs.outputs_mb is the room for all")
    elif not view["output"].endswith("\n"):
        sys.stdout.write("\n")
    output.warn(f"run #{number} {ending(view)}")


def _number(client: Client, what: str) -> int:
    digits = what.removeprefix("#")
    if digits.isascii() and digits.isdecimal():
        return int(digits)
    view = client.get(f"/v1/jobs/{segment(what)}/runs/newest")
    return int(view["id"])


@click.command(cls=Command)
@options.job_argument
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    metavar="N",
    help="At most so many [default: 20].",
)
@options.as_json
@options.reaches_server
def runs(slug: str, limit: int, as_json: bool) -> None:
    """List the runs of a job, the newest first.

    \b
    Examples:
      cronitor runs backup
      cronitor runs backup --limit 100 --json

    Next: `cronitor logs '#RUN'` shows what one has printed.
    """
    client = options.client()
    found = client.get(f"/v1/jobs/{segment(slug)}/runs", limit=limit)["runs"]
    if as_json:
        output.print_json(found)
        return
    if not found:
        output.say(f"{slug} has not run yet; start it: cronitor run {slug}")
        return
    tables.show(tables.runs(found, client.now, ending))
    output.hint("", f"next: cronitor logs '#{found[0]['id']}'")
