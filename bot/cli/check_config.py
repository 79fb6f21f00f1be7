"""`cronitor check-config`: which settings are in force, and what is wrong with them."""

import os
import tomllib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bot import job_files
from bot.cli import options, output, text
from bot.cli.groups import Command
from bot.errors import ConfigError, CronitorError, Invalid

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.config_text import Line


@click.command("check-config", cls=Command)
@options.uses_settings
@options.as_json
def check_config(as_json: bool) -> None:
    """Print the settings in force, secrets masked.

    Each has its origin beside it. The files of jobs that the settings name are checked
    as well. If anything is wrong, a line says what, and the exit code is 78.

    \b
    Examples:
      cronitor check-config
      cronitor check-config --config /etc/cronitor.toml

    Next: restart the server to use changed settings.
    """
    from bot import config, config_text

    settings = config.load(options.config_path(), options.data_dir(), os.environ)
    found = config_text.describe(settings)
    if as_json:
        output.print_json(as_data(found))
    else:
        output.say(f"# data directory: {options.data_dir()}", *lines(found))
    _check_jobs(settings)


def as_data(found: "Sequence[Line]") -> dict[str, dict[str, object]]:
    """By section and key: the value and where it is from."""
    data: dict[str, dict[str, object]] = {}
    for line in found:
        value = tomllib.loads(f"value = {line.value}")["value"]
        section = data.setdefault(line.section, {})
        section[line.key] = {"value": value, "origin": line.origin}
    return data


def lines(found: "Sequence[Line]") -> list[str]:
    """TOML with the origin of each value as its comment."""
    shown: list[str] = []
    section = ""
    for line in found:
        if line.section != section:
            section = line.section
            shown += ["", f"[{section}]"]
        setting = f"{line.key} = {text.visible(line.value)}"
        shown.append(f"{setting:<38}  # {line.origin}")
    return shown


def _check_jobs(settings: "Settings") -> None:
    """Raise ConfigError if the files that declare jobs are wrong."""
    from bot.core import jobs

    try:
        found = job_files.read(settings.jobs.files)
        jobs.parse_all([each.table for each in found])
    except Invalid as exc:
        wrong = job_files.located(exc, found).problems
        raise ConfigError("\n".join(str(problem) for problem in wrong)) from exc
    except CronitorError as exc:
        raise ConfigError(str(exc)) from exc
