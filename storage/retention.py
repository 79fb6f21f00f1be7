"""Removal of what was kept long enough, a few rows at a time.

Each function removes at most `limit` rows (and of pings some megabytes) and says
whether there may be more. What an incident that is not resolved or a run that has not
ended still needs stays. Numbers are never given out again (AUTOINCREMENT).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.kinds import JobId
from storage.queries import Queries, Transaction
from storage.rows import as_list
from storage.times import to_us

#: what the card of an incident looks for output in: see `storage.pings.outputs`
PINGS_OF_AN_INCIDENT = 50
#: bodies that one transaction removes: each of their pages is touched
_BYTES_AT_ONCE = 2_000_000

#: fewer than so many pings of the job came after it
_IS_RECENT = f"""(SELECT count(*) FROM (
        SELECT 1 FROM pings n WHERE n.job_id = p.job_id AND n.id > p.id
        LIMIT {PINGS_OF_AN_INCIDENT})) < {PINGS_OF_AN_INCIDENT}"""
_IS_NEEDED = f"""(EXISTS (
        SELECT 1 FROM incidents i
        WHERE i.job_id = p.job_id AND i.resolved_at IS NULL AND {_IS_RECENT})
    OR EXISTS (
        SELECT 1 FROM runs r
        WHERE r.job_id = p.job_id AND r.ended_at IS NULL AND r.started_at <= p.at))"""


@dataclass(frozen=True, slots=True)
class Window:
    """Pings that were looked at, oldest first."""

    #: those that may go
    ids: Sequence[int]
    #: where to look further; None: what follows is younger
    after: int | None


async def old_pings(q: Queries, before: datetime, *, after: int, limit: int) -> Window:
    """Those among the next `limit` pings that came before a moment and may go."""
    rows = await q.fetch_all(
        f"""SELECT p.id, p.at < :before, coalesce(length(p.body), 0), {_IS_NEEDED}
            FROM pings p WHERE p.id > :after ORDER BY p.id LIMIT :limit""",
        {"before": to_us(before), "after": after, "limit": limit},
    )
    if not any(row[1] for row in rows):
        return Window((), None)
    ids: list[int] = []
    size, last = 0, after
    for ping_id, is_old, body, is_needed in rows:
        last = ping_id
        if is_old and not is_needed:
            ids.append(ping_id)
            size += body
        if size > _BYTES_AT_ONCE:
            return Window(ids, last)
    return Window(ids, last if len(rows) == limit else None)


async def remove_pings(tx: Transaction, ids: Sequence[int]) -> None:
    """Remove these, but for what has become needed meanwhile."""
    await tx.execute(
        f"""DELETE FROM pings WHERE id IN (
               SELECT p.id FROM pings p
               WHERE p.id IN (SELECT value FROM json_each(:ids))
                 AND NOT {_IS_NEEDED})""",
        {"ids": as_list(ids)},
    )


async def busy_jobs(q: Queries, most: int) -> Mapping[JobId, int]:
    """Jobs that have had more pings than are kept, and how many."""
    rows = await q.fetch_all(
        "SELECT job_id, ping_count FROM job_states WHERE ping_count > :most",
        {"most": most},
    )
    return {JobId(row[0]): row[1] for row in rows}


async def surplus_pings(
    q: Queries, job_id: JobId, most: int, *, limit: int
) -> list[int]:
    """The oldest pings of a job beyond the newest `most`; at least 50 are kept."""
    rows = await q.fetch_all(
        """SELECT p.id, coalesce(length(p.body), 0) FROM pings p
           WHERE p.job_id = :job_id AND p.id <= (
               SELECT id FROM pings WHERE job_id = :job_id
               ORDER BY id DESC LIMIT 1 OFFSET :most)
           ORDER BY p.id LIMIT :limit""",
        {"job_id": job_id, "most": max(most, PINGS_OF_AN_INCIDENT), "limit": limit},
    )
    ids: list[int] = []
    size = 0
    for ping_id, body in rows:
        ids.append(ping_id)
        size += body
        if size > _BYTES_AT_ONCE:
            break
    return ids


async def remove_surplus(tx: Transaction, ids: Sequence[int]) -> None:
    """Remove these: newer ones of the same job are enough for everything."""
    await tx.execute(
        "DELETE FROM pings WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": as_list(ids)},
    )


_OLD_RUNS = """SELECT r.id FROM jobs j
    JOIN runs r ON r.job_id = j.id AND r.started_at < :before
    WHERE r.ended_at < :before LIMIT :limit"""
_OLD_SLOTS = """SELECT s.job_id, s.due_at FROM jobs j
    JOIN slots s ON s.job_id = j.id AND s.due_at < :before
    WHERE NOT EXISTS (
        SELECT 1 FROM incidents i WHERE i.job_id = j.id AND i.resolved_at IS NULL
          AND s.due_at >= coalesce(i.due_at, i.opened_at))
    LIMIT :limit"""
_OLD_NOTICES = """SELECT n.id FROM notifications n
    WHERE n.incident_id IS NULL AND n.at < :before AND NOT EXISTS (
        SELECT 1 FROM deliveries d
        WHERE d.notification_id = n.id AND d.try_at IS NOT NULL)
    LIMIT :limit"""
#: neither the last one of a job, nor one of which somebody is still to be told
_OLD_INCIDENTS = """SELECT i.id FROM incidents i
    WHERE i.resolved_at < :before
      AND NOT EXISTS (
          SELECT 1 FROM job_states s
          WHERE s.job_id = i.job_id AND s.incident_id = i.id)
      AND NOT EXISTS (
          SELECT 1 FROM cards c WHERE c.incident_id = i.id AND c.try_at IS NOT NULL)
      AND NOT EXISTS (
          SELECT 1 FROM notifications n
          JOIN deliveries d ON d.notification_id = n.id
          WHERE n.incident_id = i.id AND d.try_at IS NOT NULL)
    LIMIT :limit"""
#: no slot or run refers to it, and nobody is still to be told
_OLD_BLIND_TIMES = """SELECT b.id FROM blind_times b
    WHERE b.ended_at < :before AND b.tell_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM slots s WHERE s.blind_id = b.id)
      AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.blind_id = b.id)
      AND NOT EXISTS (
          SELECT 1 FROM bulletins u WHERE u.kind = 'blind' AND u.subject_id = b.id
            AND u.try_at IS NOT NULL)
    LIMIT :limit"""
#: all that was ever in it is gone, and so is what could speak of it
_OLD_STORMS = """SELECT s.id FROM storms s
    WHERE s.ends_at < :before
      AND NOT EXISTS (SELECT 1 FROM storm_members m WHERE m.storm_id = s.id)
      AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.storm_id = s.id)
    LIMIT :limit"""
_OLD_EXECUTIONS = """SELECT e.id FROM executions e
    WHERE e.ended_at < :before LIMIT :limit"""
_OLD_SUMMARIES = """SELECT s.id FROM summaries s WHERE s.made_at < :before
    LIMIT :limit"""
_OLD = {
    "executions": _OLD_EXECUTIONS,
    "runs": _OLD_RUNS,
    "slots": _OLD_SLOTS,
    "notices": _OLD_NOTICES,
    "incidents": _OLD_INCIDENTS,
    "blind_times": _OLD_BLIND_TIMES,
    "storms": _OLD_STORMS,
    "summaries": _OLD_SUMMARIES,
}
#: in this order: what refers to something goes before it
_REMOVALS = {
    "executions": (
        f"DELETE FROM outputs WHERE execution_id IN ({_OLD_EXECUTIONS})",
        f"""DELETE FROM executions WHERE id IN ({_OLD_EXECUTIONS})
            AND NOT EXISTS (SELECT 1 FROM outputs o
                            WHERE o.execution_id = executions.id)""",
    ),
    "runs": (f"DELETE FROM runs WHERE id IN ({_OLD_RUNS})",),
    "slots": (f"DELETE FROM slots WHERE (job_id, due_at) IN ({_OLD_SLOTS})",),
    "notices": (
        f"""DELETE FROM deliveries WHERE (notification_id, channel) IN (
            SELECT d.notification_id, d.channel FROM deliveries d
            WHERE d.notification_id IN ({_OLD_NOTICES}) LIMIT :limit)""",
        f"""DELETE FROM notifications WHERE id IN ({_OLD_NOTICES}) AND NOT EXISTS (
            SELECT 1 FROM deliveries d WHERE d.notification_id = notifications.id)""",
    ),
    "incidents": (
        f"""DELETE FROM deliveries WHERE (notification_id, channel) IN (
            SELECT d.notification_id, d.channel FROM deliveries d
            JOIN notifications n ON n.id = d.notification_id
            WHERE n.incident_id IN ({_OLD_INCIDENTS}) LIMIT :limit)""",
        f"""DELETE FROM notifications WHERE id IN (
            SELECT n.id FROM notifications n
            WHERE n.incident_id IN ({_OLD_INCIDENTS}) AND NOT EXISTS (
                SELECT 1 FROM deliveries d WHERE d.notification_id = n.id)
            LIMIT :limit)""",
        f"""DELETE FROM incident_events WHERE id IN (
            SELECT e.id FROM incident_events e
            WHERE e.incident_id IN ({_OLD_INCIDENTS}) LIMIT :limit)""",
        f"""DELETE FROM cards WHERE (incident_id, place) IN (
            SELECT c.incident_id, c.place FROM cards c
            WHERE c.incident_id IN ({_OLD_INCIDENTS}) LIMIT :limit)""",
        f"""DELETE FROM threads WHERE (incident_id, place) IN (
            SELECT t.incident_id, t.place FROM threads t
            WHERE t.incident_id IN ({_OLD_INCIDENTS}) LIMIT :limit)""",
        f"""DELETE FROM storm_members WHERE (storm_id, incident_id) IN (
            SELECT m.storm_id, m.incident_id FROM storm_members m
            WHERE m.incident_id IN ({_OLD_INCIDENTS}) LIMIT :limit)""",
        f"""DELETE FROM incidents WHERE id IN ({_OLD_INCIDENTS})
            AND NOT EXISTS (SELECT 1 FROM notifications n
                            WHERE n.incident_id = incidents.id)
            AND NOT EXISTS (SELECT 1 FROM incident_events e
                            WHERE e.incident_id = incidents.id)
            AND NOT EXISTS (SELECT 1 FROM cards c
                            WHERE c.incident_id = incidents.id)
            AND NOT EXISTS (SELECT 1 FROM threads t
                            WHERE t.incident_id = incidents.id)
            AND NOT EXISTS (SELECT 1 FROM storm_members m
                            WHERE m.incident_id = incidents.id)""",
    ),
    "blind_times": (
        f"""DELETE FROM bulletins WHERE (kind, subject_id, place) IN (
            SELECT u.kind, u.subject_id, u.place FROM bulletins u
            WHERE u.kind = 'blind' AND u.subject_id IN ({_OLD_BLIND_TIMES})
            LIMIT :limit)""",
        f"""DELETE FROM passed_dues WHERE (blind_id, job_id) IN (
            SELECT p.blind_id, p.job_id FROM passed_dues p
            WHERE p.blind_id IN ({_OLD_BLIND_TIMES}) LIMIT :limit)""",
        f"""DELETE FROM blind_times WHERE id IN ({_OLD_BLIND_TIMES})
            AND NOT EXISTS (SELECT 1 FROM passed_dues p
                            WHERE p.blind_id = blind_times.id)
            AND NOT EXISTS (SELECT 1 FROM bulletins u
                            WHERE u.kind = 'blind'
                              AND u.subject_id = blind_times.id)""",
    ),
    "storms": (
        f"""DELETE FROM bulletins WHERE (kind, subject_id, place) IN (
            SELECT u.kind, u.subject_id, u.place FROM bulletins u
            WHERE u.kind = 'storm' AND u.subject_id IN ({_OLD_STORMS})
            LIMIT :limit)""",
        f"""DELETE FROM storms WHERE id IN ({_OLD_STORMS})
            AND NOT EXISTS (SELECT 1 FROM bulletins u
                            WHERE u.kind = 'storm' AND u.subject_id = storms.id)""",
    ),
    "summaries": (f"DELETE FROM summaries WHERE id IN ({_OLD_SUMMARIES})",),
}
#: what `is_there` and `remove` know
KINDS = tuple(_OLD)


async def is_there(q: Queries, kind: str, before: datetime) -> bool:
    """Whether there is anything of a kind that ended before a moment and may go."""
    row = await q.fetch_one(_OLD[kind], {"before": to_us(before), "limit": 1})
    return row is not None


async def remove(tx: Transaction, kind: str, before: datetime, *, limit: int) -> int:
    """Remove at most `limit` rows of a kind, or of what belongs to it; how many."""
    removed = 0
    for statement in _REMOVALS[kind]:
        left = limit - removed
        if left <= 0:
            break
        removed += await tx.execute(statement, {"before": to_us(before), "limit": left})
    return removed
