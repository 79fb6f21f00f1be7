"""`cronitor up`: the server, in the foreground."""

import os
from typing import TYPE_CHECKING

import click

from bot.cli import options, output, text
from bot.cli.banner import first_screen
from bot.cli.groups import Command
from bot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.app import Started


@click.command(cls=Command)
@options.uses_settings
@click.pass_context
def up(ctx: click.Context) -> None:
    """Start the server in the foreground.

    Ctrl-C or SIGTERM stops it in good order, a second one at once.

    Without any settings: SQLite in the data directory, HTTP on 127.0.0.1:8787,
    incidents told in the log, which goes to standard error.

    \b
    Examples:
      cronitor up
      cronitor up --data-dir /srv/cronitor
      CRONITOR_SERVER__PORT=9000 cronitor up

    Next: `cronitor job add --help`, in another terminal.
    """
    from bot import app, config, log

    place, asked = options.data_dir(), options.config_path()
    settings = config.load(asked, place, os.environ)
    _make(place)
    log.configure(
        format=settings.log.format,
        level=settings.log.level,
        secrets=settings.secrets(),
    )

    def banner(started: "Started") -> None:
        hint = options.finds_it(place)
        screen = first_screen(
            started,
            options=hint,
            program=options.program(),
            ascii_only=text.is_ascii(),
        )
        output.say(*screen)

    file = asked or place / "config.toml"
    config_path = file if file.exists() else None
    ctx.exit(app.run(settings, place, banner=banner, config_path=config_path))


def _make(place: "Path") -> None:
    """Make the data directory, for its owner only."""
    import storage.files

    try:
        storage.files.make_directory(place)
    except OSError as exc:
        raise ConfigError(
            f"--data-dir: {place} cannot be made: {exc.strerror}; "
            "name a directory that you may write to"
        ) from exc
