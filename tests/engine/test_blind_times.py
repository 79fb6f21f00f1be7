"""A blind time is told once, and what turns unknown because of it is never silent."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.engine.house import House, house
from tests.fakes import FakeClock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def said(h: House) -> list[str]:
    """What the log was told of Cronitor itself."""
    return [str(o.snapshot["text"]) for o in h.log.taken if "text" in o.snapshot]


async def outcomes(h: House, slug: str) -> list[str]:
    """What became of the slots, the newest first."""
    return [slot["outcome"] for slot in (await h.job(slug))["slots"]]


async def crashed(path: Path, length: timedelta, **job: Any) -> FakeClock:
    """A house with one job that has reported, and that ends without a word."""
    async with house(path) as h:
        await h.add("backup", **job)
        await h.ping("backup")
        h.clock.advance(length)
        return h.clock


async def test_a_crash_makes_slots_unknown_and_is_told_once(tmp_path: Path) -> None:
    clock = await crashed(tmp_path, 2 * HOUR, cron="0 * * * *", grace="5m")
    async with house(tmp_path, clock=clock) as h:
        await h.settle()
        await h.advance(minutes=1)
        assert h.log.kinds() == ["blind"]
        (text,) = said(h)
        assert text.startswith("blind 03:00-05:00 UTC (2h): Cronitor ended without")
        assert text.endswith("; unknown: backup 04:00")
        assert await h.incidents() == []
        job = await h.job("backup")
        assert (job["status"], job["unknown"]) == ("up", True)
    async with house(tmp_path, clock=clock) as h:
        await h.settle()
        assert h.log.kinds() == []


async def test_a_short_one_is_told_when_the_first_slot_turns_unknown(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="30m")
        await h.ping("backup")
        await h.advance(minutes=59, seconds=55)
        h.clock.stall(timedelta(seconds=10))
        await h.settle()
        await h.advance(minutes=29)
        assert h.log.kinds() == []
        await h.advance(minutes=2)
        assert h.log.kinds() == ["blind"]
        assert said(h)[0].endswith("unknown: backup 04:00")


async def test_a_short_one_that_hides_nothing_is_never_told(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        h.clock.stall(timedelta(seconds=10))
        await h.advance(minutes=50)
        assert h.log.kinds() == []


async def test_what_turns_unknown_later_is_told_in_batches(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for slug, grace in (("a", "1m"), ("b", "10m"), ("c", "11m"), ("d", "30m")):
            await h.add(slug, cron="0 * * * *", grace=grace)
            await h.ping(slug)
        await h.advance(minutes=59)
        h.clock.stall(2 * MINUTE + timedelta(seconds=5))
        await h.settle()
        assert h.log.kinds() == ["blind"]
        assert said(h)[0].endswith("unknown: a 04:00")
        for _ in range(40 * 6):
            await h.advance(seconds=10)
        assert h.log.kinds() == ["blind", *["blind_unknown"] * 3]
        assert [text.rpartition("; ")[2] for text in said(h)[1:]] == [
            "unknown now as well: b 04:00",
            "unknown now as well: c 04:00",
            "unknown now as well: d 04:00",
        ]


async def test_what_turns_unknown_within_a_minute_is_told_together(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        for number in range(5):
            await h.add(f"job-{number}", cron="0 * * * *", grace=600 + 10 * number)
            await h.ping(f"job-{number}")
        await h.advance(minutes=59)
        h.clock.stall(MINUTE + timedelta(seconds=5))
        await h.settle()
        for _ in range(20 * 12):
            await h.advance(seconds=5)
        assert h.log.kinds() == ["blind", "blind_unknown", "blind_unknown"]
        assert "job-0 04:00" in said(h)[1]
        assert said(h)[2].count("job-") == 4


async def test_pings_that_come_again_prove_their_slots(tmp_path: Path) -> None:
    clock = await crashed(tmp_path, HOUR + MINUTE, cron="0 * * * *", grace="5m")
    async with house(tmp_path, clock=clock) as h:
        h.uuids["backup"] = (await h.job("backup"))["uuid"]
        await h.ping("backup")
        await h.settle()
        assert said(h)[0].endswith("; proven ok: backup 04:00")
        assert await outcomes(h, "backup") == ["ok"]


async def test_a_ping_right_after_the_return_is_judged_by_the_same_rule(
    tmp_path: Path,
) -> None:
    """It may be read before any loop has looked at the clocks."""
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        h.clock.suspend(HOUR + 10 * MINUTE)
        await h.ping("backup")
        assert await h.incidents() == []
        await h.settle()
        assert said(h)[0].endswith("proven ok: backup 04:00")
        assert await outcomes(h, "backup") == ["late"]


async def test_the_evidence_that_comes_later_is_kept(tmp_path: Path) -> None:
    clock = await crashed(tmp_path, 90 * MINUTE, cron="0 * * * *", grace="5m")
    async with house(tmp_path, clock=clock) as h:
        h.uuids["backup"] = (await h.job("backup"))["uuid"]
        await h.settle()
        await h.ping("backup", "fail")
        (found,) = await h.blind_times()
        (slots,) = found["slots"]
        assert slots["outcome"] == "failed"
        assert found["told_at"] == "2026-11-23T04:30:00Z"
        (incident,) = await h.incidents()
        assert incident["kind"] == "failed"


async def test_a_run_that_may_have_ended_unseen_is_named(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("etl", max_runtime="10m")
        await h.ping("etl", "start")
        h.clock.stall(20 * MINUTE)
        await h.settle()
        assert await h.incidents() == []
        assert said(h)[0].endswith("unknown: etl 03:00")
        await h.ping("etl")
        (found,) = await h.blind_times()
        (slots,) = found["slots"]
        assert slots["outcome"] == "late"


async def test_it_is_told_though_a_row_cannot_be_judged(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        h.clock.stall(2 * HOUR)
        teller = next(loop for loop in h.engine.loops if loop.name == "blind times")
        pulse = next(loop for loop in h.engine.loops if loop.name == "pulse")
        await pulse.step()
        assert not await teller.step()
        at = await h.engine.blind_times.next_at()
        assert at is not None
        assert at > h.clock.now()
        h.clock.advance(timedelta(seconds=4))
        assert not await teller.step()
        h.clock.advance(timedelta(seconds=2))
        assert await teller.step()
        assert await h.engine.blind_times.next_at() is None


async def test_a_long_night_of_a_minutely_job_is_one_message(tmp_path: Path) -> None:
    clock = await crashed(tmp_path, 10 * HOUR, cron="* * * * *", grace="0s")
    async with house(tmp_path, clock=clock, webhook=True) as h:
        await h.settle()
        await h.advance(seconds=50)
        assert h.log.kinds() == ["blind"]
        assert h.notifiers["webhook"].kinds() == ["blind"]
        assert "backup 599 times 03:01 to 12:59" in said(h)[0]
