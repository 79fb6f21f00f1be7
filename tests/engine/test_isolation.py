"""A receiver that is cut off holds the misses of remote jobs."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.house import ANN, House, house

ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.1")


async def three(h: House) -> None:
    """Three jobs on two other machines, and one on this, all due at 04:00."""
    for number, address in enumerate(ADDRESSES):
        await h.add(f"far-{number}", cron="0 * * * *", grace="5m")
        await h.ping(f"far-{number}", address=address)
    await h.add("near", cron="0 * * * *", grace="5m")
    await h.ping("near", address="127.0.0.1")


async def test_without_evidence_of_our_own_it_is_a_storm(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        await h.advance(hours=1, minutes=6)
        assert h.log.kinds() == ["storm"]
        assert len(await h.incidents()) == 4


async def test_with_evidence_the_remote_ones_wait_and_that_is_said_once(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.health.report("network", "the outward heartbeat reaches nobody")
        await h.advance(hours=1, minutes=6)
        for _ in range(30):
            await h.advance(minutes=1)
        assert [i["job"] for i in await h.incidents()] == ["near"]
        assert sorted(h.log.kinds()) == ["cut_off", "opened"]
        assert (await h.job("far-0"))["late"] is True


async def test_the_jobs_that_wait_and_the_evidence_are_named(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.link.lost()
        await h.advance(hours=1, minutes=6)
        (said,) = [str(o) for o in h.log.taken if o.kind == "cut_off"]
        assert "3 of 4 jobs that were due miss (far-0, far-1, far-2)" in said
        assert "and Discord is silent; their misses wait" in said


async def test_a_blink_of_discord_is_no_evidence(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        await h.advance(hours=1, minutes=4, seconds=50)
        h.engine.link.lost()
        await h.advance(seconds=20)
        h.engine.link.connected(1)
        await h.advance(minutes=1)
        assert h.log.kinds() == ["storm"]
        assert len(await h.incidents()) == 4


async def test_a_discord_that_answers_is_no_evidence(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.link.lost()
        await h.advance(seconds=20)
        # the token was revoked: that is a fault, and the network works
        h.engine.link.lost(answers=True)
        h.engine.health.report("discord", "the token is refused")
        await h.advance(hours=1, minutes=6)
        assert h.log.kinds() == ["storm"]
        assert len(await h.incidents()) == 4


async def test_when_it_is_over_they_have_one_more_period(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.link.lost()
        await h.advance(hours=1, minutes=6)
        await h.ping("far-0", address=ADDRESSES[0])
        await h.settle()
        assert h.log.kinds()[-1] == "(cut_off_over)"
        h.engine.link.connected(1)
        await h.advance(minutes=50)
        assert {i["job"] for i in await h.incidents()} == {"near"}
        assert (await h.job("far-0"))["slots"][0]["outcome"] == "ok"
        await h.ping("far-1", address=ADDRESSES[1])
        await h.advance(minutes=20)
        jobs = {i["job"] for i in await h.incidents()}
        assert "far-2" in jobs, "one period and grace after the end"
        opened = [i["opened_at"] for i in await h.incidents() if i["job"] == "far-2"]
        assert opened == ["2026-11-23T05:11:00Z"]


async def test_the_evidence_that_goes_away_ends_it_too(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.link.lost()
        await h.advance(hours=1, minutes=6)
        h.engine.link.connected(1)
        await h.settle()
        assert "(cut_off_over)" in h.log.kinds()


async def test_it_goes_on_over_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.link.lost()
        await h.advance(hours=1, minutes=6)
        clock = h.clock
    async with house(tmp_path, clock=clock) as h:
        h.engine.link.lost()
        await h.advance(minutes=10)
        assert {i["job"] for i in await h.incidents()} == {"near"}
        assert "cut_off" not in h.log.kinds()


async def test_a_remote_ping_before_a_restart_counts_as_well(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await three(h)
        await h.add("other", every="10h")
        await h.advance(hours=1, minutes=1)
        await h.ping("other", address="198.51.100.9")
        clock = h.clock
    async with house(tmp_path, clock=clock) as h:
        h.engine.link.lost()
        await h.advance(minutes=5)
        assert "cut_off" not in h.log.kinds()
        assert len(await h.incidents()) == 4


async def test_a_remote_ping_meanwhile_says_that_it_is_no_isolation(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.link.lost()
        await h.add("other", every="10h")
        await h.advance(hours=1, minutes=1)
        await h.ping("other", address="198.51.100.9")
        await h.advance(minutes=5)
        assert h.log.kinds() == ["storm"]
        assert len(await h.incidents()) == 4


@pytest.mark.parametrize("how", ["edit", "pause", "ping", "remove"])
async def test_what_waits_is_missed_by_nobody_who_comes_before_the_watchdog(
    tmp_path: Path, how: str
) -> None:
    async with house(tmp_path) as h:
        await three(h)
        h.engine.link.lost()
        await h.advance(hours=1, minutes=6)
        h.clock.advance(timedelta(seconds=61))
        match how:
            case "edit":
                await h.jobs.edit("far-0", {"description": "of the archive"}, ANN)
            case "pause":
                await h.jobs.pause("far-0", ANN)
            case "ping":
                await h.ping("far-0", address=ADDRESSES[0])
            case _:
                await h.jobs.remove("far-0", ANN)
        await h.settle()
        assert {i["job"] for i in await h.incidents()} == {"near"}
