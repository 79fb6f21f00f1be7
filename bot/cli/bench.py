"""`cronitor bench`: what this machine can carry, measured in a minute."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import output
from bot.cli.groups import Command

if TYPE_CHECKING:
    from bot.cli.bench_words import Measured

#: parts that are named as they begin
_PARTS = 3


@click.command(cls=Command)
@click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    metavar="PATH",
    help="Measure the disk that this is on [default: where temporary files are].",
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 600),
    default=15,
    show_default=True,
    metavar="N",
    help="How long pings are sent.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1000),
    default=64,
    show_default=True,
    metavar="N",
    help="Clients that ping at the same time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(
    directory: Path | None, seconds: int, connections: int, as_json: bool
) -> None:
    """Measure what this machine can carry, in a minute.

    A real server runs in a directory that is removed at the end. Measured are the
    disk, pings that are answered after they are on it, and how soon a passed deadline
    is an incident. A server that runs here already is left alone, and is in the way.

    \b
    Examples:
      cronitor bench
      cronitor bench --directory /srv/cronitor --json

    Next: docs/performance.md says what the figures mean and what changes them.
    """
    from bot.cli import bench_words

    measured = _measure(directory, seconds, connections, quiet=as_json)
    if as_json:
        output.print_json(bench_words.figures(measured))
        return
    output.say("", *bench_words.lines(measured))


def _measure(
    directory: Path | None, seconds: int, connections: int, *, quiet: bool
) -> "Measured":
    from bot.cli import bench_load
    from bot.cli.bench_words import Measured
    from bot.cli.demo_server import DemoServer

    def begin(part: int, what: str) -> None:
        if not quiet:
            output.say(f"{part}/{_PARTS} {what} ...")

    with DemoServer("bench", directory) as server:
        begin(1, f"the disk of {server.path}")
        fsync_ms = bench_load.fsync_ms(server.path)
        begin(2, f"pings over {connections} connections, for {seconds} s")
        pings = bench_load.pings(server.client, seconds, connections)
        server.check()
        begin(3, f"{bench_load.DEADLINES} deadlines that pass")
        delays = bench_load.delays(server.client)
    return Measured(connections, fsync_ms, pings, delays)
