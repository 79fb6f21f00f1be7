"""The history of jobs as their habits are learnt from it, and that of a single job."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from bot.core.drift_facts import DAY, Daily
from bot.core.kinds import JobId, Outcome
from storage.queries import Queries
from storage.rows import as_list
from storage.times import delta_us, from_us, optional_from_us, to_us

_US = 1_000_000

_DURATIONS = """SELECT r.job_id, (r.started_at - :since) / :day AS part, count(*),
        avg(r.ended_at - r.started_at)
    FROM json_each(:ids) w CROSS JOIN runs r ON r.job_id = w.value
        AND r.started_at >= :since AND r.started_at < :end
    WHERE r.outcome IN ('ok', 'late') AND r.ended_at > r.started_at
    GROUP BY r.job_id, part"""
_STARTS = """SELECT r.job_id, (r.started_at - :since) / :day AS part, count(*),
        avg(r.started_at - r.due_at)
    FROM json_each(:ids) w CROSS JOIN runs r ON r.job_id = w.value
        AND r.started_at >= :since AND r.started_at < :end
    WHERE r.due_at IS NOT NULL
    GROUP BY r.job_id, part"""
_REPORTS = """SELECT s.job_id, (s.due_at - :since) / :day AS part, count(*),
        avg(s.decided_at - s.due_at)
    FROM json_each(:ids) w CROSS JOIN slots s ON s.job_id = w.value
        AND s.due_at >= :since AND s.due_at < :end
    WHERE s.outcome IN ('ok', 'late')
    GROUP BY s.job_id, part"""
_COUNTS = """SELECT p.job_id, (p.at - :since) / :day AS part, count(*),
        count(*) * 1000000.0
    FROM json_each(:ids) w CROSS JOIN pings p ON p.job_id = w.value AND p.id >= :after
    WHERE p.kind = 'success' AND p.at >= :since AND p.at < :end
    GROUP BY p.job_id, part"""


async def durations(
    q: Queries, ids: Iterable[JobId], since: datetime, end: datetime
) -> list[Daily]:
    """How long good runs took, by day."""
    return await _daily(q, _DURATIONS, ids, since, end)


async def starts(
    q: Queries, ids: Iterable[JobId], since: datetime, end: datetime
) -> list[Daily]:
    """How long after their due runs began, by day."""
    return await _daily(q, _STARTS, ids, since, end)


async def reports(
    q: Queries, ids: Iterable[JobId], since: datetime, end: datetime
) -> list[Daily]:
    """How long after their due lone reports came, by day."""
    return await _daily(q, _REPORTS, ids, since, end)


async def counts(
    q: Queries, ids: Iterable[JobId], since: datetime, end: datetime, *, after: int
) -> list[Daily]:
    """How many successes came, by day, from ping number `after` on."""
    return await _daily(q, _COUNTS, ids, since, end, after)


async def _daily(
    q: Queries,
    sql: str,
    ids: Iterable[JobId],
    since: datetime,
    end: datetime,
    after: int = 0,
) -> list[Daily]:
    rows = await q.fetch_all(
        sql,
        {
            "ids": as_list(ids),
            "since": to_us(since),
            "end": to_us(end),
            "day": delta_us(DAY),
            "after": after,
        },
    )
    return [Daily(row[0], row[1], row[2], row[3] / _US) for row in rows]


class Ended(NamedTuple):
    """A run of one job that is over."""

    started_at: datetime
    ended_at: datetime
    due_at: datetime | None
    outcome: Outcome


async def ended_runs(
    q: Queries, job_id: JobId, start: datetime, *, limit: int
) -> list[Ended]:
    """The newest runs since then that are over, newest first."""
    rows = await q.fetch_all(
        """SELECT started_at, ended_at, due_at, outcome FROM runs
           WHERE job_id = :job_id AND started_at >= :start
             AND ended_at IS NOT NULL AND outcome IS NOT NULL
           ORDER BY started_at DESC LIMIT :limit""",
        {"job_id": job_id, "start": to_us(start), "limit": limit},
    )
    return [
        Ended(
            from_us(row[0]), from_us(row[1]), optional_from_us(row[2]), Outcome(row[3])
        )
        for row in rows
    ]


async def reported_slots(
    q: Queries, job_id: JobId, start: datetime, *, limit: int
) -> list[tuple[datetime, datetime, Outcome]]:
    """The newest good slots since then: when due, and when decided; newest first."""
    rows = await q.fetch_all(
        """SELECT due_at, decided_at, outcome FROM slots
           WHERE job_id = :job_id AND due_at >= :start AND outcome IN ('ok', 'late')
           ORDER BY due_at DESC LIMIT :limit""",
        {"job_id": job_id, "start": to_us(start), "limit": limit},
    )
    return [(from_us(row[0]), from_us(row[1]), Outcome(row[2])) for row in rows]
