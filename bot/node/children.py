"""The command: started as the shell would have, awaited, and told what we are told."""

import errno
import os

from bot.node import signals
from bot.node.signals import Signals

# as typing has it, which takes long to import
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from bot.node.streams import Action

NOT_FOUND, NOT_EXECUTABLE = 127, 126
_SHELL = "/bin/sh"
#: what Python makes of the locale of a crontab
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
_ENVIRON_AT_START = "/proc/self/environ"


class NotStarted(Exception):
    """The command cannot be started; has the exit code that a shell gives it."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said)
        self.code = code


class Child:
    """The command, running."""

    def __init__(self, pid: int, caught: Signals) -> None:
        self.pid = pid
        self._caught = caught

    def wait(self, on_window: "Callable[[], None]") -> int:
        """Wait for its end and pass signals on; minus the signal, or the exit code."""
        while True:
            number, from_terminal = self._caught.next()
            if number == signals.CHILD:
                status = self._status()
                if status is not None:
                    return os.waitstatus_to_exitcode(status)
            elif number == signals.WINDOW:
                on_window()
                os.kill(self.pid, number)
            elif not from_terminal:
                os.kill(self.pid, number)

    def wait_plainly(self) -> int:
        """Wait for its end and do nothing else."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _status(self) -> int | None:
        """How it ended; None: it has not, or was stopped: then we stop as well."""
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid == 0:
                return None
            if not os.WIFSTOPPED(status):
                return status
            if os.WSTOPSIG(status) in signals.STOPS and signals.has_terminal():
                # the shell has to see it; its `fg` wakes us and the command
                os.kill(os.getpid(), signals.STOP)


def start(command: list[str], actions: "Sequence[Action]", caught: Signals) -> Child:
    """Start it; raises NotStarted."""
    program = command[0]
    try:
        try:
            return Child(_spawn(program, command, actions, caught), caught)
        except OSError as exc:
            if exc.errno != errno.ENOEXEC:
                raise
        # a script without a first line that names its shell
        through = [_SHELL, _path_of(program), *command[1:]]
        return Child(_spawn(_SHELL, through, actions, caught), caught)
    except FileNotFoundError as exc:
        raise NotStarted(f"{program}: command not found", NOT_FOUND) from exc
    except OSError as exc:
        raise NotStarted(f"{program}: {exc.strerror}", NOT_EXECUTABLE) from exc
    except ValueError as exc:
        raise NotStarted(f"{program!r}: {exc}", NOT_EXECUTABLE) from exc


def become(command: list[str]) -> "NoReturn":
    """Be the command, without anything around it; ends the process if it cannot."""
    signals.unignore()
    try:
        os.execvpe(command[0], command, environ())  # noqa: S606 - no shell is wanted
    except OSError as exc:
        os.write(2, f"{command[0]}: {exc.strerror}\n".encode("utf-8", "replace"))
        missing = isinstance(exc, FileNotFoundError)
        os._exit(NOT_FOUND if missing else NOT_EXECUTABLE)


def _spawn(
    program: str,
    command: list[str],
    actions: "Sequence[Action]",
    caught: Signals,
) -> int:
    return os.posix_spawnp(
        program,
        command,
        environ(),
        file_actions=actions,
        setsigmask=caught.before,
        setsigdef=signals.UNIGNORED,
    )


def environ() -> "dict[str, str]":
    """Our environment as we were given it: Python adds to it in the C locale."""
    found = dict(os.environ)
    if found.get("LC_CTYPE") in _COERCED and not _was_given("LC_CTYPE"):
        del found["LC_CTYPE"]
    return found


def _was_given(name: str) -> bool:
    try:
        with open(_ENVIRON_AT_START, "rb") as file:
            given = file.read().split(b"\0")
    except OSError:
        return True
    return any(each.startswith(name.encode() + b"=") for each in given)


def _path_of(program: str) -> str:
    """Where the program was found."""
    if "/" in program:
        return program
    for folder in os.get_exec_path():
        path = os.path.join(folder, program)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return program
