"""Incidents and their stories."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core.cards import Child
from bot.core.effects import Record
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    IncidentStatus,
    JobId,
    NotificationKind,
    Severity,
    StormId,
)
from bot.core.models import Incident, IncidentEvent
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, optional_to_us, to_us

_COLUMNS = """i.id, i.job_id, i.kind, i.status, i.severity, i.opened_at, i.updated_at,
    i.revision, i.count, i.last_bad_at, i.due_at, i.flapping, i.flapping_bad,
    i.down_for_good, i.acknowledged_by, i.acknowledged_at, i.acknowledged_until,
    i.resolved_at, i.resolution, i.reopened, i.sound_due, i.silenced, i.sounds,
    i.last_sound_at, i.review_at, i.note, i.in_maintenance,
    i.inhibited_by, i.storm_id, i.waits_until, i.escalated, i.escalate_at"""

_UPSERT = """INSERT INTO incidents (id, job_id, kind, status, severity, opened_at,
        updated_at, revision, count, last_bad_at, due_at, flapping, flapping_bad,
        down_for_good, acknowledged_by, acknowledged_at, acknowledged_until,
        resolved_at, resolution, reopened, sound_due, silenced, sounds, last_sound_at,
        review_at, note, in_maintenance, inhibited_by, storm_id,
        waits_until, escalated, escalate_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, status = excluded.status,
        severity = excluded.severity,
        updated_at = excluded.updated_at, revision = excluded.revision,
        count = excluded.count, last_bad_at = excluded.last_bad_at,
        due_at = excluded.due_at,
        flapping = excluded.flapping, flapping_bad = excluded.flapping_bad,
        down_for_good = excluded.down_for_good,
        acknowledged_by = excluded.acknowledged_by,
        acknowledged_at = excluded.acknowledged_at,
        acknowledged_until = excluded.acknowledged_until,
        resolved_at = excluded.resolved_at, resolution = excluded.resolution,
        reopened = excluded.reopened, sound_due = excluded.sound_due,
        silenced = excluded.silenced, sounds = excluded.sounds,
        last_sound_at = excluded.last_sound_at, review_at = excluded.review_at,
        note = excluded.note, in_maintenance = excluded.in_maintenance,
        inhibited_by = excluded.inhibited_by, storm_id = excluded.storm_id,
        escalated = excluded.escalated, escalate_at = excluded.escalate_at"""


def _from_row(row: sqlite3.Row) -> Incident:
    return Incident(
        id=IncidentId(row[0]),
        job_id=JobId(row[1]),
        kind=IncidentKind(row[2]),
        status=IncidentStatus(row[3]),
        severity=Severity(row[4]),
        opened_at=from_us(row[5]),
        updated_at=from_us(row[6]),
        revision=row[7],
        count=row[8],
        last_bad_at=from_us(row[9]),
        due_at=optional_from_us(row[10]),
        flapping=bool(row[11]),
        flapping_bad=row[12],
        down_for_good=bool(row[13]),
        acknowledged_by=row[14],
        acknowledged_at=optional_from_us(row[15]),
        acknowledged_until=optional_from_us(row[16]),
        resolved_at=optional_from_us(row[17]),
        resolution=row[18],
        reopened=row[19],
        sound_due=None if row[20] is None else NotificationKind(row[20]),
        silenced=bool(row[21]),
        sounds=row[22],
        last_sound_at=optional_from_us(row[23]),
        review_at=optional_from_us(row[24]),
        note=row[25],
        in_maintenance=bool(row[26]),
        inhibited_by=None if row[27] is None else IncidentId(row[27]),
        storm_id=None if row[28] is None else StormId(row[28]),
        waits_until=optional_from_us(row[29]),
        escalated=row[30],
        escalate_at=optional_from_us(row[31]),
    )


def _values(incident: Incident) -> tuple[object, ...]:
    return (
        incident.id,
        incident.job_id,
        incident.kind,
        incident.status,
        incident.severity,
        to_us(incident.opened_at),
        to_us(incident.updated_at),
        incident.revision,
        incident.count,
        to_us(incident.last_bad_at),
        optional_to_us(incident.due_at),
        incident.flapping,
        incident.flapping_bad,
        incident.down_for_good,
        incident.acknowledged_by,
        optional_to_us(incident.acknowledged_at),
        optional_to_us(incident.acknowledged_until),
        optional_to_us(incident.resolved_at),
        incident.resolution,
        incident.reopened,
        incident.sound_due,
        incident.silenced,
        incident.sounds,
        optional_to_us(incident.last_sound_at),
        optional_to_us(incident.review_at),
        incident.note,
        incident.in_maintenance,
        incident.inhibited_by,
        incident.storm_id,
        optional_to_us(incident.waits_until),
        incident.escalated,
        optional_to_us(incident.escalate_at),
    )


async def save_many(tx: Transaction, incidents: Sequence[Incident]) -> None:
    """Add new incidents and write changed ones."""
    await tx.executemany(_UPSERT, [_values(incident) for incident in incidents])


async def by_ids(
    q: Queries, ids: Iterable[IncidentId], *, resolved_after: datetime
) -> dict[JobId, Incident]:
    """Of these the open ones and those resolved after a moment, by job."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM incidents i
            WHERE i.id IN (SELECT value FROM json_each(:ids))
              AND (i.resolved_at IS NULL OR i.resolved_at >= :after)""",
        {"ids": as_list(ids), "after": to_us(resolved_after)},
    )
    return {JobId(row[1]): _from_row(row) for row in rows}


async def many(q: Queries, ids: Iterable[IncidentId]) -> dict[IncidentId, Incident]:
    """These incidents, whatever became of them."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM incidents i
            WHERE i.id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {IncidentId(row[0]): _from_row(row) for row in rows}


async def unresolved_of(q: Queries, job_ids: Iterable[JobId]) -> dict[JobId, Incident]:
    """The incidents of these jobs that are not resolved."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM incidents i
            WHERE i.job_id IN (SELECT value FROM json_each(:ids))
              AND i.resolved_at IS NULL""",
        {"ids": as_list(job_ids)},
    )
    return {JobId(row[1]): _from_row(row) for row in rows}


