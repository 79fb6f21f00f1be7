"""How much the stored outputs of runs take, and which may go."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.core.executions import BAD, ExecutionId
from storage.queries import Queries, Transaction
from storage.rows import as_list

#: the newest failure of its job: what somebody will want to read
_IS_NEEDED = """e.ending IN (SELECT value FROM json_each(:bad)) AND e.id = (
    SELECT n.id FROM executions n
    WHERE n.job_id = e.job_id AND n.ending IN (SELECT value FROM json_each(:bad))
    ORDER BY n.id DESC LIMIT 1)"""


class Kept(NamedTuple):
    """An output that is stored."""

    id: ExecutionId
    #: bytes that it takes, deflated
    size: int


async def total(q: Queries) -> int:
    """Bytes that all of them take."""
    row = await q.fetch_one("SELECT coalesce(sum(length(body)), 0) FROM outputs")
    return 0 if row is None else int(row[0])


async def oldest(q: Queries, limit: int) -> list[Kept]:
    """Those that may go, the oldest first; of each job the newest failure stays."""
    rows = await q.fetch_all(
        f"""SELECT o.execution_id, length(o.body) FROM outputs o
            JOIN executions e ON e.id = o.execution_id
            WHERE NOT ({_IS_NEEDED}) ORDER BY o.execution_id LIMIT :limit""",
        {"bad": as_list(sorted(BAD)), "limit": limit},
    )
    return [Kept(ExecutionId(row[0]), row[1]) for row in rows]


async def remove(tx: Transaction, ids: Sequence[ExecutionId]) -> None:
    """Remove these; what became of the runs stays."""
    await tx.execute(
        """DELETE FROM outputs
           WHERE execution_id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
