"""The small changing part of a job: read and written for a whole batch at once."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core.kinds import IncidentId, JobId, Outcome, PingKind, Status
from bot.core.models import JobState, Opening
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import (
    from_us,
    optional_delta_from_us,
    optional_delta_us,
    optional_from_us,
    optional_to_us,
    to_us,
)

COLUMNS = """s.job_id, s.status, s.paused_from, s.paused_by, s.due_at,
    s.slot_deadline_at, s.deadline_at, s.wake_at, s.remind_at, s.missed_due_at,
    s.guard_due_at, s.held_due_at, s.last_outcome, s.last_ping_at, s.last_ping_kind,
    s.last_duration, s.bad_in_a_row, s.good_in_a_row, s.outcome_count, s.openings,
    s.ping_count, s.open_runs, s.incident_id, s.usual_lateness, s.usual_runtime,
    s.maintained_until, s.suppressed, s.suppressed_due_at"""
#: how many those are
WIDTH = 28

_UPDATE = """UPDATE job_states SET status = ?, paused_from = ?, paused_by = ?,
    due_at = ?, slot_deadline_at = ?, deadline_at = ?, wake_at = ?, remind_at = ?,
    missed_due_at = ?, guard_due_at = ?, held_due_at = ?, last_outcome = ?,
    last_ping_at = ?, last_ping_kind = ?, last_duration = ?, bad_in_a_row = ?,
    good_in_a_row = ?, outcome_count = ?, openings = ?, ping_count = ?, open_runs = ?,
    incident_id = ?, usual_lateness = ?, usual_runtime = ?, maintained_until = ?,
    suppressed = ?, suppressed_due_at = ? WHERE job_id = ?"""


def from_row(row: sqlite3.Row) -> JobState:
    """A record from a row that begins with COLUMNS."""
    return JobState(
        job_id=JobId(row[0]),
        status=Status(row[1]),
        paused_from=None if row[2] is None else Status(row[2]),
        paused_by=row[3],
        due_at=optional_from_us(row[4]),
        slot_deadline_at=optional_from_us(row[5]),
        deadline_at=optional_from_us(row[6]),
        wake_at=optional_from_us(row[7]),
        remind_at=optional_from_us(row[8]),
        missed_due_at=optional_from_us(row[9]),
        guard_due_at=optional_from_us(row[10]),
        held_due_at=optional_from_us(row[11]),
        last_outcome=None if row[12] is None else Outcome(row[12]),
        last_ping_at=optional_from_us(row[13]),
        last_ping_kind=None if row[14] is None else PingKind(row[14]),
        last_duration=optional_delta_from_us(row[15]),
        bad_in_a_row=row[16],
        good_in_a_row=row[17],
        outcome_count=row[18],
        openings=_openings(row[19]),
        ping_count=row[20],
        open_runs=row[21],
        incident_id=None if row[22] is None else IncidentId(row[22]),
        usual_lateness=optional_delta_from_us(row[23]),
        usual_runtime=optional_delta_from_us(row[24]),
        maintained_until=optional_from_us(row[25]),
        suppressed=None if row[26] is None else Outcome(row[26]),
        suppressed_due_at=optional_from_us(row[27]),
    )


def _openings(text: str) -> tuple[Opening, ...]:
    if not text:
        return ()
    pairs = (part.split(":") for part in text.split(" "))
    return tuple(
        Opening(at=from_us(int(at)), outcome_count=int(count)) for at, count in pairs
    )


def _values(state: JobState) -> tuple[object, ...]:
    openings = " ".join(f"{to_us(o.at)}:{o.outcome_count}" for o in state.openings)
    return (
        state.status,
        state.paused_from,
        state.paused_by,
        optional_to_us(state.due_at),
        optional_to_us(state.slot_deadline_at),
        optional_to_us(state.deadline_at),
        optional_to_us(state.wake_at),
        optional_to_us(state.remind_at),
        optional_to_us(state.missed_due_at),
        optional_to_us(state.guard_due_at),
        optional_to_us(state.held_due_at),
        state.last_outcome,
        optional_to_us(state.last_ping_at),
        state.last_ping_kind,
        optional_delta_us(state.last_duration),
        state.bad_in_a_row,
        state.good_in_a_row,
        state.outcome_count,
        openings,
        state.ping_count,
        state.open_runs,
        state.incident_id,
        optional_delta_us(state.usual_lateness),
        optional_delta_us(state.usual_runtime),
        optional_to_us(state.maintained_until),
        state.suppressed,
        optional_to_us(state.suppressed_due_at),
        state.job_id,
    )


async def insert(tx: Transaction, state: JobState) -> None:
    """Add the state of a job that was just made."""
    await tx.execute(
        "INSERT INTO job_states (job_id) VALUES (:job_id)", {"job_id": state.job_id}
    )
    await save_many(tx, [state])


async def save_many(tx: Transaction, states: Sequence[JobState]) -> None:
    """Write the states of a batch."""
    await tx.executemany(_UPDATE, [_values(state) for state in states])


async def load_many(q: Queries, ids: Iterable[JobId]) -> dict[JobId, JobState]:
    """The states of these jobs."""
    rows = await q.fetch_all(
        f"""SELECT {COLUMNS} FROM job_states s
            WHERE s.job_id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {JobId(row[0]): from_row(row) for row in rows}


async def overdue(q: Queries, now: datetime, limit: int) -> list[JobId]:
    """The jobs that the watchdog must look at, the most overdue first."""
    rows = await q.fetch_all(
        """SELECT job_id FROM job_states WHERE wake_at < :now
           ORDER BY wake_at LIMIT :limit""",
        {"now": to_us(now), "limit": limit},
    )
    return [JobId(row[0]) for row in rows]


async def maintained(q: Queries) -> list[JobId]:
    """The jobs of which maintenance has suppressed something."""
    rows = await q.fetch_all(
        """SELECT job_id FROM job_states WHERE maintained_until IS NOT NULL
           ORDER BY job_id"""
    )
    return [JobId(row[0]) for row in rows]


async def next_wake(q: Queries) -> datetime | None:
    """When the watchdog must look next."""
    row = await q.fetch_one(
        """SELECT wake_at FROM job_states WHERE wake_at IS NOT NULL
           ORDER BY wake_at LIMIT 1"""
    )
    return None if row is None else from_us(row[0])


async def counts(q: Queries) -> dict[Status, int]:
    """How many jobs there are of each stored status."""
    rows = await q.fetch_all(
        """SELECT s.status, count(*) FROM job_states s JOIN jobs j ON j.id = s.job_id
           WHERE j.archived_at IS NULL GROUP BY s.status"""
    )
    return {Status(row[0]): row[1] for row in rows}
