"""What a batch of pings needs to know of its jobs: one statement for all of them.

That is numbers alone: definition and state are kept in memory as long as those agree.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bot.core.kinds import JobId
from storage.queries import Queries, Question, Rows
from storage.rows import as_list


class Found(NamedTuple):
    """A job in use, and the numbers by which one knows whether it has changed."""

    job_id: JobId
    #: of its definition
    revision: int
    #: of its state
    stamp: int
    #: whether there may be jobs that follow on its ends
    is_followed: bool = False


#: to be selected for a `Found` after its numbers, of jobs `j`
IS_FOLLOWED = "EXISTS (SELECT 1 FROM job_follows w WHERE w.slug = j.slug)"


def by_uuid(uuids: Iterable[str]) -> Question[dict[str, Found]]:
    """The jobs in use of these UUIDs, by UUID."""
    return Question(
        f"""SELECT j.uuid, j.id, j.revision, s.stamp, {IS_FOLLOWED}
           FROM jobs j JOIN job_states s ON s.job_id = j.id
           WHERE j.uuid IN (SELECT value FROM json_each(?))
             AND j.archived_at IS NULL""",
        (as_list(uuids),),
        found,
    )


def by_slug(slugs: Iterable[str]) -> Question[dict[str, Found]]:
    """The jobs in use of these slugs, by slug."""
    return Question(
        f"""SELECT j.slug, j.id, j.revision, s.stamp, {IS_FOLLOWED}
           FROM jobs j JOIN job_states s ON s.job_id = j.id
           WHERE j.slug IN (SELECT value FROM json_each(?))
             AND j.archived_at IS NULL""",
        (as_list(slugs),),
        found,
    )


async def by_id(q: Queries, ids: Iterable[JobId]) -> list[Found]:
    """The jobs in use of these ids."""
    rows = await q.fetch_all(
        """SELECT j.id, j.revision, s.stamp
           FROM jobs j JOIN job_states s ON s.job_id = j.id
           WHERE j.id IN (SELECT value FROM json_each(?))
             AND j.archived_at IS NULL""",
        (as_list(ids),),
    )
    return [Found(*row) for row in rows]


def found(rows: Rows) -> dict[str, Found]:
    """From rows of a key, the three numbers, and whether it is followed."""
    return {row[0]: Found(row[1], row[2], row[3], bool(row[4])) for row in rows}
