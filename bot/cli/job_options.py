"""What a person says about a job on the command line, as a `[[job]]` table."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import click

from bot.cli.options import duration, job_option

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

SCHEDULES = ("cron", "every", "on_calendar", "no_schedule")
#: what `job edit --reset` sets back to its default
RESETTABLE = (
    "timezone",
    "flavour",
    "grace",
    "max-runtime",
    "min-runtime",
    "failure-tolerance",
    "recovery-threshold",
    "realert-every",
    "severity",
    "node",
    "name",
    "tags",
    "depends-on",
    "stands-for-node",
    "alert-on-drift",
    "description",
)
_IN_A_ROW = click.IntRange(1, 720)

_SCHEDULE = (
    click.option("--cron", metavar="EXPR", help='Five fields, such as "0 3 * * *".'),
    click.option("--every", type=duration, help="An interval: 30s, 5m, 1h30m, 1d."),
    click.option("--on-calendar", metavar="EXPR", help='systemd\'s: "Mon..Fri 03:00".'),
    click.option(
        "--no-schedule", is_flag=True, help="Never due: only runs and failures count."
    ),
)
_REST = (
    click.option("--timezone", metavar="ZONE", help="Europe/Berlin [default: UTC]."),
    click.option(
        "--flavour",
        type=click.Choice(["cron", "systemd"]),
        help="Whose rule counts on days when clocks change [default: cron].",
    ),
    click.option(
        "--grace",
        type=duration,
        help="How late it may be [default: a tenth of the period, 1m to 30m].",
    ),
    click.option("--max-runtime", type=duration, help="A longer run is an incident."),
    click.option("--min-runtime", type=duration, help="A shorter run is an incident."),
    click.option(
        "--failure-tolerance",
        type=_IN_A_ROW,
        metavar="N",
        help="Bad outcomes in a row that open an incident [default: 1].",
    ),
    click.option(
        "--recovery-threshold",
        type=_IN_A_ROW,
        metavar="N",
        help="Good outcomes in a row that resolve it [default: 1].",
    ),
    click.option(
        "--realert-every",
        type=duration,
        help="Tell again while it is open and nobody has it [default: never].",
    ),
    click.option(
        "--severity",
        type=click.Choice(["info", "warning", "critical"]),
        help="How much it matters [default: warning].",
    ),
    click.option("--node", metavar="HOST", help="The machine that it runs on."),
    click.option("--name", metavar="TEXT", help="A title for people."),
    click.option(
        "--tags",
        metavar="TAG,TAG",
        multiple=True,
        help="Labels to filter and to mute by.",
    ),
    job_option(
        "--depends-on",
        multiple=True,
        help="A job without which this one cannot succeed; may be repeated.",
    ),
    click.option(
        "--stands-for-node",
        metavar="HOST",
        help="The machine whose sign of life it is: while it is down, misses there are "
        "silent.",
    ),
    click.option(
        "--alert-on-drift",
        is_flag=True,
        help="Tell when runs take longer or come later than usual.",
    ),
    click.option("--description", metavar="TEXT", help="What to do when it fails."),
)


def definition_options(command: Decorated) -> Decorated:
    """Take everything that defines a job."""
    for option in reversed((*_SCHEDULE, *_REST)):
        command = option(command)
    return command


def table(values: Mapping[str, Any]) -> dict[str, object]:
    """The given values as a table; refuses two schedules at once."""
    given = [key for key in SCHEDULES if values[key]]
    if len(given) > 1:
        raise click.UsageError(f"{_listed(given)} exclude each other; keep one")
    return {
        key: _plain(key, value)
        for key, value in values.items()
        if value not in (None, (), False)
    }


def scheduled(values: Mapping[str, Any]) -> dict[str, object]:
    """The same for a new job, which must say when it is due."""
    found = table(values)
    if not set(SCHEDULES) & set(found):
        raise click.UsageError(f"give one of {_listed(SCHEDULES)}")
    return found


def _listed(keys: tuple[str, ...] | list[str]) -> str:
    names = [f"--{key.replace('_', '-')}" for key in keys]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _plain(key: str, value: Any) -> object:
    if isinstance(value, timedelta):
        from bot.core import durations

        return durations.text(value)
    if key in ("tags", "depends_on"):
        parts = (part.strip() for each in value for part in each.split(","))
        return [part for part in parts if part]
    return value
