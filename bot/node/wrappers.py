"""`cronitor exec`: runs a command as if it were not there, and reports how it went.

The command comes first: whatever goes wrong here, it runs, and its exit code is ours.
"""

import os

from bot.clock import SystemClock
from bot.node import afterwards, children, settings, signals, streams
from bot.node.children import Child, NotStarted
from bot.node.orders import Order
from bot.node.runs import Run
from bot.node.signals import Signals
from bot.node.streams import Stream, Streams

# as typing has it, which takes long to import
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_STDERR = 2
#: what an exit code adds to the number of a signal
_BY_SIGNAL = 128
#: seconds for the last output to be taken before the end is reported
_PATIENCE_S = 1.0


def run(order: Order) -> "NoReturn":
    """Run the command, report, and end as the command has ended."""
    caught = Signals()
    try:
        wrapper = Wrapper(order, caught, SystemClock())
    except Exception as exc:  # a fault of ours must not keep the command from running
        _say(_unexpected(exc))
        caught.release()
        children.become(order.command)
    code = wrapper.run()
    if code < 0:
        signals.die_by(-code)
        code = _BY_SIGNAL - code
    os._exit(code)


class Wrapper:
    """One run of a command, and the process around it."""

    def __init__(self, order: Order, caught: Signals, clock: SystemClock) -> None:
        self._caught = caught
        self._command = order.command
        found = settings.read(os.environ, order.data_dir)
        limit = order.output_limit
        self._streams = Streams(found.output_limit if limit is None else limit)
        self._quiet = order.quiet or found.quiet
        self._data_dir = order.data_dir
        self._left_over: list[Stream] = []
        self._run = Run(order, found, clock)
        # threads that cannot be started are noticed before the command is
        self._streams.start()

    def run(self) -> int:
        """The exit code, or minus the signal that ended the command."""
        try:
            child = children.start(self._command, self._streams.actions, self._caught)
        except NotStarted as exc:
            return self._never_ran(exc)
        finally:
            self._streams.let_go()
        self._guarded(self._run.begin)
        code = self._await(child)
        self._guarded(self._finish_output)
        body = self._streams.text()
        if code < 0:
            body = _with_last_line(body, f"ended by {signals.name_of(-code)}")
        self._guarded(lambda: self._run.end(code, body))
        self._guarded(self._leave)
        return code

    def _await(self, child: Child) -> int:
        try:
            return child.wait(self._streams.resize)
        except Exception as exc:  # the border between us and the command
            _say(_unexpected(exc))
            return child.wait_plainly()

    def _never_ran(self, failure: NotStarted) -> int:
        _say(str(failure))
        self._guarded(self._run.begin)
        self._guarded(self._finish_output)
        body = _with_last_line(b"", str(failure))
        self._guarded(lambda: self._run.end(failure.code, body))
        self._guarded(self._leave)
        return failure.code

    def _guarded(self, step: "Callable[[], None]") -> None:
        """A fault of ours changes nothing about the command."""
        try:
            step()
        except Exception as exc:  # the border between us and the command
            _say(_unexpected(exc))

    def _finish_output(self) -> None:
        self._streams.finish(_PATIENCE_S)
        self._hand_over()

    def _hand_over(self) -> None:
        # whom the command has left behind may go on printing; else we stay ourselves
        for stream in self._streams.take_open():
            if not afterwards.copy(stream, self._caught):
                self._left_over.append(stream)

    def _leave(self) -> None:
        """The last things, once the end is told."""
        if not self._streams.finish(0):
            # whoever reads our output takes his time, and may end us now
            self._caught.release()
            self._streams.wait()
            self._hand_over()
        for stream in self._left_over:
            streams.pass_on(stream.source, stream.target)
        if self._run.leaves_work:
            afterwards.flush(self._data_dir or "", self._caught)
        lines = self._run.lines()
        if lines and not self._quiet:
            _say("; ".join(lines))


def _with_last_line(body: bytes, line: str) -> bytes:
    """What the exit code does not say, below the output."""
    gap = b"" if not body or body.endswith(b"\n") else b"\n"
    return body + gap + f"cronitor exec: {line}\n".encode("utf-8", "replace")


def _unexpected(exc: Exception) -> str:
    return f"unexpected {type(exc).__name__}: {exc}; please report it"


def _say(line: str) -> None:
    said = " ".join(f"cronitor exec: {line}".split())
    streams.write(_STDERR, f"{said}\n".encode("utf-8", "replace"))
