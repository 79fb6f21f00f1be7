"""Jobs that drift: told once, and over when their runs are as usual."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

import storage.habits
import storage.runs
from bot.core.drift import Measure
from bot.core.kinds import JobId, MuteScope, Outcome, RunId
from bot.core.models import Run
from storage.database import Database
from storage.queries import Transaction
from tests.engine.house import ANN, House, house
from tests.fakes import FakeClock

USUAL = (5.0, 5.2, 4.8, 5.1, 4.9)


async def ran(here: House, minutes: float, *, end: str = "success") -> None:
    """A run that takes so long, and the time until the next one."""
    await here.ping("backup", "start")
    here.clock.advance(timedelta(minutes=minutes))
    await here.ping("backup", end)
    await here.advance(days=1, minutes=-minutes)


async def lived(here: House, days: int = 30, **fields: object) -> None:
    """A daily job with a habit, which wants to know of drift."""
    settings = {"every": "1d", "grace": "12h", "alert_on_drift": True, **fields}
    await here.add("backup", **settings)
    now = here.clock.now()
    runs = []
    for day in range(1, days + 1):
        started_at = now - timedelta(days=day)
        run = Run(
            id=RunId(1_000_000 - day),
            job_id=JobId(1),
            started_at=started_at,
            deadline_at=started_at + timedelta(hours=2),
            ended_at=started_at + timedelta(minutes=USUAL[day % len(USUAL)]),
            outcome=Outcome.OK,
        )
        runs.append(run)
    await here.db.write(lambda tx: tx.change([storage.runs.changes(runs)]))
    await ran(here, 5)


def sounds(here: House) -> list[str]:
    """What was told with a sound."""
    return [each for each in here.log.kinds() if not each.startswith("(")]


async def habits(db: Database) -> set[Measure]:
    return set(await db.read(lambda q: storage.habits.learnt(q, JobId(1))))


async def test_slower_and_slower_runs_open_one_incident(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await lived(here)
        assert await here.incidents() == []
        for _ in range(8):
            await ran(here, 31)
        (incident,) = await here.incidents()
        assert incident["kind"] == "drift"
        assert incident["note"].startswith("took 31 min, normally 4 to 6 min")
        assert sounds(here) == ["opened"]
        assert (await here.job("backup"))["status"] == "up"


async def test_usual_runs_end_it(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await lived(here)
        for _ in range(5):
            await ran(here, 31)
        for _ in range(3):
            (incident,) = await here.incidents()
            assert incident["status"] == "open"
            await ran(here, 5)
        (incident,) = await here.incidents()
        assert incident["resolution"] == "as usual again"


async def test_a_new_level_becomes_the_habit_and_ends_it(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await lived(here)
        for _ in range(12):
            await ran(here, 31)
        (incident,) = await here.incidents()
        assert incident["resolution"] == "as usual again"
        assert sounds(here) == ["opened"]


async def test_a_job_that_does_not_ask_tells_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await lived(here, alert_on_drift=False)
        for _ in range(6):
            await ran(here, 31)
        assert await here.incidents() == []
        assert await habits(here.db) == set()


async def test_reports_that_come_later_drift_too(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        fields: dict[str, object] = {"cron": "0 3 * * *", "grace": "12h"}
        await here.add("backup", alert_on_drift=True, **fields)
        await here.advance(hours=24 - here.clock.now().hour + 3)
        for late in (*(1, 2) * 10, *(90,) * 6):
            here.clock.advance(timedelta(minutes=late))
            await here.ping("backup")
            await here.settle()
            await here.advance(days=1, minutes=-late)
        (incident,) = await here.incidents()
        assert incident["note"].startswith("came 1 h")
        assert await habits(here.db) == {Measure.LATENESS}


async def test_after_a_kill_it_is_not_told_again(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as here:
        await lived(here)
        for _ in range(5):
            await ran(here, 31)
        uuids = here.uuids
        assert sounds(here) == ["opened"]
    for _ in range(2):
        async with house(tmp_path, clock=clock) as here:
            here.uuids = uuids
            await here.advance(minutes=1)
            await ran(here, 31)
            assert len(await here.incidents()) == 1
            assert sounds(here) == []


async def test_what_was_not_looked_at_before_a_kill_is_afterwards(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as here:
        await lived(here)
        uuids = here.uuids
        for _ in range(5):
            await here.ping("backup", "start")
            clock.advance(timedelta(minutes=31))
            await here.ping("backup")
            clock.advance(timedelta(hours=23))
        assert await here.incidents() == []
    async with house(tmp_path, clock=clock) as here:
        here.uuids = uuids
        await here.advance(minutes=1)
        (incident,) = await here.incidents()
        assert incident["kind"] == "drift"


async def test_a_failure_worsens_it_and_the_end_of_that_begins_anew(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        await lived(here)
        for _ in range(5):
            await ran(here, 31)
        await ran(here, 31, end="fail")
        (incident,) = await here.incidents()
        assert (incident["kind"], incident["status"]) == ("failed", "open")
        assert sounds(here) == ["opened", "worsened"]
        await ran(here, 31)
        (incident,) = await here.incidents()
        assert incident["resolution"] == "recovered"


@pytest.mark.parametrize("resolved", [False, True])
async def test_what_a_person_resolved_must_drift_anew(
    tmp_path: Path, resolved: bool
) -> None:
    async with house(tmp_path) as here:
        await lived(here)
        for _ in range(4):
            await ran(here, 31)
        (incident,) = await here.incidents()
        if resolved:
            await here.engine.incidents.resolve(incident["id"], ANN)
        await ran(here, 31)
        (incident,) = await here.incidents()
        assert incident["status"] == ("resolved" if resolved else "open")


async def test_a_muted_drift_sounds_once_when_the_mute_ends(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await lived(here)
        length = timedelta(days=6)
        mutes = here.engine.mutes
        await mutes.add(MuteScope.JOB, "backup", duration=length, actor=ANN)
        for _ in range(5):
            await ran(here, 31)
        assert sounds(here) == []
        await here.advance(days=1)
        assert sounds(here) == ["opened"]


async def test_a_row_that_breaks_a_rule_is_left_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await lived(here)
        drifts = next(each for each in here.engine.loops if each.name == "drifts")

        async def damage(tx: Transaction) -> None:
            sql = "UPDATE habits SET measure = 'colour'"
            await tx.execute(sql)

        await here.db.write(damage)
        for _ in range(2):
            await here.ping("backup")
            await here.advance(minutes=1)
        assert not await drifts.step()
        assert await here.incidents() == []


async def measured(db: Database) -> dict[Measure, Sequence[float]]:
    found = await db.read(lambda q: storage.habits.samples(q, JobId(1), 100))
    return {
        measure: [each.value for each in samples] for measure, samples in found.items()
    }


async def test_what_is_measured(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.add("backup", cron="0 * * * *", grace="30m", min_runtime="10s")
        await here.advance(hours=1, minutes=-here.clock.now().minute)
        here.clock.advance(timedelta(minutes=2))
        await here.ping("backup", "start")
        here.clock.advance(timedelta(minutes=3))
        await here.ping("backup")
        # it fails, and it ends too soon: neither says how long it usually takes
        await here.advance(minutes=57)
        await here.ping("backup", "start")
        await here.ping("backup", "fail")
        await here.advance(hours=1)
        await here.ping("backup", "start")
        await here.ping("backup")
        # an end alone
        await here.advance(minutes=59)
        await here.ping("backup")
        found = await measured(here.db)
        assert found[Measure.DURATION] == [180]
        assert len(found[Measure.LATENESS]) >= 3
