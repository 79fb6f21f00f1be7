"""What goes on when the wrapper has returned, in a process that nobody waits for."""

import os
import sys

from bot.node import children, streams
from bot.node.signals import Signals

_HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_CODE = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from bot.node import {module}; {module}.afterwards(*sys.argv[2:])"
)


def copy(stream: streams.Stream, caught: Signals) -> bool:
    """Go on passing a stream through; whether that could be started."""
    return _start("afterwards", (), stream.source, stream.target, caught)


def afterwards() -> None:
    """The process of `copy`: from its standard input to its standard output."""
    os.setsid()
    streams.pass_on(0, 1)


def flush(data_dir: str, caught: Signals) -> bool:
    """Send what is kept in the spool; whether that could be started."""
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        return _start("late_flushes", (data_dir,), nothing, nothing, caught)
    finally:
        os.close(nothing)


def _start(
    module: str, args: tuple[str, ...], source: int, target: int, caught: Signals
) -> bool:
    """Start a process that holds these two files and none else of ours."""
    if not sys.executable:
        return False
    nothing = os.open(os.devnull, os.O_RDWR)
    actions: list[streams.Action] = [
        (os.POSIX_SPAWN_DUP2, source, 0),
        (os.POSIX_SPAWN_DUP2, target, 1),
        (os.POSIX_SPAWN_DUP2, nothing, 2),
        *((os.POSIX_SPAWN_CLOSE, number) for number in _inherited()),
    ]
    # -S: nothing but the standard library is needed
    options = ["-S", "-P", "-c", _CODE.format(module=module)]
    try:
        os.posix_spawn(
            sys.executable,
            [sys.executable, *options, _HERE, *args],
            children.environ(),
            file_actions=actions,
            setsigmask=caught.before,
        )
    except OSError:
        return False
    finally:
        os.close(nothing)
    return True


def _inherited() -> list[int]:
    """Files that were handed to us, such as the lock of `flock`: not ours to hold."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            numbers = [int(name) for name in os.listdir(folder)]
        except (OSError, ValueError):
            continue
        return [x for x in numbers if x > 2 and _is_handed_down(x)]
    return []


def _is_handed_down(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:
        return False
