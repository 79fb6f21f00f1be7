"""`cronitor backup FILE`: a copy of the database while the server runs."""

from pathlib import Path

import click

from bot.cli import options, output
from bot.cli.groups import Command

#: a large database takes its time
_PATIENCE_S = 3600


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.reaches_server
def backup(file: Path) -> None:
    """Copy the database while the server goes on.

    The copy is checked; it is one ordinary SQLite file. The server writes it, with its
    own rights, so this goes over the socket only.

    \b
    Examples:
      cronitor backup /srv/backups/cronitor.db
      cronitor backup "cronitor-$(date +%F).db"

    Next: to restore, stop the server, `cronitor restore FILE`, and start it again.
    A backup is also made every day by itself; see the settings of [storage].
    """
    target = file.absolute()
    options.client(_PATIENCE_S).post("/v1/backup", {"path": str(target)})
    output.say(f"backed up to {target}{_size(target)}")


def _size(file: Path) -> str:
    try:
        return f" ({file.stat().st_size / 1_000_000:.1f} MB)"
    except OSError:  # written by another user, into a place that we cannot see
        return ""
