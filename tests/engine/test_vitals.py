"""What slowly goes wrong is seen: a backlog, an event loop that stands still."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import NotifyError
from tests.engine.house import House, house


async def test_a_backlog_of_more_than_ten_minutes_is_a_fault(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as home:
        hook = home.notifiers["webhook"]
        hook.failures = [NotifyError("answered 500")] * 12
        await home.add("backup", every="10h")
        await home.ping("backup", "fail")
        await home.settle()
        for _ in range(9):
            await home.advance(minutes=1)
        assert home.engine.health.faults() == {}
        await home.advance(minutes=1, seconds=10)
        said = "notifications wait: 1 for webhook since 2026-11-23T03:00:00Z"
        assert home.engine.health.faults() == {"backlog": said}
        for _ in range(20):
            await home.advance(minutes=15)
        assert hook.kinds() == ["opened"]
        assert home.engine.health.faults() == {}


def late(home: House, seconds: float) -> None:
    """The event loop came back so much later than it should have."""
    (vitals,) = [each for each in home.engine.loops if each.name == "vitals"]
    assert vitals._on_late is not None
    vitals._on_late(seconds)


async def test_an_event_loop_that_stood_still_is_a_fault_for_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as home:
        late(home, 0.9)
        assert home.engine.health.faults() == {}
        late(home, 2.5)
        late(home, 1.5)
        said = {"event_loop": "the event loop stood still for 2.5 s"}
        assert home.engine.health.faults() == said
        home.clock.advance(timedelta(seconds=61))
        assert home.engine.health.faults() == {}
        assert caplog.text.count("stood still") == 1
