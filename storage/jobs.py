"""Job definitions: made, changed, archived and found."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from bot.core import jobs
from bot.core.kinds import JobId
from bot.core.models import Definition, Job, JobState
from bot.errors import Unreadable
from storage import families, follows, states
from storage.queries import Queries, Rows, Transaction
from storage.rows import as_list
from storage.times import from_us, optional_from_us, to_us

_COLUMNS = """j.id, j.uuid, j.definition, j.revision, j.declared, j.created_at,
    j.archived_at, j.first_uuid, j.slug"""


def _from_row(row: sqlite3.Row, at: int = 0) -> Job:
    """Raises Unreadable for one that breaks a rule of Cronitor itself."""
    uuid = row[at + 1]
    try:
        definition = jobs.restore(json.loads(row[at + 2]), row[at + 7] or uuid)
    except Exception as exc:
        slug = row[at + 8]
        raise Unreadable(
            f"the definition of {slug} cannot be read ({type(exc).__name__}), and it is"
            f" not watched: remove it (`cronitor job remove {slug}`) or go back to a"
            " backup (`cronitor restore`)"
        ) from exc
    return Job(
        id=JobId(row[at]),
        uuid=uuid,
        definition=definition,
        revision=row[at + 3],
        declared=bool(row[at + 4]),
        created_at=from_us(row[at + 5]),
        archived_at=optional_from_us(row[at + 6]),
        first_uuid=row[at + 7],
    )


def _values(definition: Definition) -> dict[str, object]:
    return {
        "slug": definition.slug,
        "kind": definition.kind,
        "node": definition.node,
        "tags": json.dumps(definition.tags),
        "definition": json.dumps(jobs.as_table(definition)),
        "stands_for_node": definition.stands_for_node,
    }


async def insert(
    tx: Transaction,
    definition: Definition,
    *,
    uuid: str,
    declared: bool,
    now: datetime,
) -> Job:
    """Store a new job; its state is stored apart."""
    rows = await tx.fetch_all(
        """INSERT INTO jobs (uuid, slug, kind, node, tags, definition, declared,
               created_at, stands_for_node)
           VALUES (:uuid, :slug, :kind, :node, :tags, :definition, :declared, :now,
               :stands_for_node)
           RETURNING id""",
        {
            **_values(definition),
            "uuid": uuid,
            "declared": declared,
            "now": to_us(now),
        },
    )
    job_id = JobId(rows[0][0])
    if definition.depends_on:
        await families.set_parents(tx, job_id, definition.depends_on)
    if definition.command is not None and definition.command.after:
        await follows.put(tx, job_id, definition.command.after)
    return Job(
        id=job_id,
        uuid=uuid,
        definition=definition,
        created_at=now,
        declared=declared,
    )


async def update(tx: Transaction, job: Job) -> bool:
    """Store a changed definition; False when somebody else changed it first."""
    changed = await tx.execute(
        """UPDATE jobs SET slug = :slug, kind = :kind, node = :node, tags = :tags,
               definition = :definition, revision = :revision, declared = :declared,
               stands_for_node = :stands_for_node
           WHERE id = :id AND revision = :revision - 1 AND archived_at IS NULL""",
        {
            **_values(job.definition),
            "id": job.id,
            "revision": job.revision,
            "declared": job.declared,
        },
    )
    if changed != 1:
        return False
    await families.set_parents(tx, job.id, job.definition.depends_on)
    command = job.definition.command
    await follows.put(tx, job.id, () if command is None else command.after)
    return True


async def set_uuid(tx: Transaction, job_id: JobId, uuid: str) -> None:
    """Give a job another ping URL; the revision moves on, so that no cache keeps it."""
    await tx.execute(
        """UPDATE jobs SET uuid = :uuid, revision = revision + 1,
               first_uuid = CASE first_uuid WHEN '' THEN uuid ELSE first_uuid END
           WHERE id = :id""",
        {"uuid": uuid, "id": job_id},
    )


async def archive(tx: Transaction, job_id: JobId, now: datetime) -> None:
    """Take a job out of use; its history stays and its slug is free again."""
    await tx.execute(
        "UPDATE jobs SET archived_at = :now, revision = revision + 1 WHERE id = :id",
        {"now": to_us(now), "id": job_id},
    )


async def by_slug(q: Queries, slug: str) -> Job | None:
    """The job of this slug, unless it is archived."""
    row = await q.fetch_one(
        f"""SELECT {_COLUMNS} FROM jobs j
            WHERE j.slug = :slug AND j.archived_at IS NULL""",
        {"slug": slug},
    )
    return None if row is None else _from_row(row)


async def by_ids(q: Queries, ids: Iterable[JobId]) -> dict[JobId, Job]:
    """These jobs, archived ones too."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM jobs j
            WHERE j.id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {JobId(row[0]): _from_row(row) for row in rows}


