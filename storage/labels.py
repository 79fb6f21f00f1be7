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
