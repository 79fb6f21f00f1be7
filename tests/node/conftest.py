"""What every test of the node has at hand."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bot.node import reporters, streams
from tests.node.wrapped import Wrapper


@pytest.fixture
def wrapper(tmp_path: Path) -> Wrapper:
    """`cronitor exec` with the server away."""
    return Wrapper(tmp_path)


@pytest.fixture(autouse=True)
def threads_are_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that are started without their library are not seen by coverage."""

    def start(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        Thread(target=function, args=args, daemon=True).start()

    for module in (reporters, streams):
        monkeypatch.setattr(module, "start_new_thread", start)
