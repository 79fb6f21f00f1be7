"""The event loop of a server, and what the search for garbage passes over."""

import asyncio
import gc
import sys
from types import SimpleNamespace

import pytest

from bot import interpreter


async def answer() -> type[asyncio.AbstractEventLoop]:
    """The kind of the loop that runs."""
    return type(asyncio.get_running_loop())


class OtherLoop(asyncio.SelectorEventLoop):
    """Stands for uvloop's, which may not be installed."""


def test_uvloop_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = SimpleNamespace(new_event_loop=OtherLoop)
    monkeypatch.setitem(sys.modules, "uvloop", there)
    assert interpreter.run(answer()) is OtherLoop


def test_without_it_the_usual_loop_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert interpreter.loop_factory() is None
    usual = asyncio.new_event_loop()
    usual.close()
    assert interpreter.run(answer()) is type(usual)


def test_what_the_start_has_made_is_passed_over() -> None:
    threshold = gc.get_threshold()
    try:
        interpreter.settle()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] == interpreter.BETWEEN
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
