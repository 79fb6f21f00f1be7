"""`cronitor exec` on a terminal: the command still sees one."""

import fcntl
import os
import select
import signal
import struct
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.node.wrapped import PATIENCE_S, Wrapper

INTERRUPT, SUSPEND = b"\x03", b"\x1a"


class Terminal:
    """A terminal whose only session leader is a process of ours."""

    def __init__(self, pid: int, side: int) -> None:
        self.pid = pid
        self.side = side
        self.seen = b""

    def until(self, text: bytes) -> None:
        """Read until it shows this."""
        while text not in self.seen:
            ready, _, _ = select.select([self.side], [], [], PATIENCE_S)
            assert ready, self.seen
            self.seen += self._read()

    def rest(self) -> bytes:
        """All that it shows until nobody has it open."""
        while piece := self._read():
            self.seen += piece
        return self.seen

    def _read(self) -> bytes:
        try:
            return os.read(self.side, 65_536)
        except OSError:
            return b""

    def resize(self, rows: int, columns: int) -> None:
        """Make it another size."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, size)

    def wait(self) -> int:
        """The exit code of the leader."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@contextmanager
def terminal(line: list[str], environ: dict[str, str]) -> Iterator[Terminal]:
    """A process on a terminal of its own."""
    # not forkpty, which warns in a process with threads
    side, end = os.openpty()
    code = (
        "import fcntl, os, sys, termios; os.setsid()\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "os.execvp(sys.argv[1], sys.argv[1:])"
    )
    starter = [sys.executable, "-S", "-c", code, *line]
    actions = [(os.POSIX_SPAWN_DUP2, end, number) for number in (0, 1, 2)]
    pid = os.posix_spawn(sys.executable, starter, environ, file_actions=actions)
    os.close(end)
    try:
        yield Terminal(pid, side)
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
        os.close(side)


def test_the_command_sees_a_terminal_of_the_same_size(wrapper: Wrapper) -> None:
    code = (
        "import os, signal, time\n"
        "told = []\n"
        "signal.signal(signal.SIGWINCH, lambda *_: told.append(1))\n"
        "print(os.isatty(0), os.isatty(1), os.isatty(2), os.get_terminal_size(1))\n"
        "print('up', flush=True)\n"
        "while not told or os.get_terminal_size(2) != (111, 33): time.sleep(0.01)\n"
        "print('so it is')"
    )
    with terminal(wrapper.line(sys.executable, "-c", code), wrapper.environ) as tty:
        tty.until(b"up")
        tty.resize(33, 111)
        seen = tty.rest()
        assert tty.wait() == 0
    assert b"True True True os.terminal_size(columns=0, lines=0)" in seen
    assert b"so it is" in seen


def test_what_the_terminal_shows_is_what_it_would_show(wrapper: Wrapper) -> None:
    script = r"printf 'a\nb\r\n\tc\033[1m%s\n' '\n'; printf 'd\n' >&2"
    plain, wrapped = ["sh", "-c", script], wrapper.line("sh", "-c", script)
    seen = []
    for line in (plain, [*wrapped[:4], "--quiet", *wrapped[4:]]):
        with terminal(line, wrapper.environ) as tty:
            seen.append(tty.rest())
            assert tty.wait() == 0
    assert seen[0] == seen[1]
    # and what is reported has the line ends that the command wrote
    assert wrapper.end().body == b"a\nb\r\n\tc\033[1m\\n\nd\n"


def test_much_output_comes_through_whole(wrapper: Wrapper) -> None:
    script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"
    with terminal(wrapper.line("sh", "-c", script), wrapper.environ) as tty:
        seen = tty.rest()
        assert tty.wait() == 0
    lines = seen.split(b"\r\n")
    assert lines[:20_000] == [b"line %d" % i for i in range(20_000)]


def test_an_interrupt_from_the_terminal_comes_once(wrapper: Wrapper) -> None:
    code = (
        "import signal, time\n"
        "seen = []\n"
        "signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n"
        "print('up', flush=True)\n"
        "while not seen: time.sleep(0.01)\n"
        "time.sleep(0.5); print('seen', len(seen)); raise SystemExit(9)"
    )
    with terminal(wrapper.line(sys.executable, "-c", code), wrapper.environ) as tty:
        tty.until(b"up")
        os.write(tty.side, INTERRUPT)
        assert b"seen 1\r\n" in tty.rest()
        assert tty.wait() == 9


def test_an_interrupt_ends_both(wrapper: Wrapper) -> None:
    line = wrapper.line("sh", "-c", "echo up; sleep 60")
    with terminal(line, wrapper.environ) as tty:
        tty.until(b"up")
        os.write(tty.side, INTERRUPT)
        tty.rest()
        assert tty.wait() == -signal.SIGINT
    assert wrapper.end().exit_code == 128 + signal.SIGINT


def test_a_shell_stops_and_continues_it(wrapper: Wrapper) -> None:
    bash = "/bin/bash"
    if not os.path.exists(bash):
        pytest.skip("there is no bash, whose job control is used")
    line = [bash, "--norc", "--noprofile", "-i"]
    environ = {**wrapper.environ, "PS1": "$ ", "HISTFILE": "/dev/null"}
    typed = " ".join(f"'{word}'" for word in wrapper.line(sys.executable, "-c", CODE))
    with terminal(line, environ) as tty:
        tty.until(b"$ ")
        os.write(tty.side, f"stty -echo; {typed}\n".encode())
        tty.until(b"up")
        os.write(tty.side, SUSPEND)
        tty.until(b"Stopped")
        os.write(tty.side, b"fg >/dev/null\n")
        os.write(tty.side, b"hello\n")
        tty.until(b"on hello")
        os.write(tty.side, b"exit\n")
        tty.rest()
        assert tty.wait() == 0
    assert wrapper.end().exit_code == 0


#: what it prints is not in what is typed
CODE = 'print("u" "p", flush=True); print("on", input(), flush=True)'
