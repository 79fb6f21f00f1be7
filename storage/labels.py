"""Tags and nodes of the jobs in use, by what somebody has typed."""

from storage.queries import Queries


async def tags_like(q: Queries, text: str, limit: int) -> list[str]:
    """Tags that contain it, those that begin with it first."""
    rows = await q.fetch_all(
        """SELECT t.value FROM jobs j, json_each(j.tags) t
           WHERE j.archived_at IS NULL AND instr(lower(t.value), lower(:text))
           GROUP BY t.value
           ORDER BY instr(lower(t.value), lower(:text)), t.value LIMIT :limit""",
        {"text": text, "limit": limit},
    )
    return [str(row[0]) for row in rows]


async def nodes_like(q: Queries, text: str, limit: int) -> list[str]:
    """Nodes that contain it, those that begin with it first."""
    rows = await q.fetch_all(
        """SELECT j.node FROM jobs j
           WHERE j.archived_at IS NULL AND j.node <> ''
             AND instr(lower(j.node), lower(:text))
           GROUP BY j.node
           ORDER BY instr(lower(j.node), lower(:text)), j.node LIMIT :limit""",
        {"text": text, "limit": limit},
    )
    return [str(row[0]) for row in rows]


async def count_tagged(q: Queries, tag: str) -> int:
    """How many jobs in use have just this tag."""
    row = await q.fetch_one(
        """SELECT count(*) FROM jobs j WHERE j.archived_at IS NULL
             AND EXISTS (SELECT 1 FROM json_each(j.tags) t WHERE t.value = :tag)""",
        {"tag": tag},
    )
    return 0 if row is None else int(row[0])


async def count_on(q: Queries, node: str) -> int:
    """How many jobs in use are of just this node."""
    row = await q.fetch_one(
        """SELECT count(*) FROM jobs j
           WHERE j.archived_at IS NULL AND j.node = :node""",
        {"node": node},
    )
    return 0 if row is None else int(row[0])
