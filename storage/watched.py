"""What a batch of pings needs to know of its jobs: one statement for all of them."""

from collections.abc import Iterable

from bot.core.kinds import JobId
from bot.core.models import JobState
from storage import states
from storage.queries import Queries
from storage.rows import as_list

#: a job's id, the revision of its definition, and its state
Found = tuple[JobId, int, JobState]

_REVISION, _KEY = states.WIDTH, states.WIDTH + 1


async def by_uuid(q: Queries, uuids: Iterable[str]) -> dict[str, Found]:
    """The jobs in use of these UUIDs, by UUID."""
    rows = await q.fetch_all(
        f"""SELECT {states.COLUMNS}, j.revision, j.uuid
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.uuid IN (SELECT value FROM json_each(:keys))
              AND j.archived_at IS NULL""",
        {"keys": as_list(uuids)},
    )
    return {
        row[_KEY]: (JobId(row[0]), row[_REVISION], states.from_row(row)) for row in rows
    }


async def by_slug(q: Queries, slugs: Iterable[str]) -> dict[str, Found]:
    """The jobs in use of these slugs, by slug."""
    rows = await q.fetch_all(
        f"""SELECT {states.COLUMNS}, j.revision, j.slug
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.slug IN (SELECT value FROM json_each(:keys))
              AND j.archived_at IS NULL""",
        {"keys": as_list(slugs)},
    )
    return {
        row[_KEY]: (JobId(row[0]), row[_REVISION], states.from_row(row)) for row in rows
    }


async def by_id(q: Queries, ids: Iterable[JobId]) -> dict[JobId, Found]:
    """The jobs in use of these ids, by id."""
    rows = await q.fetch_all(
        f"""SELECT {states.COLUMNS}, j.revision
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.id IN (SELECT value FROM json_each(:keys))
              AND j.archived_at IS NULL""",
        {"keys": as_list(ids)},
    )
    return {
        JobId(row[0]): (JobId(row[0]), row[_REVISION], states.from_row(row))
        for row in rows
    }
