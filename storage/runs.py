"""Runs: open ones for the rules, ended ones for the history."""

import sqlite3
from collections.abc import Iterable, Sequence

from bot.core.kinds import BlindId, IncidentId, JobId, Outcome, RunId
from bot.core.models import Incident, Run
from storage.queries import Change, Queries
from storage.rows import as_list
from storage.times import from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = """r.id, r.job_id, r.rid, r.started_at, r.deadline_at, r.due_at, r.late,
    r.superseded, r.overran, r.ended_at, r.outcome, r.exit_status,
    r.blind_id"""

_BAD = f"'{Outcome.FAILED}', '{Outcome.OVERRAN}', '{Outcome.TOO_SHORT}'"

_UPSERT = """INSERT INTO runs (id, job_id, rid, started_at, deadline_at, due_at, late,
        superseded, overran, ended_at, outcome, exit_status, blind_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET deadline_at = excluded.deadline_at,
        due_at = excluded.due_at, late = excluded.late,
        superseded = excluded.superseded, overran = excluded.overran,
        ended_at = excluded.ended_at, outcome = excluded.outcome,
        exit_status = excluded.exit_status, blind_id = excluded.blind_id"""


def _from_row(row: sqlite3.Row) -> Run:
    return Run(
        id=RunId(row[0]),
        job_id=JobId(row[1]),
        rid=row[2],
        started_at=from_us(row[3]),
        deadline_at=optional_from_us(row[4]),
        due_at=optional_from_us(row[5]),
        late=bool(row[6]),
        superseded=bool(row[7]),
        overran=bool(row[8]),
        ended_at=optional_from_us(row[9]),
        outcome=None if row[10] is None else Outcome(row[10]),
        exit_status=row[11],
        blind_id=None if row[12] is None else BlindId(row[12]),
    )


def _values(run: Run) -> tuple[object, ...]:
    return (
        run.id,
        run.job_id,
        run.rid,
        to_us(run.started_at),
        optional_to_us(run.deadline_at),
        optional_to_us(run.due_at),
        run.late,
        run.superseded,
        run.overran,
        optional_to_us(run.ended_at),
        run.outcome,
        run.exit_status,
        run.blind_id,
    )


def changes(runs: Sequence[Run]) -> Change:
    """What adds new runs and writes changed ones."""
    return Change(_UPSERT, [_values(run) for run in runs])


async def relevant(q: Queries, ids: Iterable[JobId], rids: Iterable[str]) -> list[Run]:
    """Open runs of these jobs, and of each rid the newest one that has ended."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM runs r
            WHERE r.ended_at IS NULL
              AND r.job_id IN (SELECT value FROM json_each(:ids))
            UNION ALL
            SELECT {_COLUMNS} FROM json_each(:ids) job
            JOIN json_each(:rids) wanted
            JOIN runs r ON r.id = (
                SELECT n.id FROM runs n
                WHERE n.job_id = job.value AND n.rid = wanted.value
                  AND n.ended_at IS NOT NULL
                ORDER BY n.started_at DESC, n.id DESC LIMIT 1)
            ORDER BY 4, 1""",
        {"ids": as_list(ids), "rids": as_list(rids)},
    )
    return [_from_row(row) for row in rows]


async def newest(q: Queries, job_id: JobId, limit: int) -> list[Run]:
    """The newest runs of a job, newest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM runs r WHERE r.job_id = :job_id
            ORDER BY r.started_at DESC, r.id DESC LIMIT :limit""",
        {"job_id": job_id, "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def of_incidents(
    q: Queries, incidents: Iterable[Incident]
) -> dict[IncidentId, Run]:
    """The newest run of each that ended badly, if it was seen to begin and to end."""
    spans = [
        (
            *(each.id, each.job_id, to_us(each.opened_at), to_us(each.last_bad_at)),
            optional_to_us(each.resolved_at),
        )
        for each in incidents
    ]
    rows = await q.fetch_all(
        # an overrun counts at its deadline, and may end when it resolves
        f"""SELECT {_COLUMNS}, i.value ->> 0
            FROM json_each(:spans) i JOIN runs r ON r.id = (
                SELECT id FROM (
                    SELECT * FROM runs WHERE job_id = i.value ->> 1
                      AND started_at <= i.value ->> 3
                    ORDER BY started_at DESC LIMIT 50)
                WHERE ended_at >= i.value ->> 2
                  AND (i.value ->> 4 IS NULL OR ended_at <= i.value ->> 4)
                  AND deadline_at IS NOT NULL AND outcome IN ({_BAD})
                ORDER BY started_at DESC LIMIT 1)""",
        {"spans": as_list(spans)},
    )
    return {IncidentId(row[-1]): _from_row(row) for row in rows}
