"""One report for each local day and week, whatever happens around the moment."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core import summary_dues, summary_views
from bot.core.kinds import NotificationKind, Outcome
from bot.core.models import Outgoing
from bot.core.summaries import Report
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
