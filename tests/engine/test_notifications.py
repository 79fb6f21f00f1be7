"""Delivery: again until taken, once each, in order."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.notifications import FIRST_WAIT, LONGEST_WAIT, wait_after
from bot.errors import NotifyError
from tests.engine.house import house


async def test_a_refused_notification_is_tried_again_until_taken(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, webhook=True) as h:
        hook = h.notifiers["webhook"]
        hook.failures = [NotifyError("answered 500")] * 5
        await h.add("backup", every="10h")
        await h.ping("backup", "fail")
        await h.settle()
        assert hook.kinds() == []
        assert (await h.reads.status())["backlog"] == {"webhook": 1}
        for _ in range(10):
            await h.advance(minutes=1)
        assert hook.kinds() == ["opened"]
        assert hook.taken[0].attempts == 5
        assert (await h.reads.status())["backlog"] == {}
        assert h.log.kinds() == ["opened"]


async def test_the_wait_that_the_receiver_asks_for_is_kept(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as h:
        hook = h.notifiers["webhook"]
        hook.failures = [NotifyError("answered 429", retry_after_s=600)]
        await h.add("backup", every="10h")
        await h.ping("backup", "fail")
        await h.settle()
        await h.advance(minutes=9)
        assert hook.kinds() == []
        await h.advance(minutes=1)
        assert hook.kinds() == ["opened"]


async def test_an_end_is_never_told_before_its_beginning(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as h:
        hook = h.notifiers["webhook"]
        hook.failures = [NotifyError("no"), NotifyError("no"), NotifyError("no")]
        await h.add("backup", every="10h")
        await h.ping("backup", "fail")
        await h.settle()
        await h.ping("backup", "success")
        await h.settle()
        for _ in range(5):
            await h.advance(minutes=5)
        assert hook.kinds() == ["opened", "(resolved)"]


async def test_one_stuck_incident_does_not_hold_the_others(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as h:
        hook = h.notifiers["webhook"]
        hook.failures = [NotifyError("no", retry_after_s=3600)]
        for slug in ("first", "second"):
            await h.add(slug, every="10h")
            await h.ping(slug, "fail")
            await h.settle()
        assert len(hook.taken) == 1
        await h.advance(hours=1)
        assert len(hook.taken) == 2


async def test_what_was_not_taken_before_a_restart_is_told_after_it(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, webhook=True) as h:
        h.notifiers["webhook"].failures = [NotifyError("no")] * 3
        await h.add("backup", every="10h")
        await h.ping("backup", "fail")
        await h.settle()
        clock = h.clock
    clock.advance(timedelta(hours=1))
    async with house(tmp_path, clock=clock, webhook=True) as h:
        await h.settle()
        assert h.notifiers["webhook"].kinds() == ["opened", "blind"]
        assert h.log.kinds() == ["blind"]


async def test_a_notifier_that_breaks_is_tried_again(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as h:
        hook = h.notifiers["webhook"]
        hook.failures = [cast("NotifyError", KeyError("bug"))]
        await h.add("backup", every="10h")
        await h.ping("backup", "fail")
        await h.settle()
        await h.advance(minutes=1)
        assert hook.kinds() == ["opened"]


async def test_the_snapshot_holds_no_secret(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="10h")
        await h.ping("backup", "fail")
        await h.settle()
        (told,) = h.log.taken
        snapshot: Any = told.snapshot
        assert h.uuids["backup"] not in repr(told)
        assert snapshot["job"]["slug"] == "backup"
        assert snapshot["incident"]["status"] == "open"


async def test_loops_deliver_without_being_asked(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        running = [asyncio.create_task(loop.run()) for loop in h.engine.loops]
        await h.add("backup", every="10h")
        await h.ping("backup", "fail")
        while not h.log.taken:
            await asyncio.sleep(0)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        assert h.log.kinds() == ["opened"]


@given(st.integers(1, 1000), st.none() | st.floats(0, 1e9))
def test_waits_grow_to_a_bound_and_honour_what_is_asked(
    attempts: int, asked: float | None
) -> None:
    wait = wait_after(attempts, asked)
    assert wait >= FIRST_WAIT
    assert wait <= max(LONGEST_WAIT, timedelta(days=1))
    assert wait >= timedelta(seconds=min(asked or 0, 86_400))
