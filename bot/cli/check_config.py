"""`cronitor check-config`: which settings are in force, and what is wrong with them."""

import os

import click

from bot.cli import options, output
from bot.cli.groups import Command


@click.command("check-config", cls=Command)
@options.uses_settings
@options.as_json
def check_config(as_json: bool) -> None:
    """Print the settings in force and where each comes from; secrets are masked.

    Exit code 78 and a line for each thing that is wrong, if anything is.

    \b
    Examples:
      cronitor check-config
      cronitor check-config --config /etc/cronitor.toml

    Next: restart the server to use changed settings.
    """
    from bot import config

    settings = config.load(options.config_path(), options.data_dir(), os.environ)
    output.say(*config.describe(settings))
