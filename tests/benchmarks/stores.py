"""Large stores for benchmarks, made by SQL while nobody uses the database."""

import sqlite3
import time
import uuid
from contextlib import closing
from pathlib import Path

from tests.acceptance.server import Server
from tests.benchmarks.bench_pings import make_jobs

S = 1_000_000
#: how far apart the dues of neighbours are, so that no two fall due together
_SPREAD_S = 3600
#: what would make a store of millions slow to fill
_INDEX = "SELECT sql FROM sqlite_schema WHERE name = 'pings_job'"


async def template(server: Server) -> None:
    """One job, whose rows the others are copies of."""
    await server.start()
    await make_jobs(server, 1)
    await server.stop()


def add_jobs(path: Path, count: int, *, due_in_s: int = 7200) -> list[str]:
    """So many jobs that are up and due from then on; their UUIDs."""
    now = int(time.time() * S)
    uuids = [str(uuid.uuid4()) for _ in range(count)]
    with closing(sqlite3.connect(path)) as db, db:
        (definition,) = db.execute("SELECT definition FROM jobs").fetchone()
        db.executemany(
            """INSERT INTO jobs (uuid, slug, kind, definition, created_at)
               VALUES (?, ?, 'heartbeat', ?, ?)""",
            (
                (name, f"many-{n}", definition.replace("job-0", f"many-{n}"), now)
                for n, name in enumerate(uuids)
            ),
        )
        db.execute(
            """INSERT INTO job_states (job_id, status, due_at, slot_deadline_at,
                   deadline_at, wake_at, last_ping_at, last_ping_kind, last_outcome,
                   good_in_a_row, outcome_count, ping_count)
               SELECT id, 'up', :due + id % :spread * 1000000,
                   :due + (300 + id % :spread) * 1000000,
                   :due + (300 + id % :spread) * 1000000,
                   :due + (300 + id % :spread) * 1000000, :now, 'success', 'ok', 1, 1, 1
               FROM jobs WHERE id NOT IN (SELECT job_id FROM job_states)""",
            {"due": now + due_in_s * S, "spread": _SPREAD_S, "now": now},
        )
    return uuids


def add_pings(path: Path, count: int, *, days: int = 60) -> None:
    """So many pings of all jobs in turn, spread over the last days."""
    now = int(time.time() * S)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA cache_size = -400000")
        ids = [row[0] for row in db.execute("SELECT id FROM jobs ORDER BY id")]
        step = days * 86_400 * S // count
        (index,) = db.execute(_INDEX).fetchone()
        db.execute("DROP INDEX pings_job")
        db.executemany(
            """INSERT INTO pings (job_id, at, kind, said, method, source, address,
                   agent, body, body_size)
               VALUES (?, ?, 'success', 'success', 'POST', 'http', '192.0.2.7',
                   'curl/8.5.0', ?, 12)""",
            (
                (ids[n % len(ids)], now - (count - n) * step, b"done in 12 s")
                for n in range(count)
            ),
        )
        db.execute(index)


def build(server: Server, *, jobs: int, pings: int) -> list[str]:
    """A stopped server's store with so much in it; the UUIDs of the jobs."""
    path = server.data_dir / "cronitor.db"
    uuids = add_jobs(path, jobs)
    if pings:
        add_pings(path, pings)
    return uuids
