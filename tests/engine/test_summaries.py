"""One report for each local day and week, whatever happens around the moment."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core import summary_dues, summary_views
from bot.core.kinds import NotificationKind, Outcome
from bot.core.models import Outgoing
from bot.core.periods import PeriodKind
from bot.core.summaries import Report
from bot.engine.report_facts import Gatherer
from bot.errors import Unavailable
from tests.engine.house import House, house
from tests.fakes import FakeClock

DAILY = summary_dues.plan("00:30", "never", "mon", "UTC", ())
BERLIN = summary_dues.plan("02:30", "never", "mon", "Europe/Berlin", ())
BOTH = summary_dues.plan("00:30", "00:30", "mon", "UTC", ())
#: an hour before the day is over; the first one reported is Sunday 22 November
EVENING = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)


def posted(town: House) -> list[Outgoing]:
    """What the log was told of days and weeks."""
    return [e for e in town.log.taken if e.kind is NotificationKind.SUMMARY]


def report_in(outgoing: Outgoing) -> Report:
    """The report in a notification."""
    view = outgoing.snapshot["report"]
    assert isinstance(view, Mapping)
    return summary_views.report_from(view)


def labels(town: House) -> list[str]:
    """The local dates that were reported, in order."""
    return [str(report_in(each).period.label) for each in posted(town)]


async def test_a_day_is_told_once_at_its_time_with_what_changed(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", cron="*/10 * * * *", grace="1m")
        await town.add("idle", cron="30 12 * * *")
        await town.ping("backup")
        await town.advance(minutes=89)
        assert posted(town) == []
        await town.advance(minutes=1)
        (told,) = posted(town)
        report = report_in(told)
        assert str(report.period.label) == "2026-11-22"
        assert not told.sounds
        assert not report.lateness.is_late
        (fact,) = report.new.facts
        assert (fact.slug, fact.opened_at) == (
            "backup",
            EVENING + timedelta(minutes=11),
        )
        assert report.totals.outcomes == {Outcome.MISSED: 5}
        assert [each.slug for each in report.never_seen] == ["idle"]
        assert str(told.snapshot["text"]).startswith("Sun 2026-11-22: 1 job is down")
        await town.advance(minutes=30)
        assert len(posted(town)) == 1


async def test_nothing_is_posted_without_a_job(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.advance(hours=1, minutes=20)
        # it was not there on the day that is reported
        await town.add("late", every="1h")
        await town.advance(minutes=20)
        assert posted(town) == []
        assert await town.engine.summaries.list() == []


async def test_days_before_the_first_job_are_not_said_to_be_missing(
    tmp_path: Path,
) -> None:
    clock = FakeClock(EVENING - timedelta(days=4))
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        clock.stall(timedelta(days=4))
        await town.settle()
        await town.add("backup", every="30d")
        await town.ping("backup")
        await town.advance(minutes=95)
        (told,) = posted(town)
        report = report_in(told)
        assert str(report.period.label) == "2026-11-22"
        assert report.lateness.skipped == ()
        assert "not posted at all" not in str(told.snapshot)


async def test_a_report_after_one_that_waited_in_vain_waits_as_well(
    tmp_path: Path,
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", cron="59 23 * * *", grace="31m")
        await town.ping("backup")
        await town.advance(minutes=89)
        summaries = town.engine.summaries
        for _ in range(4):
            clock.advance(timedelta(seconds=50))
            await summaries.step()
        assert len(await summaries.list()) == 1
        await town.settle()
        await town.advance(hours=23, minutes=57)
        clock.advance(timedelta(seconds=100))
        await summaries.step()
        assert len(await summaries.list()) == 1
        await town.settle()
        assert len(await summaries.list()) == 2


async def test_after_a_restart_it_is_not_posted_again(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="1h")
        await town.advance(minutes=90)
        assert labels(town) == ["2026-11-22"]
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.advance(minutes=5)
        assert labels(town) == []
        (stored,) = await town.engine.summaries.list()
        assert stored["date"] == "2026-11-22"


@pytest.mark.parametrize("clean", [True, False])
async def test_away_when_it_is_due_it_comes_late_and_says_why(
    tmp_path: Path, *, clean: bool
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY, clean=clean) as town:
        await town.add("backup", every="1h")
        await town.ping("backup")
        await town.advance(minutes=60)
    clock.stall(timedelta(hours=2))
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.advance(minutes=2)
        (told,) = posted(town)
        report = report_in(told)
        assert report.lateness.is_late
        reason = "stopped" if clean else "without a stop"
        assert reason in report.lateness.why
        assert report.lateness.skipped == ()


async def test_of_several_missed_days_the_newest_comes_and_names_the_others(
    tmp_path: Path,
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY, clean=True) as town:
        await town.add("backup", every="1h")
        await town.advance(minutes=60)
    clock.stall(timedelta(days=3))
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.advance(minutes=31)
        (told,) = posted(town)
        report = report_in(told)
        assert str(report.period.label) == "2026-11-25"
        skipped = [str(each) for each in report.lateness.skipped]
        assert skipped == ["2026-11-24", "2026-11-23", "2026-11-22"]


@pytest.mark.parametrize(
    ("begin", "until", "expected"),
    [
        # 02:30 is left out on 29 March, and comes twice on 25 October
        ("2026-03-28T00:50", 50, ["2026-03-27", "2026-03-28", "2026-03-29"]),
        ("2026-10-24T00:10", 51, ["2026-10-23", "2026-10-24", "2026-10-25"]),
    ],
)
async def test_where_clocks_change_each_day_is_told_once(
    tmp_path: Path, begin: str, until: int, expected: list[str]
) -> None:
    clock = FakeClock(datetime.fromisoformat(begin).replace(tzinfo=UTC))
    clock.advance(timedelta(days=-2))
    async with house(tmp_path, clock=clock, summaries=BERLIN) as town:
        await town.add("backup", every="30d")
        clock.stall(timedelta(days=1, hours=23))
        for _ in range(until * 4):
            clock.stall(timedelta(minutes=15))
            await town.settle()
        told = labels(town)
        assert told[-3:] == expected
        assert len(set(told)) == len(told)
        lengths = [report_in(each).period.length for each in posted(town)]
        hours = 23 if "03" in expected[0] else 25
        assert lengths[-1] == timedelta(hours=hours)


async def test_a_clock_that_was_set_back_tells_nothing_twice(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")
        await town.advance(minutes=95)
        assert labels(town) == ["2026-11-22"]
        clock.step(timedelta(hours=-3))
        for _ in range(8):
            await town.advance(minutes=30)
        assert labels(town) == ["2026-11-22"]


async def test_what_was_told_under_another_setting_is_not_told_again(
    tmp_path: Path,
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")
        await town.advance(minutes=95)
        assert labels(town) == ["2026-11-22"]
    later = summary_dues.plan("01:00", "never", "mon", "UTC", ())
    async with house(tmp_path, clock=clock, summaries=later) as town:
        await town.advance(minutes=40)
        assert labels(town) == []


async def test_reports_that_were_not_wanted_are_not_owed_later(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")
    async with house(tmp_path, clock=clock) as town:
        clock.stall(timedelta(days=3))
        await town.settle()
        assert labels(town) == []
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.settle()
        assert labels(town) == []
        await town.advance(minutes=95)
        assert labels(town) == ["2026-11-25"]


async def test_on_mondays_the_week_is_told_after_the_day(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=BOTH) as town:
        await town.add("backup", every="30d")
        await town.advance(minutes=95)
        periods = [report_in(each).period for each in posted(town)]
        assert [(each.kind, str(each.label)) for each in periods] == [
            (PeriodKind.DAY, "2026-11-22"),
            (PeriodKind.WEEK, "2026-11-16"),
        ]
        found = await town.engine.summaries.list(kind=PeriodKind.WEEK)
        assert [each["date"] for each in found] == ["2026-11-16"]


@pytest.mark.parametrize("committed", [False, True])
async def test_killed_around_the_commit_it_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")
        await town.advance(minutes=89)
        write = town.db.write

        async def dying(unit: Any) -> Any:
            if "Summaries._write" not in unit.__qualname__:
                return await write(unit)
            if committed:
                await write(unit)
            raise asyncio.CancelledError

        monkeypatch.setattr(town.db, "write", dying)
        clock.advance(timedelta(minutes=2))
        with pytest.raises(asyncio.CancelledError):
            await town.engine.summaries.step()
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.advance(minutes=1)
        # what was committed is delivered by whoever comes after
        assert labels(town) == ["2026-11-22"]
        assert len(await town.engine.summaries.list()) == 1


async def test_one_that_cannot_be_made_is_tried_again_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")

        async def broken(gatherer: Gatherer) -> Report:
            raise ValueError("no")

        with monkeypatch.context() as patched:
            patched.setattr(Gatherer, "gather", broken)
            await town.advance(minutes=95)
        assert labels(town) == []
        actions = [getattr(each, "action", "") for each in caplog.records]
        assert actions.count("summary_failed") == 1
        await town.advance(minutes=4)
        assert labels(town) == []
        await town.advance(minutes=10)
        assert labels(town) == ["2026-11-22"]
        assert report_in(posted(town)[0]).lateness.why


async def test_while_the_store_refuses_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")
        await town.advance(minutes=89)

        async def full(gatherer: Gatherer) -> Report:
            raise Unavailable("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(Gatherer, "gather", full)
            clock.advance(timedelta(minutes=2))
            with pytest.raises(Unavailable):
                await town.engine.summaries.step()
        await town.settle()
        assert labels(town) == ["2026-11-22"]


async def test_deadlines_that_have_passed_are_judged_first(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", cron="59 23 * * *", grace="31m")
        await town.ping("backup")
        await town.advance(minutes=89, seconds=59)
        clock.advance(timedelta(seconds=2))
        summaries = town.engine.summaries
        assert not await summaries.step()
        assert await summaries.list() == []
        await town.settle()
        (told,) = posted(town)
        # its deadline was after midnight
        assert [each.slug for each in report_in(told).later] == ["backup"]


async def test_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", cron="59 23 * * *", grace="31m")
        await town.ping("backup")
        await town.advance(minutes=89)
        summaries = town.engine.summaries
        for _ in range(4):
            clock.advance(timedelta(seconds=50))
            await summaries.step()
        assert len(await summaries.list()) == 1
