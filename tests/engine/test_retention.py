"""What is old goes, chunk by chunk; what somebody still needs stays."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine import retention
from bot.engine.retention import Keep, Retention
from storage.database import Database, Queries, Transaction
from storage.times import to_us
from tests.databases import opened
from tests.engine.house import House, house
from tests.fakes import T0, FakeClock

DAY = 86_400_000_000
NOW = to_us(T0)
#: the least that is kept of a job whose incident is open
NEEDED = 50
KEEP = Keep(pings=timedelta(days=90), pings_per_job=60, runs=timedelta(days=365))


@dataclass
class World:
    """Rows, as a test wants them: ages in days."""

    #: (job, age), in the order in which they came
    pings: list[tuple[int, int]] = field(default_factory=list)
    #: (job, age of the start, age of the end or None)
    runs: list[tuple[int, int, int | None]] = field(default_factory=list)
    #: job -> age of the opening of the incident that is open
    open_incidents: dict[int, int] = field(default_factory=dict)
    #: (job, age of the resolution, somebody is still to be told)
    ended_incidents: list[tuple[int, int, bool]] = field(default_factory=list)
    #: (job, age)
    slots: set[tuple[int, int]] = field(default_factory=set)


async def build(tx: Transaction, world: World) -> None:
    for job in range(1, 4):
        await tx.execute(
            """INSERT INTO jobs (id, uuid, slug, kind, definition, created_at)
               VALUES (?, ?, ?, 'heartbeat', '{}', 0)""",
            (job, f"uuid-{job}", f"job-{job}"),
        )
        count = sum(1 for each, _ in world.pings if each == job)
        await tx.execute(
            "INSERT INTO job_states (job_id, ping_count) VALUES (?, ?)", (job, count)
        )
    await tx.executemany(
        """INSERT INTO pings
               (job_id, at, kind, said, method, source, address, agent, body)
           VALUES (?, ?, 'success', 'success', 'GET', 'http', '', '', x'78')""",
        [(job, NOW - age * DAY) for job, age in world.pings],
    )
    await tx.executemany(
        "INSERT INTO runs (job_id, started_at, ended_at) VALUES (?, ?, ?)",
        [
            (job, NOW - start * DAY, None if end is None else NOW - end * DAY)
            for job, start, end in world.runs
        ],
    )
    await tx.executemany(
        """INSERT INTO slots (job_id, due_at, outcome, decided_at)
           VALUES (?, ?, 'ok', 0)""",
        [(job, NOW - age * DAY) for job, age in sorted(world.slots)],
    )
    for job, age in world.open_incidents.items():
        await incident(tx, job, opened=age, resolved=None, waits=True)
    for job, age, waits in world.ended_incidents:
        await incident(tx, job, opened=age, resolved=age, waits=waits)


async def incident(
    tx: Transaction, job: int, *, opened: int, resolved: int | None, waits: bool
) -> None:
    """An incident with two lines of story, a notification, its delivery and a card."""
    at = NOW - opened * DAY
    rows = await tx.fetch_all(
        """INSERT INTO incidents (job_id, kind, status, severity, opened_at, updated_at,
               revision, count, last_bad_at, due_at, resolved_at)
           VALUES (:job, 'missed', :status, 'warning', :at, :at, 1, 1, :at, :at, :end)
           RETURNING id""",
        {
            "job": job,
            "status": "open" if resolved is None else "resolved",
            "at": at,
            "end": None if resolved is None else NOW - resolved * DAY,
        },
    )
    number = rows[0][0]
    for _ in range(2):
        await tx.execute(
            """INSERT INTO incident_events (incident_id, at, kind, text)
               VALUES (?, ?, 'opened', '')""",
            (number, at),
        )
    told = await tx.fetch_all(
        """INSERT INTO notifications (job_id, incident_id, kind, at, sounds, snapshot)
           VALUES (?, ?, 'opened', ?, 1, '{}') RETURNING id""",
        (job, number, at),
    )
    await tx.execute(
        """INSERT INTO deliveries (notification_id, channel, try_at)
           VALUES (?, 'log', ?)""",
        (told[0][0], at if waits else None),
    )
    await tx.execute(
        "INSERT INTO cards (incident_id, place) VALUES (?, 'discord')", (number,)
    )


def kept_pings(world: World, keep: Keep, *, by_age_only: bool = False) -> list[int]:
    """The rule, as slowly and plainly as it can be said."""
    numbered = list(enumerate(world.pings, 1))
    left = []
    for number, (job, age) in numbered:
        newer = [n for n, (other, _) in numbered if other == job and n > number]
        of_incident = job in world.open_incidents and len(newer) < NEEDED
        of_run = any(
            other == job and end is None and start >= age
            for other, start, end in world.runs
        )
        if age <= keep.pings.days or of_incident or of_run:
            left.append((number, job))
    if by_age_only:
        return [number for number, _ in left]
    return sorted(
        number
        for job in range(1, 4)
        for number in [n for n, other in left if other == job][-keep.pings_per_job :]
    )


async def ids(db: Database, table: str, column: str = "id") -> list[int]:
    async def query(q: Queries) -> list[int]:
        rows = await q.fetch_all(f"SELECT {column} FROM {table} ORDER BY 1")
        return [row[0] for row in rows]

    return await db.read(query)


AGES = st.integers(0, 120)
JOBS = st.integers(1, 3)


@st.composite
def worlds(draw: st.DrawFn, *, ordered: bool = True) -> World:
    """A few hundred pings over four months, and what keeps some of them."""
    runs_of_pings = draw(
        st.lists(st.tuples(JOBS, AGES, st.integers(1, 80)), max_size=8)
    )
    pings = [(job, age) for job, age, count in runs_of_pings for _ in range(count)]
    if ordered:
        pings.sort(key=lambda ping: -ping[1])
    runs = st.tuples(JOBS, st.integers(300, 500), st.none() | st.integers(200, 500))
    return World(
        pings=pings,
        runs=[
            (job, max(start, end or 0), end)
            for job, start, end in draw(st.lists(runs, max_size=5))
        ],
        open_incidents=draw(st.dictionaries(JOBS, st.integers(0, 500), max_size=2)),
        ended_incidents=draw(
            st.lists(st.tuples(JOBS, st.integers(300, 500), st.booleans()), max_size=4)
        ),
        slots=draw(st.sets(st.tuples(JOBS, st.integers(300, 500)), max_size=30)),
    )


async def prune(db_path: Path, world: World, keep: Keep) -> dict[str, list[int]]:
    """Everything that is left."""
    clock = FakeClock()
    async with house(db_path, clock=clock) as home:
        await home.db.write(lambda tx: build(tx, world))
        steps = Retention(home.engine.store._context, keep)
        while await steps.step():
            pass
        left = {
            table: await ids(home.db, table)
            for table in ("pings", "runs", "incidents", "incident_events")
        }
        left["slots"] = await ids(home.db, "slots", "due_at")
        left["deliveries"] = await ids(home.db, "deliveries", "notification_id")
        left["notifications"] = await ids(home.db, "notifications")
        left["cards"] = await ids(home.db, "cards", "incident_id")
        return left


FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FEW
@given(world=worlds())
async def test_what_is_left_is_what_the_slow_rule_leaves(
    tmp_path_factory: pytest.TempPathFactory, world: World
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "AT_ONCE", 7)
        left = await prune(tmp_path_factory.mktemp("d"), world, KEEP)
    assert left["pings"] == kept_pings(world, KEEP)
    assert left["runs"] == [
        number
        for number, (_, _, end) in enumerate(world.runs, 1)
        if end is None or end <= 365
    ]
    opened = len(world.open_incidents)
    kept = [*range(1, opened + 1)]
    kept += [
        number
        for number, (_, end, waits) in enumerate(world.ended_incidents, opened + 1)
        if end <= 365 or waits
    ]
    for table in ("incidents", "notifications", "deliveries", "cards"):
        assert left[table] == kept, table
    assert left["incident_events"] == [n for i in kept for n in (2 * i - 1, 2 * i)]
    assert left["slots"] == sorted(
        NOW - age * DAY
        for job, age in world.slots
        if age <= 365 or age <= world.open_incidents.get(job, -1)
    )


@FEW
@given(world=worlds(ordered=False))
async def test_whatever_the_clock_has_done_nothing_goes_that_must_stay(
    tmp_path_factory: pytest.TempPathFactory, world: World
) -> None:
    keep = Keep(pings_per_job=100_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "AT_ONCE", 7)
        left = await prune(tmp_path_factory.mktemp("d"), world, keep)
    assert set(kept_pings(world, keep, by_age_only=True)) <= set(left["pings"])


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as home:
        await home.add("backup", every="1d")
        yield home


async def test_numbers_are_not_given_out_again(home: House) -> None:
    for _ in range(3):
        await home.ping("backup")
        await home.ping("backup", "fail")
    before = max(await ids(home.db, "pings"))
    await home.db.write(
        lambda tx: tx.execute("UPDATE pings SET at = at - 1000 * :day", {"day": DAY})
    )
    await home.ping("backup")
    await home.advance(hours=2)
    assert await ids(home.db, "pings") == [before + 1]
    await home.db.write(lambda tx: tx.execute("DELETE FROM pings"))
    await home.ping("backup")
    assert await ids(home.db, "pings") == [before + 2]


async def test_with_nothing_to_do_nothing_is_written(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as home:
        await home.add("backup", every="1d")
        await home.ping("backup")
        steps = Retention(home.engine.store._context, Keep())
        before = await changes(home.db)
        for _ in range(5):
            clock.advance(timedelta(hours=1))
            while await steps.step():
                pass
        assert await changes(home.db) == before


async def changes(db: Database) -> int:
    """Rows that the writer has changed so far."""

    async def unit(tx: Transaction) -> int:
        row = await tx.fetch_one("SELECT total_changes()")
        assert row is not None
        return int(row[0])

    return await db.write(unit)


async def test_a_full_disk_makes_it_look_sooner(home: House) -> None:
    await home.settle()
    await home.ping("backup")
    await home.db.write(
        lambda tx: tx.execute("UPDATE pings SET at = at - 1000 * :day", {"day": DAY})
    )
    await home.advance(minutes=2)
    assert len(await ids(home.db, "pings")) == 1
    context = home.engine.store._context
    context.wakes.full_disk()
    await home.settle()
    assert await ids(home.db, "pings") == []


async def test_large_bodies_go_a_few_at_a_time(tmp_path: Path) -> None:
    async with opened(tmp_path / "cronitor.db") as db:
        world = World(pings=[(1, 100)] * 30)
        await db.write(lambda tx: build(tx, world))
        await db.write(
            lambda tx: tx.execute("UPDATE pings SET body = zeroblob(300000)")
        )

        async def look(q: Queries) -> int:
            before = T0 - timedelta(days=90)
            import storage.retention

            found = await storage.retention.old_pings(q, before, after=0, limit=500)
            return len(found.ids)

        assert await db.read(look) == 7


async def test_an_old_blind_time_goes_when_nothing_refers_to_it(home: House) -> None:
    long_ago = NOW - 400 * DAY

    async def unit(tx: Transaction) -> None:
        await tx.executemany(
            """INSERT INTO blind_times (id, began_at, ended_at, reason, tell_at)
               VALUES (?, ?, ?, 'crashed', ?)""",
            [
                # told; still to be told; named by a slot; waited for; lasting; new
                (101, long_ago, long_ago, None),
                (102, long_ago, long_ago, NOW + 300 * DAY),
                (103, long_ago, long_ago, None),
                (104, long_ago, long_ago, None),
                (105, long_ago, None, None),
                (106, NOW - 10 * DAY, NOW - 9 * DAY, None),
            ],
        )
        await tx.execute(
            """INSERT INTO slots (job_id, due_at, outcome, decided_at, blind_id)
               VALUES (1, :at, 'unknown', 0, 103)""",
            {"at": NOW - 10 * DAY},
        )
        await tx.executemany(
            """INSERT INTO bulletins (kind, subject_id, place, try_at)
               VALUES ('blind', ?, 'other', ?)""",
            [(101, None), (104, NOW + 300 * DAY)],
        )
        await tx.executemany(
            "INSERT INTO passed_dues VALUES (1, ?, 7, 0, 0, 0)", [(101,), (103,)]
        )

    await home.db.write(unit)
    await home.advance(hours=2)
    left = [each for each in await ids(home.db, "blind_times") if each > 100]
    assert left == [102, 103, 104, 105, 106]
    rows = await home.db.read(lambda q: q.fetch_all("SELECT blind_id FROM passed_dues"))
    assert [row[0] for row in rows] == [103]


async def test_old_runs_of_cronitors_own_go_with_their_output(home: House) -> None:
    async def unit(tx: Transaction) -> None:
        await tx.executemany(
            """INSERT INTO executions (id, job_id, key, attempt, cause, stage,
                   queued_at, ready_at, ended_at, rid)
               VALUES (?, 1, ?, 1, 'person', ?, 0, 0, ?, 'rid')""",
            [
                (1, "old", "ended", NOW - 400 * DAY),
                (2, "new", "ended", NOW - 10 * DAY),
                (3, "open", "waiting", None),
            ],
        )
        await tx.executemany(
            "INSERT INTO outputs (execution_id, body) VALUES (?, x'00')", [(1,), (2,)]
        )

    await home.db.write(unit)
    await home.advance(hours=2)
    assert await ids(home.db, "executions") == [2, 3]
