"""The receiver on a real database: what a batch of pings leaves behind."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

import storage.runs
from bot.core.kinds import JobId, PingKind
from bot.core.models import Run
from bot.engine.pings import Answer, Incoming
from storage.queries import Queries
from tests.engine.house import ANN, house

RID = "11111111-2222-4333-8444-555555555555"


async def test_a_ping_is_kept_as_it_came(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        received = await h.ping(
            "backup",
            "fail",
            exit_status=3,
            method="POST",
            address="10.0.0.7",
            agent="curl/8",
            body=b"\xff disk full",
            body_size=11,
        )
        assert (received.answer, received.kind) == (Answer.OK, PingKind.FAIL)
        view = await h.job("backup")
        (ping,) = view["pings"]
        assert ping["exit_status"] == 3
        assert ping["body"] == "\ufffd disk full"
        assert (ping["address"], ping["agent"]) == ("10.0.0.7", "curl/8")
        assert (view["status"], view["ping_count"]) == ("down", 1)


async def test_an_unknown_uuid_or_slug_is_not_found(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for incoming in (
            Incoming(said=PingKind.SUCCESS, uuid=RID),
            Incoming(said=PingKind.SUCCESS, slug="nobody"),
        ):
            received = await h.engine.pings.receive(incoming)
            assert received.answer is Answer.NOT_FOUND


async def test_a_batch_of_pings_of_one_job_is_applied_in_order(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("busy", every="1h", failure_tolerance=3)
        kinds = ["success", "fail", "fail", "success", "fail", "fail"]
        await asyncio.gather(*(h.ping("busy", kind) for kind in kinds))
        view = await h.job("busy")
        assert (view["failures_in_a_row"], view["ping_count"]) == (2, 6)
        assert view["failing"] is True
        assert await h.incidents() == []


async def test_failing_to_the_tolerance_opens_one_incident(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("busy", every="1h", failure_tolerance=3)
        await asyncio.gather(*(h.ping("busy", "fail") for _ in range(10)))
        await h.settle()
        (incident,) = await h.incidents()
        assert (incident["kind"], incident["count"]) == ("failed", 10)
        assert h.log.kinds() == ["opened"]


async def test_many_jobs_in_one_batch_do_not_mix(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for n in range(20):
            await h.add(f"job-{n}", every="1h")
        said = ["fail" if n % 3 == 0 else "success" for n in range(20)]
        await asyncio.gather(*(h.ping(f"job-{n}", said[n]) for n in range(20)))
        for n in range(20):
            expected = "down" if n % 3 == 0 else "up"
            assert (await h.job(f"job-{n}"))["status"] == expected


async def test_start_and_end_pair_by_rid(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("etl", every="1h")
        await h.ping("etl", "start", rid=RID)
        assert (await h.job("etl"))["running"] is True
        await h.advance(seconds=90)
        await h.ping("etl", "success", rid=RID)
        view = await h.job("etl")
        assert (view["running"], view["last_duration"]) == (False, 90)
        (run,) = view["runs"]
        assert (run["rid"], run["outcome"], run["duration"]) == (RID, "ok", 90)


async def test_an_end_that_overtakes_its_start_leaves_no_run_behind(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("etl", max_runtime="1m")
        await h.ping("etl", "success", rid=RID)
        await h.ping("etl", "start", rid=RID)
        await h.advance(hours=1)
        assert await h.incidents() == []
        assert (await h.job("etl"))["running"] is False


async def test_a_start_and_its_end_may_come_in_one_batch(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("quick", every="1h")
        await asyncio.gather(h.ping("quick", "start"), h.ping("quick", "success"))
        view = await h.job("quick")
        assert (view["running"], view["status"]) == (False, "up")


async def test_create_makes_a_daily_job_with_its_first_ping(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        incoming = Incoming(
            said=PingKind.SUCCESS, slug="new-one", create=True, address="10.0.0.9"
        )
        first = await h.engine.pings.receive(incoming)
        second = await h.engine.pings.receive(incoming)
        assert (first.answer, second.answer) == (Answer.CREATED, Answer.OK)
        view = await h.job("new-one")
        assert view["schedule_text"] == "every 1d"
        assert (view["grace"], view["status"]) == (3600, "up")
        entry = (await h.reads.audit())[0]
        assert (entry["action"], entry["actor"]) == ("job_added", "10.0.0.9 (ping)")


@pytest.mark.parametrize("slug", ["start", "fail", "log", "42"])
async def test_create_makes_no_odd_job(tmp_path: Path, slug: str) -> None:
    async with house(tmp_path) as h:
        incoming = Incoming(said=PingKind.SUCCESS, slug=slug, create=True)
        received = await h.engine.pings.receive(incoming)
        assert received.answer is Answer.NOT_FOUND
        assert await h.reads.jobs() == []


async def test_a_slug_that_looks_like_a_uuid_is_not_taken_for_one(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("first", every="1h")
        await h.add(h.uuids["first"], every="1h")
        await asyncio.gather(
            h.ping("first", "fail"),
            h.engine.pings.receive(
                Incoming(said=PingKind.SUCCESS, slug=h.uuids["first"])
            ),
        )
        assert (await h.job("first"))["status"] == "down"
        assert (await h.job(h.uuids["first"]))["status"] == "up"


async def test_the_rate_limit_refuses_repeats_and_nothing_that_matters(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, rate_limit=5) as h:
        await h.add("busy", every="1h")
        await h.add("calm", every="1h")
        answers = [(await h.ping("busy")).answer for _ in range(25)]
        assert answers.count(Answer.LIMITED) == 5
        assert (await h.ping("calm")).answer is Answer.OK
        assert (await h.ping("busy", "fail")).answer is Answer.OK
        assert (await h.ping("busy", "start")).answer is Answer.OK
        assert (await h.ping("busy", "success")).answer is Answer.OK
        assert (await h.ping("busy", "success")).answer is Answer.LIMITED
        assert (await h.ping("busy", "log")).answer is Answer.LIMITED
        limited = await h.ping("busy")
        assert limited.retry_after_s >= 1
        h.clock.advance(timedelta(seconds=limited.retry_after_s))
        assert (await h.ping("busy")).answer is Answer.OK
        assert (await h.job("busy"))["ping_count"] == 24


async def test_a_paused_job_is_resumed_by_its_ping(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("nightly", every="1h")
        await h.jobs.pause("nightly", ANN)
        await h.ping("nightly", "log")
        assert (await h.job("nightly"))["status"] == "paused"
        await h.ping("nightly")
        assert (await h.job("nightly"))["status"] == "up"


async def test_manual_resume_ignores_pings_while_paused(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("nightly", every="1h", manual_resume=True)
        await h.jobs.pause("nightly", ANN)
        received = await h.ping("nightly")
        assert received.kind is PingKind.IGNORED
        view = await h.job("nightly")
        assert view["status"] == "paused"
        assert "paused" in str(view["pings"][0]["reason"])


async def test_pings_of_a_removed_job_are_not_found(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("old", every="1h")
        await h.jobs.remove("old", ANN)
        assert (await h.ping("old")).answer is Answer.NOT_FOUND


async def test_a_changed_job_is_judged_by_its_new_definition_at_once(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("picky", every="1h")
        await h.ping("picky", method="GET")
        await h.jobs.edit("picky", {"methods": "POST"}, ANN)
        received = await h.ping("picky", method="GET")
        assert received.kind is PingKind.IGNORED


async def test_a_slot_that_is_ok_is_not_merged_afterwards(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        await h.advance(hours=1)
        # a start that its end has overtaken, and the next run in its time
        await h.ping("backup")
        await h.ping("backup", "start")
        await h.advance(hours=1)
        await h.ping("backup", "start")
        await h.ping("backup")
        view = await h.job("backup")
        assert [slot["outcome"] for slot in view["slots"]] == ["ok", "ok"]


async def test_of_a_rid_that_is_used_for_ever_one_run_is_loaded(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        for _ in range(4):
            await h.ping("backup", "start", rid=RID)
            await h.ping("backup", rid=RID)
            await h.advance(hours=1)

        async def find(q: Queries) -> list[Run]:
            return await storage.runs.relevant(q, [JobId(1)], [RID])

        (loaded,) = await h.db.read(find)
        (newest, *older) = (await h.job("backup"))["runs"]
        assert (loaded.id, len(older)) == (newest["id"], 3)
