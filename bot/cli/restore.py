"""`cronitor restore FILE`: a backup takes the place of the database."""

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import options, output
from bot.cli.groups import Command

if TYPE_CHECKING:
    from storage.inspection import Contents
    from storage.restore import Offer


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.uses_settings
def restore(file: Path, yes: bool) -> None:
    """Put a backup in the place of the database. The server must be stopped.

    The file is checked first. What is there now is kept beside it under a dated
    name, and a kill at any moment leaves the one or the other.

    \b
    Examples:
      cronitor restore /srv/backups/cronitor.db
      cronitor restore ~/.local/share/cronitor/backups/cronitor-20261123T033000Z.db

    Next: start the server; it tells everybody what is not in the backup.
    """
    import storage.restore
    from bot import config
    from bot.clock import SystemClock

    place = options.data_dir()
    settings = config.load(options.config_path(), place, os.environ)

    def agree(offer: "Offer") -> None:
        output.say(*lines(offer))
        if not yes:
            output.ask("Put the backup in the place of the database?")

    kept = storage.restore.restore(
        file,
        settings.storage.path or place / "cronitor.db",
        now=SystemClock().now(),
        by=_user(),
        agree=agree,
    )
    was_there = f"; what was there is {kept}" if kept else ""
    output.say(f"restored{was_there}; start the server now")


def lines(offer: "Offer") -> list[str]:
    """What is in the backup, against what is there."""
    backup, present = _cells(offer.contents), _cells(offer.present)
    heads = ("", f"backup of {offer.made_at:%Y-%m-%d %H:%M} UTC", "there now")
    rows = [heads, *zip(_ROWS, backup, present, strict=True)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


_ROWS = ("jobs", "pings", "incidents", "newest ping", "schema")


def _cells(contents: "Contents | None") -> tuple[str, ...]:
    if contents is None:
        return ("-",) * len(_ROWS)
    newest = contents.newest_ping_at
    return (
        str(contents.counts["jobs"]),
        str(contents.counts["pings"]),
        str(contents.counts["incidents"]),
        f"{newest:%Y-%m-%d %H:%M} UTC" if newest else "none",
        str(contents.version),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())
