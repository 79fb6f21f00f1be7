"""What goes on when the wrapper has returned."""

import subprocess
import sys

from bot.clock import SystemClock
from tests import tree
from tests.node.factories import report
from tests.node.servers import OK, serving
from tests.node.wrapped import PATIENCE_S, Wrapper


def process(wrapper: Wrapper, module: str, arg: str, given: bytes = b"") -> bytes:
    """What such a process prints."""
    code = f"from bot.node import {module}; {module}.afterwards({arg})"
    return subprocess.run(
        [sys.executable, "-c", code],
        input=given,
        env=wrapper.environ,
        cwd=tree.ROOT,
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
    ).stdout


def test_what_is_left_behind_is_passed_on(wrapper: Wrapper) -> None:
    given = bytes(range(256)) * 1_000
    assert process(wrapper, "afterwards", "", given) == given


def test_what_is_kept_is_sent(wrapper: Wrapper) -> None:
    clock = SystemClock()
    wrapper.spool.put(report(at=clock.since_1970() - 5))
    with serving(OK) as server:
        wrapper.environ["CRONITOR_URL"] = server.url
        process(wrapper, "late_flushes", "''")
        assert len(server.asked) == 2
    assert wrapper.spool.names() == []


def test_nobody_is_told_when_nothing_can_be_sent(wrapper: Wrapper) -> None:
    wrapper.environ["CRONITOR_URL"] = "nonsense"
    assert process(wrapper, "late_flushes", "'/none'") == b""
