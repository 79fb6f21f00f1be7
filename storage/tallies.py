"""What became of jobs in a stretch of time, counted by SQLite: no row is brought here.

Every function takes the ids of some jobs, so that a look at the database stays short
however many there are.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.core.kinds import JobId, Outcome
from bot.core.periods import Stretch
from bot.core.timelines import Tally
from storage.queries import Queries
from storage.rows import as_list
from storage.times import delta_us, from_us, to_us

#: how long before its end a run may have started to be found by it
_LONGEST_RUN = timedelta(days=1)

_SLOTS = """SELECT s.job_id, :first + min((s.due_at - :start) / :width, :last) AS part,
        s.outcome, count(*)
    FROM json_each(:ids) w CROSS JOIN slots s ON s.job_id = w.value
        AND s.due_at >= :start AND s.due_at < :end
    GROUP BY s.job_id, part, s.outcome"""
#: a run that overran and goes on is over for a report
_RUNS = """SELECT r.job_id,
        :first + min((coalesce(r.ended_at, r.deadline_at) - :start) / :width, :last)
            AS part,
        r.outcome, count(*)
    FROM json_each(:ids) w CROSS JOIN runs r ON r.job_id = w.value
        AND r.started_at >= :began AND r.started_at < :end
    WHERE r.due_at IS NULL AND r.outcome IS NOT NULL
      AND coalesce(r.ended_at, r.deadline_at) >= :start
      AND coalesce(r.ended_at, r.deadline_at) < :end
    GROUP BY r.job_id, part, r.outcome"""
_PINGS = """SELECT p.job_id, :first + min((p.at - :start) / :width, :last) AS part,
        CASE p.kind WHEN 'success' THEN 'ok' ELSE 'failed' END AS outcome, count(*)
    FROM json_each(:ids) w CROSS JOIN pings p ON p.job_id = w.value
        AND p.id >= :after
    WHERE p.kind IN ('success', 'fail') AND p.at >= :start AND p.at < :end
    GROUP BY p.job_id, part, outcome"""


async def slots(q: Queries, ids: Iterable[JobId], stretch: Stretch) -> list[Tally]:
    """Slots by job, column and outcome."""
    return await _tallies(q, _SLOTS, ids, stretch)


async def runs(q: Queries, ids: Iterable[JobId], stretch: Stretch) -> list[Tally]:
    """Runs that had no slot, by job, the column of their end, and outcome."""
    return await _tallies(q, _RUNS, ids, stretch)


async def pings(
    q: Queries, ids: Iterable[JobId], stretch: Stretch, *, after: int
) -> list[Tally]:
    """Successes and failures from ping number `after` on, as `ok` and `failed`."""
    return await _tallies(q, _PINGS, ids, stretch, after)


async def _tallies(
    q: Queries, sql: str, ids: Iterable[JobId], stretch: Stretch, after: int = 0
) -> list[Tally]:
    rows = await q.fetch_all(
        sql,
        {
            "ids": as_list(ids),
            "first": stretch.first,
            "last": stretch.count - 1,
            "width": delta_us(stretch.width),
            "start": to_us(stretch.start),
            "end": to_us(stretch.end),
            "began": to_us(stretch.start - _LONGEST_RUN),
            "after": after,
        },
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def run_count(
    q: Queries, ids: Iterable[JobId], start: datetime, end: datetime
) -> int:
    """How many runs began."""
    row = await q.fetch_one(
        """SELECT count(*) FROM json_each(:ids) w
           CROSS JOIN runs r ON r.job_id = w.value
               AND r.started_at >= :start AND r.started_at < :end""",
        {"ids": as_list(ids), "start": to_us(start), "end": to_us(end)},
    )
    return 0 if row is None else int(row[0])


async def first_ping(q: Queries, at: datetime) -> int:
    """About the number of the first ping that came at that moment or later.

    Numbers grow with time, so it is found by halving; a clock that was set back makes
    it less exact.
    """
    (ends,) = await q.fetch_all(
        """SELECT coalesce((SELECT id FROM pings ORDER BY id LIMIT 1), 1),
               coalesce((SELECT id FROM pings ORDER BY id DESC LIMIT 1), 0) + 1"""
    )
    low, high = int(ends[0]), int(ends[1])
    while low < high:
        middle = (low + high) // 2
        row = await q.fetch_one(
            "SELECT id, at FROM pings WHERE id >= :id ORDER BY id LIMIT 1",
            {"id": middle},
        )
        if row is None or from_us(row[1]) >= at:
            high = middle
        else:
            low = row[0] + 1
    return low


async def sounds(q: Queries, start: datetime, end: datetime) -> int:
    """How many notifications made a sound."""
    row = await q.fetch_one(
        """SELECT count(*) FROM notifications
           WHERE sounds = 1 AND at >= :start AND at < :end""",
        {"start": to_us(start), "end": to_us(end)},
    )
    return 0 if row is None else int(row[0])


async def incidents_opened(q: Queries, start: datetime, end: datetime) -> int:
    """How many incidents opened."""
    row = await q.fetch_one(
        """SELECT count(*) FROM incidents
           WHERE opened_at >= :start AND opened_at < :end""",
        {"start": to_us(start), "end": to_us(end)},
    )
    return 0 if row is None else int(row[0])


async def outcomes(
    q: Queries, ids: Iterable[JobId], start: datetime, end: datetime
) -> dict[Outcome, int]:
    """Slots of these jobs by outcome, without columns."""
    rows = await q.fetch_all(
        """SELECT s.outcome, count(*) FROM json_each(:ids) w
           CROSS JOIN slots s ON s.job_id = w.value
               AND s.due_at >= :start AND s.due_at < :end
           GROUP BY s.outcome""",
        {"ids": as_list(ids), "start": to_us(start), "end": to_us(end)},
    )
    return {Outcome(row[0]): row[1] for row in rows}