async def inhibited(
    q: Queries, ids: Iterable[IncidentId]
) -> dict[IncidentId, tuple[Child, ...]]:
    """What each of these incidents silences, by the name of the job."""
    rows = await q.fetch_all(
        """SELECT i.inhibited_by, i.id, j.slug, coalesce(j.definition ->> '$.name', '')
           FROM incidents i JOIN jobs j ON j.id = i.job_id
           WHERE i.inhibited_by IN (SELECT value FROM json_each(:ids))
             AND i.resolved_at IS NULL
           ORDER BY j.slug""",
        {"ids": as_list(ids)},
    )
    found: dict[IncidentId, tuple[Child, ...]] = {}
    for row in rows:
        child = Child(IncidentId(row[1]), row[2], row[3] or row[2])
        above = IncidentId(row[0])
        found[above] = (*found.get(above, ()), child)
    return found


async def get(q: Queries, incident_id: IncidentId) -> Incident | None:
    """One incident."""
    row = await q.fetch_one(
        f"SELECT {_COLUMNS} FROM incidents i WHERE i.id = :id", {"id": incident_id}
    )
    return None if row is None else _from_row(row)


async def newest(
    q: Queries,
    *,
    status: IncidentStatus | None = None,
    unresolved: bool = False,
    job_id: JobId | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[Incident]:
    """Incidents, the newest opening first; None does not filter."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM incidents i
            WHERE (:status IS NULL OR i.status = :status)
              AND (NOT :unresolved OR i.resolved_at IS NULL)
              AND (:job_id IS NULL OR i.job_id = :job_id)
            ORDER BY i.opened_at DESC, i.id DESC LIMIT :limit OFFSET :offset""",
        {
            "status": status,
            "unresolved": unresolved,
            "job_id": job_id,
            "limit": limit,
            "offset": offset,
        },
    )
    return [_from_row(row) for row in rows]


