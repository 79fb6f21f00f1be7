"""How jobs stand, in a few columns of each: what thousands are listed by.

What follows from the facts is the core's business: it says which rank each set of
facts has, and SQL sorts by that.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from bot.core.kinds import JobId, Status
from bot.core.states import Facts, Standing
from storage.queries import Queries
from storage.times import to_us

#: the facts of a job in one text, such as `up 0 0 1 0`; see `states.facts`
_FACTS = """s.status || ' ' || (s.last_outcome IS 'unknown') || ' '
    || (s.bad_in_a_row > 0 AND s.good_in_a_row = 0) || ' '
    || coalesce(s.due_at < :now, 0) || ' ' || (s.open_runs > 0)"""
_NAME = "coalesce(j.definition ->> '$.name', '')"

#: of a tag and of a node, where that is asked for
_OF = """(:tag IS NULL OR :tag IN (SELECT value FROM json_each(j.tags)))
    AND (:node IS NULL OR j.node = :node)"""

#: a mute of the job alone that is running at :now
_MUTED = """EXISTS (SELECT 1 FROM mutes m
    WHERE m.scope = 'job' AND m.target = j.slug
      AND m.ended_at IS NULL AND m.until_at > :now)"""

#: a job that Cronitor runs, and one of which a run waits or goes on
_COMMAND = "j.definition ->> '$.command' IS NOT NULL"
_GOING = """EXISTS (SELECT 1 FROM executions e
    WHERE e.job_id = j.id AND e.stage <> 'ended')"""


def _read(text: str) -> Facts:
    status, *flags = text.split(" ")
    return Facts(Status(status), *(flag == "1" for flag in flags))


def _written(facts: Facts) -> str:
    return " ".join([facts.status, *(str(int(flag)) for flag in facts[1:])])


async def counts(
    q: Queries, now: datetime, *, tag: str | None = None, node: str | None = None
) -> dict[Facts, int]:
    """How many jobs in use there are of each set of facts; None does not filter."""
    rows = await q.fetch_all(
        f"""SELECT {_FACTS}, count(*)
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.archived_at IS NULL AND {_OF} GROUP BY 1""",
        {"now": to_us(now), "tag": tag, "node": node},
    )
    return {_read(row[0]): row[1] for row in rows}


async def ranked(
    q: Queries,
    ranks: Mapping[Facts, int],
    now: datetime,
    *,
    tag: str | None = None,
    node: str | None = None,
    limit: int,
    offset: int,
) -> list[JobId]:
    """Jobs whose facts have a rank, by that and by slug; the others are left out."""
    rows = await q.fetch_all(
        f"""SELECT j.id FROM jobs j JOIN job_states s ON s.job_id = j.id
            JOIN json_each(:ranks) r ON r.key = {_FACTS}
            WHERE j.archived_at IS NULL AND {_OF}
            ORDER BY r.value, j.slug LIMIT :limit OFFSET :offset""",
        {
            "tag": tag,
            "node": node,
            "ranks": json.dumps({_written(f): rank for f, rank in ranks.items()}),
            "now": to_us(now),
            "limit": limit,
            "offset": offset,
        },
    )
    return [JobId(row[0]) for row in rows]


async def matching(
    q: Queries,
    text: str,
    now: datetime,
    *,
    status: Status | None = None,
    muted: bool = False,
    command: bool = False,
    going: bool = False,
    limit: int,
) -> list[Standing]:
    """Jobs in use whose slug or name has the text in it.

    First those that begin with it, and of these the ones that are down. Large and
    small letters are the same in ASCII only. `muted`: only those with a mute of their
    own that is running; `command`: only those that Cronitor runs; `going`: only those
    of which a run waits or goes on.
    """
    rows = await q.fetch_all(
        f"""SELECT j.slug, {_NAME} AS name, {_FACTS}
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.archived_at IS NULL
              AND (:status IS NULL OR s.status = :status)
              AND (NOT :muted OR {_MUTED})
              AND (NOT :command OR {_COMMAND})
              AND (NOT :going OR {_GOING})
              AND (instr(j.slug, :lower) OR instr(lower(name), :lower)
                   OR instr(name, :text))
            ORDER BY CASE 1 WHEN instr(j.slug, :lower) THEN 0
                            WHEN instr(lower(name), :lower) THEN 1
                            WHEN instr(name, :text) THEN 1
                            ELSE 2 END,
                     s.status <> 'down', j.slug
            LIMIT :limit""",
        {
            "text": text,
            "lower": text.lower(),
            "now": to_us(now),
            "status": status,
            "muted": muted,
            "command": command,
            "going": going,
            "limit": limit,
        },
    )
    return [Standing(row[0], row[1], _read(row[2])) for row in rows]
