"""Jobs that follow on what a heartbeat job reports: each end once."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.core.kinds import PingKind
from bot.engine.pings import Incoming
from tests.engine.house import ANN, house
from tests.engine.works import Works, works

RID = str(uuid4())


async def prepared(here: Works, *after: str, **fields: Any) -> None:
    """A heartbeat job, and one that follows on it."""
    await here.home.add("hb", **({"every": "1h"} | fields))
    await here.add("child", after=list(after or ["hb"]), overlap="allow")


async def ping(here: Works, said: str = "success", **more: Any) -> None:
    """The heartbeat job reports, and all that follows is done."""
    await here.home.ping("hb", said, **more)
    await here.home.settle()


def kept(sent_at: datetime) -> dict[str, Any]:
    """An event of that moment, which its sender has kept."""
    return {"event_id": str(uuid4()), "sent_at": sent_at}


async def begun(here: Works) -> int:
    """How many runs there were of the job that follows."""
    return len(await here.runs("child"))


async def test_a_job_follows_on_the_success_of_a_heartbeat_job(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here)
        await ping(here, "start")
        await ping(here, "log")
        assert await begun(here) == 0
        await ping(here)
        (run,) = await here.runs("child")
        assert (run["trigger"], run["by"]) == ("after", "the end of hb")
        assert len(here.executor.begun) == 1
        await here.end(0)
        assert await here.slots("child") == ["ok"]


@pytest.mark.parametrize(
    ("after", "said", "follows"),
    [
        ("hb", "success", 1),
        ("hb", "fail", 0),
        ("hb:failure", "success", 0),
        ("hb:failure", "fail", 1),
        ("hb:end", "success", 1),
        ("hb:end", "fail", 1),
    ],
)
async def test_the_kind_of_end_counts(
    tmp_path: Path, after: str, said: str, follows: int
) -> None:
    async with works(tmp_path) as here:
        await prepared(here, after)
        await ping(here, said)
        assert await begun(here) == follows


async def test_an_exit_status_is_an_end(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here, "hb:failure")
        await ping(here, "success", exit_status=3)
        assert await begun(here) == 1


async def test_nothing_follows_on_a_missed_due(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here, "hb:end")
        await ping(here)
        await here.home.advance(hours=5)
        assert [each["job"] for each in await here.home.incidents()] == ["hb"]
        assert await begun(here) == 1


async def test_each_success_of_a_well_job_is_followed(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here)
        for number in range(1, 4):
            await ping(here)
            assert await begun(here) == number
            await here.end(0)
            await here.home.advance(hours=1)


async def test_a_ping_whose_answer_was_lost_starts_nothing_twice(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await prepared(here)
        await here.home.advance(hours=1)
        for _ in range(4):
            await ping(here)
            await here.home.advance(seconds=20)
        assert await begun(here) == 1
        # something else in between: it is another end
        await ping(here, "start")
        await ping(here)
        assert await begun(here) == 2
        await here.home.advance(minutes=5)
        await ping(here)
        assert await begun(here) == 3


async def test_two_that_come_at_once_start_one_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here)
        await ping(here)
        await here.home.advance(hours=1)
        uuid = here.home.uuids["hb"]
        both = [
            here.home.engine.pings.submit(Incoming(said=PingKind.SUCCESS, uuid=uuid))
            for _ in range(2)
        ]
        for each in both:
            await each
        await here.home.settle()
        assert await begun(here) == 2


async def test_the_end_of_one_rid_is_followed_once(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here, "hb", "hb:failure")
        await ping(here, "start", rid=RID)
        await ping(here, rid=RID)
        await here.home.advance(minutes=5)
        await ping(here, rid=RID)
        assert await begun(here) == 1
        # another run may end at the same moment
        await ping(here, rid=str(uuid4()))
        assert await begun(here) == 2
        # the first one has failed after all
        await ping(here, "fail", rid=RID)
        await ping(here, "fail", rid=RID)
        assert await begun(here) == 3


async def test_an_event_is_followed_once_and_only_if_it_is_news(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here)
        await ping(here)
        assert await begun(here) == 1
        await here.home.advance(hours=3)
        now = here.home.clock.now()
        event: dict[str, Any] = {
            "event_id": str(uuid4()),
            "sent_at": now - timedelta(hours=1),
        }
        await ping(here, **event)
        await ping(here, **event)
        assert await begun(here) == 2
        older: dict[str, Any] = {
            "event_id": str(uuid4()),
            "sent_at": now - timedelta(hours=2),
        }
        await ping(here, **older)
        assert await begun(here) == 2
        # what was taken, and kept by its sender as the answer was lost
        await ping(here)
        assert await begun(here) == 3
        again: dict[str, Any] = {
            "event_id": str(uuid4()),
            "sent_at": now - timedelta(seconds=3),
        }
        await ping(here, **again)
        assert await begun(here) == 3


async def test_the_end_of_a_run_that_was_kept_is_followed_once(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here)
        await ping(here, "start", rid=RID)
        await here.home.advance(hours=1)
        sent_at = here.home.clock.now() - timedelta(minutes=20)
        await ping(here, rid=RID, event_id=str(uuid4()), sent_at=sent_at)
        assert await begun(here) == 1
        await ping(here, rid=RID, event_id=str(uuid4()), sent_at=sent_at)
        assert await begun(here) == 1


async def test_many_kept_ends_are_no_skips_in_a_row(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.home.add("hb", every="1h")
        await here.add("child", after=["hb"])
        await ping(here)
        await here.end(0)
        await here.home.advance(hours=6)
        now = here.home.clock.now()
        for hours in range(5, 0, -1):
            sent_at = now - timedelta(hours=hours)
            await ping(here, event_id=str(uuid4()), sent_at=sent_at)
        assert [run["end"] for run in await here.runs("child")] == ["ok", None]
        assert "child" not in {i["job"] for i in await here.home.incidents()}


async def test_what_follows_is_known_after_every_change(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.home.add("hb", every="1h")
        await ping(here)
        await here.home.advance(hours=1)
        await ping(here)
        await here.add("child", after=["hb"])
        await here.home.advance(hours=1)
        await ping(here)
        assert await begun(here) == 1
        await here.end(0)
        await here.home.engine.jobs.edit("child", {"after": None}, ANN)
        await here.home.advance(hours=1)
        await ping(here)
        assert await begun(here) == 1
        await here.home.engine.jobs.edit("child", {"after": ["hb"]}, ANN)
        await here.home.advance(hours=1)
        await here.home.ping("hb")
        await ping(here, "start")
        assert await begun(here) == 2
        await here.end(0)
        await here.home.engine.jobs.remove("child", ANN)
        await here.home.advance(hours=1)
        await ping(here)
        assert len(here.executor.begun) == 2


async def test_a_former_url_and_a_slug_are_followed_too(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await prepared(here)
        by_slug = Incoming(said=PingKind.SUCCESS, slug="hb")
        await here.home.engine.pings.receive(by_slug)
        await here.home.settle()
        assert await begun(here) == 1
        await here.home.engine.jobs.rotate("hb", ANN, overlap=timedelta(days=1))
        await here.home.advance(hours=1)
        await ping(here)
        assert await begun(here) == 2


async def test_a_ping_of_a_job_that_is_run_here_is_no_end_of_it(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("parent")
        await here.add("child", after=["parent"])
        await here.home.ping("parent")
        await here.home.settle()
        assert await begun(here) == 0


async def test_where_nothing_is_run_nothing_waits(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.add("hb", every="1h")
        await home.add("child", kind="command", command=["/bin/true"], after=["hb"])
        await home.ping("hb")
        await home.advance(hours=30)
        assert [each["job"] for each in await home.incidents()] == ["hb"]