async def matching(q: Queries, text: str, limit: int) -> list[Incident]:
    """Unresolved ones whose number begins with it, or whose job has it in its names.

    Those that nobody has acknowledged come first, and then the newest. Large and small
    letters are the same in ASCII only.
    """
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS}, coalesce(j.definition ->> '$.name', '') AS name
            FROM incidents i JOIN jobs j ON j.id = i.job_id
            WHERE i.resolved_at IS NULL
              AND (instr(CAST(i.id AS TEXT), :text) = 1
                   OR instr(j.slug, :lower) OR instr(lower(name), :lower)
                   OR instr(name, :text))
            ORDER BY i.status = 'acknowledged', i.opened_at DESC, i.id DESC
            LIMIT :limit""",
        {"text": text, "lower": text.lower(), "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def to_review(q: Queries, now: datetime, limit: int) -> list[JobId]:
    """Jobs whose incident asks again what may sound."""
    rows = await q.fetch_all(
        """SELECT job_id FROM incidents WHERE review_at <= :now
           ORDER BY review_at LIMIT :limit""",
        {"now": to_us(now), "limit": limit},
    )
    return [JobId(row[0]) for row in rows]


async def ask_all(tx: Transaction, now: datetime) -> None:
    """Every incident that is not resolved asks again what may sound."""
    await tx.execute(
        "UPDATE incidents SET review_at = :now WHERE resolved_at IS NULL",
        {"now": to_us(now)},
    )


async def next_review(q: Queries) -> datetime | None:
    """When the first incident asks again."""
    row = await q.fetch_one(
        """SELECT review_at FROM incidents WHERE review_at IS NOT NULL
           ORDER BY review_at LIMIT 1"""
    )
    return None if row is None else from_us(row[0])


async def unresolved_jobs(q: Queries) -> list[JobId]:
    """The jobs that have an unresolved incident."""
    rows = await q.fetch_all(
        "SELECT job_id FROM incidents WHERE resolved_at IS NULL ORDER BY job_id"
    )
    return [JobId(row[0]) for row in rows]


async def record_many(tx: Transaction, records: Sequence[Record]) -> None:
    """Add lines to the stories of incidents."""
    await tx.executemany(
        """INSERT INTO incident_events (incident_id, at, kind, text, actor)
           VALUES (?, ?, ?, ?, ?)""",
        [(r.incident_id, to_us(r.at), r.kind, r.text, r.actor) for r in records],
    )


async def story(
    q: Queries, incident_id: IncidentId, limit: int = 200
) -> list[IncidentEvent]:
    """The newest lines of an incident's story, oldest first."""
    rows = await q.fetch_all(
        """SELECT incident_id, at, kind, text, actor FROM incident_events
           WHERE incident_id = :id ORDER BY id DESC LIMIT :limit""",
        {"id": incident_id, "limit": limit},
    )
    return [
        IncidentEvent(
            incident_id=IncidentId(row[0]),
            at=from_us(row[1]),
            kind=row[2],
            text=row[3],
            actor=row[4],
        )
        for row in reversed(rows)
    ]


async def of_period(
    q: Queries, start: datetime, end: datetime, *, limit: int, offset: int = 0
) -> list[Incident]:
    """Those open at some time in [start, end), and all that are open now: these first.

    In either part the newest opening comes first.
    """
    rows = await q.fetch_all(
        f"""SELECT * FROM (
                SELECT {_COLUMNS} FROM incidents i WHERE i.resolved_at IS NULL
                UNION ALL
                SELECT {_COLUMNS} FROM incidents i
                WHERE i.resolved_at >= :start AND i.opened_at < :end
            ) ORDER BY resolved_at IS NULL DESC, opened_at DESC, id DESC
            LIMIT :limit OFFSET :offset""",
        {
            "start": to_us(start),
            "end": to_us(end),
            "limit": limit,
            "offset": offset,
        },
    )
    return [_from_row(row) for row in rows]


async def of_job(
    q: Queries, job_id: JobId, start: datetime, *, limit: int
) -> list[Incident]:
    """The incidents of a job that were open at some time since then, newest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM incidents i
            WHERE i.job_id = :job_id
              AND (i.resolved_at IS NULL OR i.resolved_at >= :start)
            ORDER BY i.opened_at DESC, i.id DESC LIMIT :limit""",
        {"job_id": job_id, "start": to_us(start), "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def counts(q: Queries) -> dict[IncidentStatus, int]:
    """How many unresolved incidents there are of each status."""
    rows = await q.fetch_all(
        """SELECT status, count(*) FROM incidents WHERE resolved_at IS NULL
           GROUP BY status"""
    )
    return {IncidentStatus(row[0]): row[1] for row in rows}


async def count(
    q: Queries, statuses: Iterable[IncidentStatus], job_id: JobId | None = None
) -> int:
    """How many incidents, of one job or of all, have one of these statuses."""
    row = await q.fetch_one(
        """SELECT count(*) FROM incidents
           WHERE status IN (SELECT value FROM json_each(:statuses))
             AND (:job_id IS NULL OR job_id = :job_id)""",
        {"statuses": as_list(statuses), "job_id": job_id},
    )
    return row[0] if row else 0
