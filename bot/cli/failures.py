"""What went wrong, as lines for standard error and an exit code."""

import os
import sys
import traceback

import click

from bot.errors import ConfigError, CronitorError, Invalid, NoServer, StorageError

OK, REFUSED, USAGE, NO_SERVER, SETTINGS, INTERRUPTED = 0, 1, 2, 69, 78, 130

#: set to anything, an unexpected error shows where it came from
DEBUG = "CRONITOR_DEBUG"


def report(failure: BaseException) -> int:
    """Say on standard error what went wrong; return the exit code."""
    if isinstance(failure, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    if isinstance(failure, click.exceptions.NoArgsIsHelpError):
        failure.show()
        return USAGE
    for line in lines(failure):
        click.echo(line, err=True)
    if os.environ.get(DEBUG):
        traceback.print_exception(failure, file=sys.stderr)
    return exit_code(failure)


def lines(failure: BaseException) -> list[str]:
    """One line for each thing that is wrong."""
    if isinstance(failure, click.UsageError):
        return [_usage(failure)]
    if isinstance(failure, click.ClickException):
        return [f"cronitor: {failure.format_message()}"]
    if isinstance(failure, Invalid):
        return [f"cronitor: {_one_line(problem)}" for problem in failure.problems]
    if isinstance(failure, CronitorError | OSError):
        return [f"cronitor: {_one_line(line)}" for line in str(failure).splitlines()]
    kind = type(failure).__name__
    way_out = f"set {DEBUG}=1 to see where, and please report it"
    return [f"cronitor: unexpected {kind}: {_one_line(failure)}; {way_out}"]


def exit_code(failure: BaseException) -> int:
    """What a script sees."""
    match failure:
        case click.UsageError():
            return USAGE
        case NoServer():
            return NO_SERVER
        case ConfigError() | StorageError():
            return SETTINGS
        case _:
            return REFUSED


def _usage(failure: click.UsageError) -> str:
    path = failure.ctx.command_path if failure.ctx else "cronitor"
    return f"{path}: {_one_line(failure.format_message())}; see `{path} --help`"


def _one_line(said: object) -> str:
    return " ".join(str(said).split()).rstrip(".")
