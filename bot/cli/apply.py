"""`cronitor apply` and `cronitor diff`: the plan of files, and carrying it out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from bot import job_files
from bot.cli import options, output, text
from bot.cli.client import Client
from bot.cli.groups import Command
from bot.errors import Invalid
from bot.job_files import Declared

Plan = Mapping[str, Any]

_files = click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=False),
)
_prune = click.option(
    "--prune", is_flag=True, help="Remove jobs that came from a file and are in none."
)


@click.command(cls=Command)
@_files
@_prune
@click.option("--yes", is_flag=True, help="Do it without asking.")
@options.as_json
@options.reaches_server
def apply(files: tuple[Path, ...], prune: bool, yes: bool, as_json: bool) -> None:
    """Make the jobs what [[job]] files say.

    All of it or nothing. The plan comes first: + is added, ~ is changed, - is removed.
    It is carried out with --yes, or after asking at a terminal. What is the same
    already is not touched, so a second run does nothing.

    \b
    Examples:
      cronitor export > jobs.toml
      cronitor apply jobs.toml
      cronitor apply jobs.toml more.toml --prune --yes

    Next: keep the files in version control; `cronitor diff` in its checks.
    """
    client = options.client()
    found = job_files.read(files)
    plan = _ask(client, "/v1/plan", found, prune=prune)
    if not as_json:
        output.say(*lines(plan, ascii_only=text.is_ascii()))
    if not yes and not is_empty(plan):
        output.ask("Apply this?")
        yes = True
    if yes:
        # also without changes: jobs made by hand belong to the files from now on
        plan = _ask(client, "/v1/apply", found, prune=prune)
    if as_json:
        output.print_json(plan)
    elif not is_empty(plan):
        output.say(f"applied: {counted(plan)}")


@click.command(cls=Command)
@_files
@_prune
@options.as_json
@options.reaches_server
@click.pass_context
def diff(
    ctx: click.Context, files: tuple[Path, ...], prune: bool, as_json: bool
) -> None:
    """Show what `cronitor apply` would do, and change nothing.

    Exit code 0: nothing to do; 1: there are changes; more: it went wrong.

    \b
    Examples:
      cronitor diff jobs.toml
      cronitor diff jobs.toml --prune --json

    Next: `cronitor apply` with the same files.
    """
    plan = _ask(options.client(), "/v1/plan", job_files.read(files), prune=prune)
    if as_json:
        output.print_json(plan)
    else:
        output.say(*lines(plan, ascii_only=text.is_ascii()))
    ctx.exit(0 if is_empty(plan) else 1)


def _ask(client: Client, path: str, found: Sequence[Declared], *, prune: bool) -> Plan:
    body = {"jobs": [each.table for each in found], "prune": prune}
    try:
        plan: Plan = client.post(path, body)
    except Invalid as exc:
        raise job_files.located(exc, found) from exc
    return plan


def is_empty(plan: Plan) -> bool:
    """Whether no job would be another."""
    return not any(plan[key] for key in ("added", "changed", "removed"))


def lines(plan: Plan, *, ascii_only: bool) -> list[str]:
    """The plan as a person reads it."""
    arrow = "->" if ascii_only else "→"
    found = [f"+ {slug}" for slug in plan["added"]]
    for change in plan["changed"]:
        found.append(f"~ {change['slug']}")
        found += [
            f"    {each['field']}: {_value(each['before'])} {arrow} "
            f"{_value(each['after'])}"
            for each in change["changes"]
        ]
    found += [f"- {slug}" for slug in plan["removed"]]
    found += [
        f"= {slug} (made by hand; belongs to the files from now on)"
        for slug in plan.get("adopted", ())
    ]
    found += [
        f"  {slug} is in no file; --prune would remove it"
        for slug in plan.get("missing", ())
    ]
    return [*found, *([""] if found else []), _summary(plan)]


def _summary(plan: Plan) -> str:
    if is_empty(plan):
        return f"nothing to do: {len(plan['unchanged'])} unchanged"
    return f"plan: {counted(plan)}"


def counted(plan: Plan) -> str:
    """`1 to add, 2 to change`."""
    words = (("added", "add"), ("changed", "change"), ("removed", "remove"))
    parts = [f"{len(plan[key])} to {verb}" for key, verb in words if plan[key]]
    return ", ".join([*parts, f"{len(plan['unchanged'])} unchanged"])


def _value(value: object) -> str:
    return "none" if value in (None, "") else text.visible(value)
