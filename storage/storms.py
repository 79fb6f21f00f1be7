"""Storms and their members, and what was heard of each group lately."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core.escalations import Voice
from bot.core.kinds import IncidentId, IncidentStatus, JobId, Severity, StormId
from bot.core.models import Definition
from bot.core.silencers import Storm
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, to_us

_COLUMNS = """s.id, s.grouped, s.opened_at, s.joined_at, s.ends_at, s.count,
    s.revision, s.ended_at"""


def _from_row(row: sqlite3.Row) -> Storm:
    return Storm(
        id=StormId(row[0]),
        group=row[1],
        opened_at=from_us(row[2]),
        joined_at=from_us(row[3]),
        ends_at=from_us(row[4]),
        count=row[5],
        revision=row[6],
        ended_at=optional_from_us(row[7]),
    )


async def insert(tx: Transaction, storm: Storm) -> StormId:
    """Store a storm; its own id is ignored and the new one returned."""
    rows = await tx.fetch_all(
        """INSERT INTO storms (grouped, opened_at, joined_at, ends_at, count)
           VALUES (:grouped, :opened_at, :joined_at, :ends_at, :count)
           RETURNING id""",
        {
            "grouped": storm.group,
            "opened_at": to_us(storm.opened_at),
            "joined_at": to_us(storm.joined_at),
            "ends_at": to_us(storm.ends_at),
            "count": storm.count,
        },
    )
    return StormId(rows[0][0])


async def update(tx: Transaction, storm: Storm) -> None:
    """Somebody has joined it."""
    await tx.execute(
        """UPDATE storms SET joined_at = :joined_at, ends_at = :ends_at,
               count = :count, revision = :revision WHERE id = :id""",
        {
            "id": storm.id,
            "joined_at": to_us(storm.joined_at),
            "ends_at": to_us(storm.ends_at),
            "count": storm.count,
            "revision": storm.revision,
        },
    )


async def add_members(
    tx: Transaction, storm_id: StormId, ids: Sequence[IncidentId], now: datetime
) -> None:
    """Write down who has joined; once is enough."""
    await tx.executemany(
        """INSERT INTO storm_members (storm_id, incident_id, joined_at)
           VALUES (?, ?, ?) ON CONFLICT DO NOTHING""",
        [(storm_id, incident_id, to_us(now)) for incident_id in ids],
    )


async def members(q: Queries, storm_id: StormId) -> list[IncidentId]:
    """Who was ever in it, in the order in which they joined."""
    rows = await q.fetch_all(
        """SELECT incident_id FROM storm_members WHERE storm_id = :id
           ORDER BY joined_at, incident_id""",
        {"id": storm_id},
    )
    return [IncidentId(row[0]) for row in rows]


async def worst(q: Queries, storm_id: StormId, limit: int) -> list[IncidentId]:
    """Those that were ever in it, what is not taken care of first."""
    rows = await q.fetch_all(
        """SELECT i.id FROM storm_members m JOIN incidents i ON i.id = m.incident_id
           WHERE m.storm_id = :id
           ORDER BY i.resolved_at IS NOT NULL, i.status = 'acknowledged',
               i.severity <> 'critical', i.opened_at, i.id
           LIMIT :limit""",
        {"id": storm_id, "limit": limit},
    )
    return [IncidentId(row[0]) for row in rows]


async def tally(q: Queries, storm_id: StormId) -> dict[IncidentStatus, int]:
    """How many of those that were ever in it have which status."""
    rows = await q.fetch_all(
        """SELECT i.status, count(*) FROM storm_members m
           JOIN incidents i ON i.id = m.incident_id
           WHERE m.storm_id = :id GROUP BY i.status""",
        {"id": storm_id},
    )
    return {IncidentStatus(row[0]): row[1] for row in rows}


async def get(q: Queries, storm_id: StormId) -> Storm | None:
    """One storm, if there is such a one."""
    return (await by_ids(q, [storm_id])).get(storm_id)


async def by_ids(q: Queries, ids: Iterable[StormId]) -> dict[StormId, Storm]:
    """These storms."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM storms s
            WHERE s.id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {StormId(row[0]): _from_row(row) for row in rows}


async def voices(
    q: Queries, storm_id: StormId, after: IncidentId, limit: int
) -> list[Voice]:
    """Open members that may call people, from the oldest on.

    Left out are those of paused jobs, and those that something above them silences.
    Columns are read alone, so that a job that cannot be read is no reason to fail.
    """
    rows = await q.fetch_all(
        """SELECT i.id, i.severity, j.slug, j.tags, j.node, j.stands_for_node, j.id
           FROM incidents i JOIN jobs j ON j.id = i.job_id
           JOIN job_states s ON s.job_id = j.id
           WHERE i.storm_id = :id AND i.id > :after AND i.status = 'open'
             AND i.inhibited_by IS NULL AND s.status <> 'paused'
           ORDER BY i.id LIMIT :limit""",
        {"id": storm_id, "after": after, "limit": limit},
    )
    return [
        Voice(
            incident_id=IncidentId(row[0]),
            job_id=JobId(row[6]),
            severity=Severity(row[1]),
            labels=Definition(
                slug=row[2],
                tags=tuple(json.loads(row[3])),
                node=row[4],
                stands_for_node=row[5],
            ),
        )
        for row in rows
    ]


async def newest(
    q: Queries, groups: Iterable[str], since: datetime
) -> dict[str, Storm]:
    """The newest storm of each of these groups that somebody joined since then."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM storms s
            WHERE s.grouped IN (SELECT value FROM json_each(:groups))
              AND s.joined_at >= :since ORDER BY s.id""",
        {"groups": as_list(groups), "since": to_us(since)},
    )
    return {row[1]: _from_row(row) for row in rows}


async def running(q: Queries, now: datetime) -> list[Storm]:
    """Storms that are not over, the newest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM storms s
            WHERE s.ended_at IS NULL AND s.ends_at > :now ORDER BY s.id DESC""",
        {"now": to_us(now)},
    )
    return [_from_row(row) for row in rows]


async def end_where_over(
    tx: Transaction, ids: Iterable[StormId], now: datetime
) -> None:
    """These storms are over if none of their members is unresolved."""
    await tx.execute(
        """UPDATE storms SET ended_at = :now, revision = revision + 1
           WHERE id IN (SELECT value FROM json_each(:ids)) AND ended_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM incidents i
                 WHERE i.storm_id = storms.id AND i.resolved_at IS NULL)""",
        {"ids": as_list(ids), "now": to_us(now)},
    )


async def heard(q: Queries, groups: Iterable[str], since: datetime) -> dict[str, int]:
    """How many openings of each group were heard by themselves since then."""
    rows = await q.fetch_all(
        """SELECT grouped, count(*) FROM group_sounds
           WHERE grouped IN (SELECT value FROM json_each(:groups)) AND at >= :since
           GROUP BY grouped""",
        {"groups": as_list(groups), "since": to_us(since)},
    )
    return {row[0]: row[1] for row in rows}


async def remember(
    tx: Transaction, groups: Sequence[str], now: datetime, forget: datetime
) -> None:
    """So many openings of these groups are heard now; what is older says nothing."""
    await tx.execute("DELETE FROM group_sounds WHERE at < :at", {"at": to_us(forget)})
    await tx.executemany(
        "INSERT INTO group_sounds (grouped, at) VALUES (?, ?)",
        [(group, to_us(now)) for group in groups],
    )
