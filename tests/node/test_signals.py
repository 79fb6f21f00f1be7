"""Names of signals, and who would get them from the terminal."""

import signal
import subprocess
import sys

import pytest

from bot.node import signals
from tests import tree
from tests.node.wrapped import PATIENCE_S, Wrapper


@pytest.mark.parametrize("number", [1, 2, 9, 15])
def test_a_signal_has_its_name(number: int) -> None:
    assert signals.name_of(number) == signal.Signals(number).name
    assert signals.name_of(99) == "signal 99"


def test_without_a_terminal_nobody_is_in_the_foreground() -> None:
    code = (
        "import os; os.setsid()\nfrom bot.node import signals\n"
        "print(signals.has_terminal(), signals.is_foreground())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree.ROOT, capture_output=True, check=True
    )
    assert done.stdout == b"False False\n"


#: as a system without `sigwaitinfo` has it
_PLAIN = (
    "import _signal; del _signal.sigwaitinfo\nfrom bot.cli.entry import main; main()"
)


def test_a_system_that_does_not_say_who_sent_it(wrapper: Wrapper) -> None:
    script = "trap 'echo got; exit 7' TERM; echo up; while :; do sleep 0.05; done"
    line = [sys.executable, "-c", _PLAIN, "exec", "job", "--", "sh", "-c", script]
    with subprocess.Popen(
        line,
        env=wrapper.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, out) == (7, b"got\n")


def test_a_copier_that_cannot_be_started_is_replaced_by_the_wrapper(
    wrapper: Wrapper,
) -> None:
    code = "import sys; sys.executable = ''\nfrom bot.cli.entry import main; main()"
    script = "(sleep 0.5; echo late) & echo done; exit 6"
    done = subprocess.run(
        [sys.executable, "-c", code, "exec", "job", "--", "sh", "-c", script],
        env=wrapper.environ,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (6, b"done\nlate\n")
