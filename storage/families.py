"""Who stands above whom: parents of jobs, and the heartbeats of their nodes."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from bot.core.kinds import IncidentKind, InhibitorKind, JobId
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import to_us


class Link(NamedTuple):
    """One job that stands above another, at whatever distance."""

    job_id: JobId
    above_id: JobId
    kind: InhibitorKind
    #: the slug of a parent, the name of a node
    name: str


#: everything above the jobs of :ids
_UP = """WITH RECURSIVE up (job_id, above_id, kind, name) AS (
    SELECT value, value, '', '' FROM json_each(:ids)
    UNION
    SELECT up.job_id, p.id, 'parent', p.slug
    FROM up JOIN job_parents l ON l.job_id = up.above_id
    JOIN jobs p ON p.slug = l.parent AND p.archived_at IS NULL
    UNION
    SELECT up.job_id, h.id, 'node', h.stands_for_node
    FROM up JOIN jobs c ON c.id = up.above_id
    JOIN jobs h ON h.stands_for_node = c.node AND h.stands_for_node <> ''
        AND h.archived_at IS NULL AND h.id <> c.id)"""

#: everything below the jobs of :ids, they themselves at the head
_DOWN = """WITH RECURSIVE down (job_id) AS (
    SELECT value FROM json_each(:ids)
    UNION
    SELECT l.job_id
    FROM down JOIN jobs p ON p.id = down.job_id
    JOIN job_parents l ON l.parent = p.slug
    UNION
    SELECT c.id
    FROM down JOIN jobs h ON h.id = down.job_id
    JOIN jobs c ON c.node = h.stands_for_node AND c.node <> ''
        AND c.archived_at IS NULL)"""


async def set_parents(tx: Transaction, job_id: JobId, parents: Collection[str]) -> None:
    """Write down whom a job depends on."""
    await tx.execute("DELETE FROM job_parents WHERE job_id = :id", {"id": job_id})
    if parents:
        await tx.executemany(
            "INSERT INTO job_parents (job_id, parent) VALUES (?, ?)",
            [(job_id, parent) for parent in parents],
        )


async def above(q: Queries, ids: Iterable[JobId]) -> list[Link]:
    """Everything above these jobs, at whatever distance; a cycle names itself."""
    rows = await q.fetch_all(
        f"""{_UP} SELECT job_id, above_id, kind, name FROM up WHERE kind <> ''
            ORDER BY job_id, above_id, kind""",
        {"ids": as_list(ids)},
    )
    return [
        Link(JobId(row[0]), JobId(row[1]), InhibitorKind(row[2]), row[3])
        for row in rows
    ]


async def in_trouble(q: Queries) -> set[JobId]:
    """The jobs above others that have an unresolved incident, and not a drift alone."""
    rows = await q.fetch_all(
        """SELECT i.job_id FROM incidents i JOIN jobs j ON j.id = i.job_id
           WHERE i.resolved_at IS NULL AND i.kind <> :drift
             AND (j.stands_for_node <> '' OR EXISTS (
                 SELECT 1 FROM job_parents l WHERE l.parent = j.slug))""",
        {"drift": IncidentKind.DRIFT},
    )
    return {JobId(row[0]) for row in rows}


async def ask_below(tx: Transaction, ids: Iterable[JobId], now: datetime) -> bool:
    """What stands below these jobs, and they themselves, ask again what may sound.

    So do those that an incident of theirs has silenced. Whether there are any.
    """
    changed = await tx.execute(
        # of a statement that begins with WITH nobody is told how much it changed
        f"""UPDATE incidents SET review_at = :now
            WHERE resolved_at IS NULL AND kind = :kind
              AND (job_id IN ({_DOWN} SELECT job_id FROM down) OR inhibited_by IN (
                  SELECT id FROM incidents WHERE job_id IN (
                      SELECT value FROM json_each(:ids))))""",
        {"ids": as_list(ids), "now": to_us(now), "kind": IncidentKind.MISSED},
    )
    return changed > 0
