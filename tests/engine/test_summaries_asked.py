"""Reports that are asked for, told to places with cards, and kept."""

from datetime import date, timedelta
from pathlib import Path

import pytest

import storage.notifications
from bot.core import summary_dues
from bot.core.kinds import NotificationKind
from bot.core.models import Outgoing
from bot.core.periods import PeriodKind
from bot.errors import Invalid, NotFound
from storage.queries import Queries, Transaction
from tests.engine.house import house
from tests.engine.test_summaries import DAILY, EVENING, labels
from tests.fake_places import FakePlace
from tests.fakes import FakeClock


async def test_a_place_with_cards_is_told_silently_and_after_all_else(
    tmp_path: Path,
) -> None:
    clock = FakeClock(EVENING)
    place = FakePlace(clock)
    async with house(tmp_path, clock=clock, place=place, summaries=DAILY) as town:
        await town.add("backup", every="30d")
        await town.advance(minutes=95)
        (told,) = [each for each in place.messages.values() if each.what == "summary"]
        assert told.silent
        assert told.text.startswith("Sun 2026-11-22: ")


async def test_other_notices_go_before_reports(tmp_path: Path) -> None:
    async with house(tmp_path, place=FakePlace(FakeClock())) as town:

        async def unit(tx: Transaction) -> None:
            ledger = town.engine.summaries._context.ledger
            for kind in (NotificationKind.SUMMARY, NotificationKind.STORAGE_LOST):
                await ledger.announce(tx, kind, str(kind), town.clock.now())

        await town.db.write(unit)

        async def find(q: Queries) -> list[Outgoing]:
            return await storage.notifications.notices(
                q, town.place.name, town.clock.now(), busy=[], limit=9
            )

        found = await town.db.read(find)
        kinds = [each.kind for each in found]
        assert kinds == [NotificationKind.STORAGE_LOST, NotificationKind.SUMMARY]


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (date(2026, 11, 24), "still to come"),
        (date(1969, 1, 1), "out of range"),
        (date(9000, 1, 1), "out of range"),
    ],
)
async def test_days_of_which_nothing_can_be_said_are_refused(
    tmp_path: Path, label: date, reason: str
) -> None:
    async with house(tmp_path) as town:
        with pytest.raises(Invalid, match=reason):
            await town.engine.summaries.view(PeriodKind.DAY, label)


async def test_a_day_that_a_zone_left_out_is_refused(tmp_path: Path) -> None:
    apia = summary_dues.plan("08:00", "never", "mon", "Pacific/Apia", ())
    async with house(tmp_path, summaries=apia) as town:
        with pytest.raises(Invalid, match="there is no 2011-12-30"):
            await town.engine.summaries.view(PeriodKind.DAY, date(2011, 12, 30))


async def test_a_report_is_shown_as_it_was_posted_or_as_of_now(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", cron="*/10 * * * *", grace="1m")
        await town.ping("backup")
        await town.advance(minutes=95)
        summaries, label = town.engine.summaries, date(2026, 11, 22)
        await town.ping("backup")
        await town.settle()
        stored = await summaries.view(PeriodKind.DAY, label)
        assert stored["is_stored"] is True
        assert str(stored["headline"]).startswith("1 job is down")
        anew = await summaries.view(PeriodKind.DAY, label, anew=True)
        assert anew["is_stored"] is False
        assert str(anew["headline"]).startswith("1 recovered")
        assert summaries.today() == date(2026, 11, 23)


async def test_days_of_a_job_are_between_one_and_a_year(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("backup", every="1h")
        for days in (0, 366):
            with pytest.raises(Invalid, match="days"):
                await town.engine.summaries.job("backup", days)
        with pytest.raises(NotFound, match="no job 'etl'"):
            await town.engine.summaries.job("etl", 30)


async def test_reports_are_kept_as_long_as_runs(tmp_path: Path) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")
        await town.advance(minutes=95)
        kept = await town.engine.summaries.list()
        clock.stall(timedelta(days=364))
        await town.settle()
        assert (await town.engine.summaries.list())[-1] == kept[0]
        clock.stall(timedelta(days=2))
        await town.settle()
        dates = [each["date"] for each in await town.engine.summaries.list()]
        assert "2026-11-22" not in dates
        assert dates


async def test_a_report_is_written_and_told_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(EVENING)
    async with house(tmp_path, clock=clock, summaries=DAILY) as town:
        await town.add("backup", every="30d")

        async def full(*args: object, **more: object) -> None:
            raise ValueError("no")

        with monkeypatch.context() as patched:
            ledger = town.engine.summaries._context.ledger
            patched.setattr(type(ledger), "announce", full)
            await town.advance(minutes=92)
        assert await town.engine.summaries.list() == []
        await town.advance(minutes=11)
        assert labels(town) == ["2026-11-22"]
