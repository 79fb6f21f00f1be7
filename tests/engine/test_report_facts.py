"""What the report of a day says of jobs on a real database."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.core.kinds import MuteScope, Outcome
from bot.core.periods import PeriodKind
from bot.core.summaries import Report, Way
from bot.core.summary_dues import SummaryPlan
from tests.engine.house import ANN, House, house
from tests.fakes import T0, FakeClock

TODAY = date(2026, 11, 23)
BERLIN = SummaryPlan(zone="Europe/Berlin", posts={})
US = 1_000_000


async def today(town: House) -> Report:
    """The report of the day that goes on."""
    return await town.engine.summaries.report(PeriodKind.DAY, TODAY)


def us(at: datetime) -> int:
    """As the database has it."""
    return int(at.timestamp()) * US


async def test_slots_runs_and_lone_pings_are_counted_once(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("slots", cron="0 * * * *", grace="5m")
        await town.add("free")
        await town.advance(minutes=59, seconds=30)
        # a start and an end for the slot
        await town.ping("slots", "start")
        await town.ping("slots", "success")
        # without a schedule: a run, a lone success, a lone failure
        await town.ping("free", "start")
        await town.ping("free", "success")
        await town.ping("free", "success")
        await town.ping("free", "fail")
        await town.advance(minutes=20)
        # and one more run beside it
        await town.ping("slots", "start")
        await town.ping("slots", "success")
        await town.advance(minutes=30)
        report = await today(town)
        rows = {row.slug: row for row in report.timelines.rows}
        counts = {
            slug: {(c.column, c.outcome): c.count for c in row.cells}
            for slug, row in rows.items()
        }
        assert counts["slots"] == {(4, Outcome.OK): 2}
        assert counts["free"] == {(3, Outcome.OK): 2, (3, Outcome.FAILED): 1}
        assert report.totals.runs == 3
        assert report.totals.pings == 8
        assert report.totals.incidents == 1
        assert report.timelines.future_from == 5


async def test_columns_are_hours_of_the_zone(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    async with house(tmp_path, clock=clock, summaries=BERLIN) as town:
        await town.add("backup", cron="45 23 * * *", timezone="UTC", grace="5m")
        await town.advance(minutes=14, seconds=30)
        await town.ping("backup")
        await town.advance(minutes=1)
        report = await today(town)
        (row,) = report.timelines.rows
        # 00:45 in Berlin
        assert [cell.column for cell in row.cells] == [0]
        week = await town.engine.summaries.report(PeriodKind.WEEK, TODAY)
        (row,) = week.timelines.rows
        assert [cell.column for cell in row.cells] == [0]
        assert len(week.timelines.columns) == 28


async def test_what_silences_and_what_is_planned_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("backup", cron="*/10 * * * *", grace="1m", tags=["db"])
        await town.add("sync", every="1h")
        await town.add("idle", every="1h")
        await town.ping("backup")
        await town.ping("sync")
        await town.engine.mutes.add(
            MuteScope.TAG,
            "db",
            duration=timedelta(hours=6),
            reason="moving",
            actor=ANN,
        )
        await town.engine.maintenance.add(
            {"job": "sync", "for": "1h", "reason": "new disks"}, ANN
        )
        await town.engine.jobs.pause("idle", ANN)
        await town.advance(minutes=30)
        report = await today(town)
        (mute,) = report.muted
        assert (mute.target, mute.jobs, mute.down) == ("db", 1, ("backup",))
        (work,) = report.maintenance
        assert (work.target, work.jobs, work.reason) == ("sync", 1, "new disks")
        assert [each.slug for each in report.paused] == ["idle"]
        (fact,) = report.new
        assert "muted by ann" in fact.silenced_by
        rows = {row.slug: row for row in report.timelines.rows}
        assert rows["backup"].down == (3,)
        assert rows["backup"].muted == (3,)
        assert rows["sync"].maintained == (3,)


async def test_blind_times_are_told_with_what_is_unknown(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("backup", cron="0 * * * *", grace="5m")
        await town.ping("backup")
        town.clock.stall(timedelta(hours=2, minutes=30))
        await town.settle()
        report = await today(town)
        (blind,) = report.blind
        assert (blind.unknown, blind.jobs) == (2, ("backup",))
        assert report.timelines.blind == (3, 4, 5)
        assert report.totals.outcomes[Outcome.UNKNOWN] == 2


async def test_the_hours_ahead_are_counted(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("backup", cron="0 5 * * *")
        await town.add("sync", every="1h")
        await town.ping("sync")
        report = await today(town)
        hours = {each.start: each.dues for each in report.ahead.hours}
        assert hours[T0 + timedelta(hours=2)] == 2
        assert hours[T0 + timedelta(hours=1)] == 1
        assert report.ahead.left_out == 0


async def test_habits_are_learnt_from_the_days_before(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("slow", cron="0 2 * * *")
        await town.add("late", cron="0 2 * * *", grace="2h")
        await town.add("quiet")
        await town.add("steady", cron="0 2 * * *")
    with closing(sqlite3.connect(tmp_path / "cronitor.db")) as db, db:
        ids = dict(db.execute("SELECT slug, id FROM jobs"))
        for day in range(31):
            due = us(T0.replace(hour=2) - timedelta(days=day))
            is_today = day == 0
            for slug, took in (("slow", 31 if is_today else 5), ("steady", 5)):
                db.execute(
                    """INSERT INTO runs (job_id, started_at, due_at, ended_at, outcome)
                       VALUES (?, ?, ?, ?, 'ok')""",
                    (ids[slug], due, due, due + (took * 60 + day % 3) * US),
                )
            came = due + (5400 if is_today else 60 + day % 3) * US
            db.execute(
                """INSERT INTO slots (job_id, due_at, outcome, decided_at)
                   VALUES (?, ?, 'ok', ?)""",
                (ids["late"], due, came),
            )
        for day in range(31, 0, -1):
            for n in range(3 if day == 1 else 40):
                at = us(T0.replace(hour=2) - timedelta(days=day)) + n * US
                db.execute(
                    """INSERT INTO pings (job_id, at, kind, said, method, source,
                           address, agent)
                       VALUES (?, ?, 'success', 'success', 'GET', 'http', '', '')""",
                    (ids["quiet"], at),
                )
    async with house(tmp_path) as town:
        report = await today(town)
        said = {(fact.slug, fact.way): fact.text for fact in report.drifts}
        assert set(said) == {("slow", Way.SLOWER), ("late", Way.LATER)}
        assert said["slow", Way.SLOWER].startswith("took 31 min, normally 5")
        assert said["late", Way.LATER].startswith("came 1 h 30 min after its due")
        notable = [row.slug for row in report.timelines.rows if row.is_interesting]
        assert notable == ["late", "slow"]
        yesterday = TODAY - timedelta(days=1)
        before = await town.engine.summaries.report(PeriodKind.DAY, yesterday)
        assert [(each.slug, each.way) for each in before.drifts] == [
            ("quiet", Way.QUIETER)
        ]


async def test_the_period_before_is_counted_or_taken_from_its_report(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as town:
        await town.add("backup", cron="0 2 * * *")
    with closing(sqlite3.connect(tmp_path / "cronitor.db")) as db, db:
        yesterday = us(T0.replace(hour=2) - timedelta(days=1))
        db.execute(
            """INSERT INTO slots (job_id, due_at, outcome, decided_at)
               VALUES (1, ?, 'missed', ?)""",
            (yesterday, yesterday),
        )
    async with house(tmp_path) as town:
        before = (await today(town)).before
        assert before is not None
        assert before.outcomes == {Outcome.MISSED: 1}
        week = await town.engine.summaries.report(PeriodKind.WEEK, TODAY)
        assert week.before is not None
        assert week.before.bad == 1


async def test_a_day_long_over_does_not_say_what_went_down_since(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as town:
        await town.add("backup", cron="*/10 * * * *", grace="1m")
        await town.ping("backup")
        await town.advance(minutes=30)
        assert (await today(town)).new.total == 1
        summaries = town.engine.summaries
        for days, count in ((1, 1), (5, 0)):
            label = TODAY - timedelta(days=days)
            report = await summaries.report(PeriodKind.DAY, label)
            assert report.later.total == count
            assert not report.new


async def test_more_jobs_than_a_look_takes_are_all_counted(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        tables = [
            {"slug": f"job-{n:03}", "every": "1h", "strict_start": n < 130}
            for n in range(250)
        ]
        await town.engine.jobs.apply(tables, prune=False, actor=ANN)
        await town.advance(hours=1, minutes=10)
        report = await today(town)
        assert report.new.total == 130
        assert report.totals.jobs == 250
        assert len(report.timelines.rows) + report.timelines.rest.jobs == 250
        assert report.never_seen.total == 120


async def test_a_job_that_cannot_be_read_spoils_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("good", every="1h")
        await town.add("bad", every="1h")
    with closing(sqlite3.connect(tmp_path / "cronitor.db")) as db, db:
        db.execute("UPDATE jobs SET definition = '[]' WHERE slug = 'bad'")
    async with house(tmp_path) as town:
        report = await today(town)
        assert report.totals.jobs == 1


async def test_one_job_over_weeks(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("backup", cron="0 * * * *", grace="5m")
        await town.add("free")
        await town.add("lone", cron="0 * * * *", grace="5m")
        await town.advance(minutes=59, seconds=30)
        await town.ping("backup", "start")
        await town.advance(minutes=4)
        for slug in ("backup", "free", "lone"):
            await town.ping(slug, "success")
        await town.advance(hours=1, minutes=10)
        summaries = town.engine.summaries
        backup = await summaries.job("backup", 30)
        assert backup.outcomes == {Outcome.OK: 1, Outcome.MISSED: 1}
        assert backup.days[-1].runtime == timedelta(minutes=4)
        assert backup.days[-1].lateness == timedelta(seconds=-30)
        assert [point.took for point in backup.points] == [timedelta(minutes=4)]
        assert backup.incidents.total == 1
        assert backup.success_rate == 0.5
        free = await summaries.job("free", 7)
        assert free.outcomes == {Outcome.OK: 1}
        assert len(free.days) == 7
        lone = await summaries.job("lone", 1)
        assert lone.days[0].lateness == timedelta(minutes=3, seconds=30)
        assert lone.points == ()


async def test_a_job_that_reports_before_each_due_is_seen(tmp_path: Path) -> None:
    async with house(tmp_path) as town:
        await town.add("often", every="1h")
        await town.add("nightly", cron="0 3 * * *")
        for _ in range(4):
            await town.ping("often")
            await town.advance(minutes=20)
        await town.ping("nightly", "fail")
        report = await today(town)
        counts = {
            row.slug: [(c.column, c.outcome, c.count) for c in row.cells]
            for row in report.timelines.rows
        }
        assert counts["often"] == [(3, Outcome.OK, 3), (4, Outcome.OK, 1)]
        assert counts["nightly"] == [(4, Outcome.FAILED, 1)]
        job = await town.engine.summaries.job("nightly", 30)
        assert job.outcomes == {Outcome.FAILED: 1}
