"""Whose end starts which job."""

from collections.abc import Collection, Iterable

from bot.core.commands import Follows
from bot.core.kinds import JobId
from storage.queries import Queries, Transaction
from storage.rows import as_list


async def put(tx: Transaction, job_id: JobId, follows: Collection[Follows]) -> None:
    """Write down which jobs' ends start this one."""
    await tx.execute("DELETE FROM job_follows WHERE job_id = :id", {"id": job_id})
    slugs = dict.fromkeys(each.slug for each in follows)
    if slugs:
        await tx.executemany(
            "INSERT INTO job_follows (job_id, slug) VALUES (?, ?)",
            [(job_id, slug) for slug in slugs],
        )


async def of(q: Queries, slugs: Iterable[str]) -> dict[str, list[JobId]]:
    """The jobs in use that may follow on these, by slug."""
    rows = await q.fetch_all(
        """SELECT f.slug, f.job_id FROM job_follows f JOIN jobs j ON j.id = f.job_id
           WHERE f.slug IN (SELECT value FROM json_each(:slugs))
             AND j.archived_at IS NULL ORDER BY j.slug""",
        {"slugs": as_list(slugs)},
    )
    found: dict[str, list[JobId]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(JobId(row[1]))
    return found
