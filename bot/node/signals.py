"""Signals of the wrapper: taken one by one, so that it is known who sent them."""

import os

# as typing has it, which takes long to import
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    try:
        # the library's own module makes enums of everything, which takes 5 ms
        import _signal as signal
    except ImportError:
        import signal

#: what whoever started us may send, and the command should get
_PASSED_ON = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "TSTP", "CONT", "WINCH")
#: what Python ignores, and a command does not expect to be ignored
UNIGNORED = tuple(
    getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)
)
CHILD = signal.SIGCHLD
WINDOW = signal.SIGWINCH
STOP = signal.SIGSTOP
CONTINUE = signal.SIGCONT
#: how a terminal stops a process
STOPS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


class Signals:
    """Those that are taken instead of acting by themselves, from now on."""

    def __init__(self) -> None:
        passed_on = [getattr(signal, f"SIG{name}") for name in _PASSED_ON]
        # what was ignored when we started stays so, for us and for the command
        heeded = [x for x in passed_on if signal.getsignal(x) != signal.SIG_IGN]
        self._taken = {*heeded, CHILD}
        for number in (CHILD, WINDOW, CONTINUE):
            if number in self._taken:
                # some systems drop what would be ignored anyway
                signal.signal(number, _nothing)
        #: what was held back before: the command starts with that
        self.before = signal.pthread_sigmask(signal.SIG_BLOCK, self._taken)

    def next(self) -> tuple[int, bool]:
        """Wait for one: its number, and whether the terminal has sent it to all."""
        if hasattr(signal, "sigwaitinfo"):
            info = signal.sigwaitinfo(self._taken)
            return info.si_signo, info.si_code > 0
        number = int(signal.sigwait(self._taken))
        return number, number != CONTINUE and is_foreground()

    def release(self) -> None:
        """Let them act again, as if nothing had been."""
        for number in self._taken:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, self.before)


def unignore() -> None:
    """What Python ignores acts again: for a command that takes our place."""
    for number in UNIGNORED:
        signal.signal(number, signal.SIG_DFL)


def die_by(number: int) -> None:
    """End as the command did; returns where that is not possible."""
    import resource

    # its own dump of memory is there already, if it left one
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)


def name_of(number: int) -> str:
    """`SIGKILL` for 9."""
    for name in dir(signal):
        if (
            name.startswith("SIG")
            and name[3] != "_"
            and getattr(signal, name) == number
        ):
            return name
    return f"signal {number}"


def has_terminal() -> bool:
    """Whether a terminal, and so a shell, is there to wake us up again."""
    return _foreground() is not None


def is_foreground() -> bool:
    """Whether the terminal sends its signals to us, and so to the command as well."""
    return _foreground() == os.getpgrp()


def _foreground() -> int | None:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return None
    try:
        return os.tcgetpgrp(terminal)
    except OSError:
        return None
    finally:
        os.close(terminal)


def _nothing(number: int, frame: object) -> None:
    """What is taken by `next` needs no handler, but must not be ignored."""
