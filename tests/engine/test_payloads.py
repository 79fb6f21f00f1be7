"""Payloads of webhooks: kept for their runs, never lost, never too many."""

import os
from pathlib import Path
from typing import Any

import pytest

from bot.core.executions import Execution, ExecutionId, Trigger
from bot.core.kinds import JobId
from bot.engine import payloads
from bot.engine.hooks import Delivery, Hook
from bot.engine.payloads import EVERY
from bot.errors import NotFound, Unavailable
from tests.core.factories import T0
from tests.engine.house import house
from tests.engine.works import Works, works


async def hooked(here: Works, **fields: Any) -> Hook:
    """A job with a webhook."""
    view = await here.add(no_schedule=True, webhook=True, **fields)
    hooks = here.home.engine.causes.hooks
    return await hooks.find("nightly", await hooks.token(str(view["uuid"])))


async def test_a_payload_is_there_for_every_attempt(tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    async with works(tmp_path, payloads=folder) as here:
        hook = await hooked(here, retries=1, retry_base="1h", retry_cap="1h")
        taken = await here.home.engine.causes.hooks.take(hook, Delivery(body=b"x"))
        await here.home.settle()
        await here.end(1)
        await here.home.advance(minutes=15)
        assert taken.run is not None
        assert os.listdir(folder) == [taken.run["run_id"]]
        await here.home.advance(minutes=50)
        first, second = here.executor.begun
        assert dict(first.env)["CRONITOR_PAYLOAD"] == str(
            folder / os.listdir(folder)[0]
        )
        assert first.env != second.env
        await here.end(0)
        await here.home.advance(seconds=EVERY.total_seconds() + 1)
        assert os.listdir(folder) == []


async def test_what_a_kill_has_left_goes(tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    folder.mkdir()
    (folder / "of-no-run").write_text("x")
    async with works(tmp_path, payloads=folder) as here:
        await here.home.settle()
        assert os.listdir(folder) == []


async def test_where_there_is_no_room_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "payloads"
    async with works(tmp_path, payloads=folder) as here:
        hook = await hooked(here)
        monkeypatch.setattr(payloads, "MOST_BYTES", 5)
        with pytest.raises(Unavailable, match="hold 0 bytes already"):
            await here.home.engine.causes.hooks.take(hook, Delivery(body=b"123456"))
        monkeypatch.setattr(payloads, "MOST_BYTES", 500)
        folder.rmdir()
        folder.write_text("in the way")
        with pytest.raises(Unavailable, match="cannot be stored"):
            await here.home.engine.causes.hooks.take(hook, Delivery(body=b"1"))
        assert await here.runs() == []


async def test_without_an_executor_a_webhook_takes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        view = await home.add(
            "nightly", kind="command", command=["a"], no_schedule=True, webhook=True
        )
        hooks = home.engine.causes.hooks
        hook = await hooks.find("nightly", await hooks.token(str(view["uuid"])))
        with pytest.raises(Unavailable, match="runs nothing"):
            await hooks.take(hook, Delivery(body=b""))


async def test_a_job_that_cannot_be_read_has_no_webhook(tmp_path: Path) -> None:
    async with works(tmp_path, payloads=tmp_path / "payloads") as here:
        view = await here.add(no_schedule=True, webhook=True)
        await here.home.db.write(
            lambda tx: tx.execute("UPDATE jobs SET definition = '{}'")
        )
        hooks = here.home.engine.causes.hooks
        with pytest.raises(NotFound, match="there is nothing here"):
            await hooks.find("nightly", await hooks.token(str(view["uuid"])))


def test_the_user_of_a_run_may_read_what_it_is_handed(tmp_path: Path) -> None:
    file = tmp_path / "payload"
    file.write_text("x")

    def handed(path: Path) -> Execution:
        return Execution(
            id=ExecutionId(1),
            job_id=JobId(1),
            key="k",
            trigger=Trigger.WEBHOOK,
            handed={"payload": str(path)},
            queued_at=T0,
            ready_at=T0,
            rid="r",
        )

    before = file.stat().st_uid
    payloads.give(handed(file), "")
    payloads.give(handed(file), "nobody-of-that-name")
    payloads.give(handed(tmp_path / "gone"), "nobody")
    assert file.stat().st_uid == before
    if os.geteuid() == 0:
        payloads.give(handed(file), "nobody")
        assert file.stat().st_uid != before
