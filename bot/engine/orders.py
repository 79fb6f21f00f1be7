"""What the executor is told to do for a run: program, environment, limits, secrets."""

import os
import pwd
from collections.abc import Iterable, Iterator, Mapping
from math import ceil
from pathlib import Path

from bot.core.commands import Command
from bot.core.executions import Execution
from bot.core.models import Job
from bot.engine import payloads
from bot.errors import CronitorError
from bot.executors.base import Order

#: what a run may see of the environment of Cronitor itself
_INHERITED = ("PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SHELL")
_INHERITED_PREFIX = "LC_"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: a file of variables, or of a secret, is not larger than that
_LARGEST = 1_000_000
#: of a run that does not say; the one of Cronitor keeps its own data private
UMASK = 0o022
#: a shorter secret would mask half of what is printed
SHORTEST_SECRET = 4
#: of one with several lines each is masked alone that is as long as that
SHORTEST_LINE = 8


class CannotPrepare(CronitorError):
    """What a run needs cannot be had."""


def order(job: Job, command: Command, execution: Execution, limit: int) -> Order:
    """The order; `limit`: bytes of output that are kept. Raises CannotPrepare.

    Reads files: call it in a thread.
    """
    payloads.give(execution, command.user)
    secrets = {name: _secret(name, path) for name, path in command.secrets}
    environ = {
        **_inherited(os.environ),
        **_person(command.user),
        **dict(_of_file(command.env_from_file)),
        **dict(command.env),
        **secrets,
        **_own(job, execution),
    }
    limits = command.limits
    return Order(
        id=execution.dispatch_id,
        argv=command.argv,
        shell=command.shell,
        cwd=command.cwd or "/",
        user=command.user or None,
        env=tuple(environ.items()),
        umask=UMASK if limits.umask is None else limits.umask,
        nice=limits.nice,
        memory_bytes=limits.memory,
        cpu_s=None if limits.cpu is None else ceil(limits.cpu.total_seconds()),
        timeout_s=command.timeout.total_seconds(),
        output_limit=limit,
        masks=tuple(dict.fromkeys(_masks(secrets.values()))),
    )


def _masks(secrets: Iterable[str]) -> Iterator[bytes]:
    """Each secret, and its lines: programs print and break them in their own ways."""
    for value in secrets:
        if len(value) >= SHORTEST_SECRET:
            yield value.encode()
        for line in value.splitlines():
            if len(line.strip()) >= SHORTEST_LINE:
                yield line.strip().encode()


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: value
        for name, value in environ.items()
        if name in _INHERITED or name.startswith(_INHERITED_PREFIX)
    }
    return {"PATH": _PATH, **found}


def _person(user: str) -> dict[str, str]:
    """Whose home it is; an unknown user is for the executor to refuse."""
    try:
        who = pwd.getpwnam(user) if user else pwd.getpwuid(os.geteuid())
    except KeyError:
        return {}
    return {"HOME": who.pw_dir, "USER": who.pw_name, "LOGNAME": who.pw_name}


def _own(job: Job, execution: Execution) -> dict[str, str]:
    """What Cronitor tells a run of itself."""
    due_at = execution.due_at
    return {
        "CRONITOR_JOB": job.slug,
        "CRONITOR_RUN_ID": execution.rid,
        "CRONITOR_ATTEMPT": str(execution.attempt),
        "CRONITOR_TRIGGER": execution.trigger.value,
        "CRONITOR_DUE": "" if due_at is None else due_at.isoformat(),
        **{
            f"CRONITOR_ARG_{name.upper()}": value
            for name, value in execution.params.items()
        },
        **{
            f"CRONITOR_{name.upper()}": value
            for name, value in execution.handed.items()
        },
    }


def _secret(name: str, path: str) -> str:
    text = _read(path, f"the secret {name}").rstrip("\r\n")
    if "\0" in text:
        raise CannotPrepare(f"the secret {name}: the file {path} has a zero byte")
    return text


def _of_file(path: str) -> Iterator[tuple[str, str]]:
    """NAME=value lines, as systemd and Docker have them; # begins a comment."""
    if not path:
        return
    for number, line in enumerate(_read(path, "env_from_file").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.removeprefix("export ").partition("=")
        if not equals or not name.strip().isidentifier() or "\0" in value:
            raise CannotPrepare(f"env_from_file: {path}:{number} is not NAME=value")
        yield name.strip(), _unquoted(value.strip())


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _read(path: str, what: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as exc:
        raise CannotPrepare(f"{what}: {path}: {exc.strerror}") from exc
    if len(data) > _LARGEST:
        raise CannotPrepare(f"{what}: {path} is larger than {_LARGEST} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise CannotPrepare(f"{what}: {path} is not UTF-8") from exc
