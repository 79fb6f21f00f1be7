"""One row that breaks a rule does not stop the others."""

import asyncio
from pathlib import Path

import pytest

from storage.database import Transaction
from tests.engine.house import House, house
from tests.fake_places import FakePlace
from tests.fakes import FakeClock


async def spoil(home: House, sql: str) -> None:
    """Change rows behind the back of everybody."""

    async def unit(tx: Transaction) -> None:
        await tx.execute(sql)

    await home.db.write(unit)


def parked(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.message
        for record in caplog.records
        if record.__dict__.get("action") == "row_parked"
    ]


@pytest.mark.parametrize(
    "definition", ["no json", "{}", '{"slug": "bad", "every": []}']
)
async def test_pings_of_a_broken_job_do_not_stop_the_others(
    tmp_path: Path, definition: str
) -> None:
    async with house(tmp_path) as home:
        for slug in ("bad", "good", "better"):
            await home.add(slug, every="1h")
        sql = "UPDATE jobs SET definition = '{}', revision = 9 WHERE slug = 'bad'"
        await spoil(home, sql.replace("{}", definition))
        slugs = ["good", "bad", "better"] * 20
        answers = await asyncio.gather(
            *(home.ping(slug) for slug in slugs), return_exceptions=True
        )
        for slug, answer in zip(slugs, answers, strict=True):
            assert isinstance(answer, Exception) is (slug == "bad"), answer
        for slug in ("good", "better"):
            assert len((await home.job(slug))["pings"]) == 20


@pytest.mark.parametrize(
    "change", ["snapshot = 'no json'", "kind = 'of a later version'"]
)
async def test_a_broken_notification_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    async with house(tmp_path, webhook=True) as home:
        for slug in ("bad", "good"):
            await home.add(slug, every="1h")
            await home.ping(slug, "fail")
        await spoil(home, f"UPDATE notifications SET {change} WHERE id = 1")
        await home.settle()
        for notifier in home.notifiers.values():
            assert [o.notification_id for o in notifier.taken] == [2]
        assert len(parked(caplog)) == len(home.notifiers)
        await home.advance(hours=3)
        assert len(parked(caplog)) == len(home.notifiers)


async def test_a_broken_card_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    place = FakePlace(clock)
    async with house(tmp_path, clock=clock, place=place) as home:
        for slug in ("bad", "good"):
            await home.add(slug, every="1h")
            await home.ping(slug, "fail")
        await spoil(home, "UPDATE incidents SET kind = 'odd' WHERE id = 1")
        await home.settle()
        assert parked(caplog) == [
            "the card of incident 1 in discord cannot be read and is left alone"
        ]
        row = await home.db.read(
            lambda q: q.fetch_all("SELECT message_id FROM cards ORDER BY incident_id")
        )
        assert row[0][0] is None
        assert row[1][0] is not None
