"""`cronitor exec`: the same command line as `bot.node.orders` reads, with its help."""

import click

from bot.cli import options
from bot.cli.groups import Command
from bot.node import wrappers
from bot.node.orders import MOST_OUTPUT, OUTPUT_LIMIT, Order


@click.command("exec", cls=Command)
@options.job_argument
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--create", is_flag=True, help="Make the job on its first report.")
@click.option("--quiet", is_flag=True, help="Say nothing about what goes wrong here.")
@click.option(
    "--output-limit",
    type=click.IntRange(0, MOST_OUTPUT),
    metavar="N",
    help=f"Bytes of output that are reported [default: {OUTPUT_LIMIT}, the last ones].",
)
@click.option(
    "--no-output", is_flag=True, help="Report no output, and leave it untouched."
)
@options.reaches_server
def execute(
    slug: str,
    command: tuple[str, ...],
    create: bool,
    quiet: bool,
    output_limit: int | None,
    no_output: bool,
) -> None:
    """Run a command and report how it went.

    For crontabs, systemd units and launchd agents on any machine. JOB is a slug, or
    the UUID of a ping URL. Output, signals and exit code are the command's own, and it
    never waits for the server: what cannot be sent is kept, and sent later.

    \b
    Examples:
      cronitor exec backup -- /usr/local/bin/backup --all
      cronitor exec --create cleanup -- find /tmp -mtime +7 -delete
      CRONITOR_URL=https://cron.example.com CRONITOR_PING_KEY=... \\
        cronitor exec backup -- /usr/local/bin/backup

    Next: `cronitor job show JOB` shows its runs, and `cronitor spool list` what could
    not be sent yet.
    """
    order = Order(
        slug,
        list(command),
        create=create,
        quiet=quiet,
        output_limit=0 if no_output else output_limit,
        data_dir=options.typed_data_dir(),
    )
    wrappers.run(order)
