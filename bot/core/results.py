"""What the end of a run means, and what its parameters are."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core import durations
from bot.core.commands import Command
from bot.core.executions import End

#: from the start of a run, so much older may a file be that it has written
COARSE = timedelta(milliseconds=20)
WHOLE_SECONDS = timedelta(seconds=2)


def verdict(command: Command, exit_status: int | None, signal: int | None) -> End:
    """Whether an exit is a success, by the code alone."""
    if signal is not None or exit_status not in command.success_exit_codes:
        return End.FAILED
    return End.OK


def length(span: timedelta) -> str:
    """A timeout, as its job says it."""
    return durations.text(span)


def unwritten(path: str, written_at: datetime | None, since: datetime) -> str:
    """Why a file is not what was expected, in words; empty: it is, or none was.

    `written_at`: when it was written last; None: it is not there.
    """
    if not path:
        return ""
    if written_at is None:
        return f"{path} is not there"
    if is_written(written_at, since):
        return ""
    return f"{path} has not been written since the run began"


def is_written(written_at: datetime, since: datetime) -> bool:
    """Whether the time of a file's last change says that it was written since then.

    The system stamps files with a clock that it moves on at each tick: up to 10 ms
    behind the one that a start is read from (100 Hz, the slowest that is in use), and
    twice that is allowed. A stamp of a whole second is taken for one of a file system
    that knows no less (FAT has every other second only), and may be 2 s behind.
    """
    coarse = COARSE if written_at.microsecond else WHOLE_SECONDS
    return written_at >= since - coarse


def chosen_params(
    command: Command, given: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The value of each parameter, and what is wrong with what was given."""
    known = {param.name: param for param in command.params}
    wrong = [
        f"{name}: there is no such parameter" for name in given if name not in known
    ]
    values = {}
    for name, param in known.items():
        value = given.get(name, param.default)
        if value not in param.choices:
            wrong.append(f"{name}: {value!r} is none of {', '.join(param.choices)}")
        values[name] = value
    return values, wrong