async def readable(q: Queries, ids: Iterable[JobId]) -> dict[JobId, Job]:
    """These jobs, archived ones too; those that cannot be read are left out."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM jobs j
            WHERE j.id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    found = {}
    for row in rows:
        with suppress(Unreadable):
            found[JobId(row[0])] = _from_row(row)
    return found


async def slug_of(q: Queries, job_id: JobId) -> str:
    """The slug of a job, also of one whose definition cannot be read."""
    row = await q.fetch_one("SELECT slug FROM jobs WHERE id = :id", {"id": job_id})
    return "" if row is None else str(row[0])


async def forget_definition(tx: Transaction, slug: str) -> None:
    """A job of this slug without any fields takes the place of what was said of it."""
    await tx.execute(
        """UPDATE jobs SET definition = json_object('slug', slug),
               revision = revision + 1
           WHERE slug = :slug AND archived_at IS NULL""",
        {"slug": slug},
    )


async def load_all(q: Queries) -> list[Job]:
    """Every job in use, by slug."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM jobs j WHERE j.archived_at IS NULL
            ORDER BY j.slug"""
    )
    return [_from_row(row) for row in rows]


async def with_states(
    q: Queries,
    *,
    slug: str | None = None,
    status: str | None = None,
    tag: str | None = None,
    node: str | None = None,
    unreadable: list[str] | None = None,
) -> list[tuple[Job, JobState]]:
    """Jobs in use with their states, by slug; None does not filter.

    Jobs that cannot be read are left out and their slugs put into `unreadable`;
    without that Unreadable is raised.
    """
    rows = await q.fetch_all(
        f"""SELECT {states.COLUMNS}, {_COLUMNS}
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.archived_at IS NULL
              AND (:slug IS NULL OR j.slug = :slug)
              AND (:status IS NULL OR s.status = :status)
              AND (:node IS NULL OR j.node = :node)
              AND (:tag IS NULL
                   OR :tag IN (SELECT value FROM json_each(j.tags)))
            ORDER BY j.slug""",
        {"slug": slug, "status": status, "tag": tag, "node": node},
    )
    found = []
    for row in rows:
        try:
            job = _from_row(row, states.WIDTH)
        except Unreadable:
            if unreadable is None:
                raise
            unreadable.append(row[states.WIDTH + 8])
            continue
        found.append((job, states.from_row(row)))
    return found


async def rows_after(q: Queries, last: int, limit: int) -> Rows:
    """The next jobs in use by number, for `read_all`, which may take a while."""
    return await q.fetch_all(
        f"""SELECT {states.COLUMNS}, {_COLUMNS}
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.archived_at IS NULL AND j.id > :last
            ORDER BY j.id LIMIT :limit""",
        {"last": last, "limit": limit},
    )


def read_all(rows: Rows) -> list[tuple[Job, JobState]]:
    """Jobs with their states; those that cannot be read are left out."""
    found = []
    for row in rows:
        with suppress(Unreadable):
            found.append((_from_row(row, states.WIDTH), states.from_row(row)))
    return found


async def first_made_at(q: Queries) -> datetime | None:
    """When the oldest of the jobs in use was made; None: there is none."""
    row = await q.fetch_one(
        "SELECT min(created_at) FROM jobs WHERE archived_at IS NULL"
    )
    return None if row is None or row[0] is None else from_us(row[0])


async def count(q: Queries) -> int:
    """How many jobs are in use."""
    row = await q.fetch_one("SELECT count(*) FROM jobs WHERE archived_at IS NULL")
    return 0 if row is None else int(row[0])


async def edges(q: Queries, key: str) -> dict[str, tuple[str, ...]]:
    """Every slug in use, with the slugs that the field `key` of its job names."""
    rows = await q.fetch_all(
        """SELECT j.slug, coalesce(j.definition ->> ('$.' || :key), '[]') FROM jobs j
           WHERE j.archived_at IS NULL""",
        {"key": key},
    )
    return {row[0]: _slugs(json.loads(row[1])) for row in rows}


def _slugs(words: list[str]) -> tuple[str, ...]:
    """`load:failure` names load."""
    return tuple(dict.fromkeys(word.partition(":")[0] for word in words))


async def adopt(tx: Transaction, job_id: JobId) -> None:
    """A job that somebody made by hand is declared in a file from now on."""
    await tx.execute("UPDATE jobs SET declared = 1 WHERE id = :id", {"id": job_id})


async def on_start(q: Queries) -> list[str]:
    """The slugs of jobs that run whenever Cronitor starts."""
    rows = await q.fetch_all(
        """SELECT j.slug FROM jobs j
           WHERE j.archived_at IS NULL AND j.kind = 'command'
             AND j.definition ->> '$.on_start'
           ORDER BY j.slug"""
    )
    return [row[0] for row in rows]


async def watching(q: Queries) -> list[tuple[JobId, tuple[str, ...]]]:
    """Jobs that a change of a file starts, with the paths that they watch."""
    rows = await q.fetch_all(
        """SELECT j.id, j.definition -> '$.watch' FROM jobs j
           WHERE j.archived_at IS NULL AND j.kind = 'command'
             AND j.definition -> '$.watch' IS NOT NULL
           ORDER BY j.id"""
    )
    return [(JobId(row[0]), tuple(json.loads(row[1]))) for row in rows]
