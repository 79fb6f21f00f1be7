"""How jobs stand, in a few columns of each: what thousands are listed by.

What follows from the facts is the core's business: it says which rank each set of
facts has, and SQL sorts by that.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.core.kinds import JobId, Status
from bot.core.states import Facts, Standing
from storage.queries import Queries
from storage.times import to_us

_STATUSES = tuple(Status)
_STATUS = " ".join(f"WHEN '{each}' THEN {n}" for n, each in enumerate(_STATUSES))
#: the facts of a job in one number, which is cheap to group and to compare; see
#: `states.facts`
_FACTS = f"""(CASE s.status {_STATUS} END * 16 + (s.last_outcome IS 'unknown') * 8
    + (s.bad_in_a_row > 0 AND s.good_in_a_row = 0) * 4
    + coalesce(s.due_at < :now, 0) * 2 + (s.open_runs > 0))"""
#: most definitions have no name: they need not be parsed to see that
_HAS_NAME = """instr(j.definition, '"name"')"""
_NAMED = "coalesce(j.definition ->> '$.name', '')"
_NAME = f"CASE WHEN {_HAS_NAME} THEN {_NAMED} ELSE '' END"

#: of a tag and of a node, where that is asked for
_OF = """(:tag IS NULL OR :tag IN (SELECT value FROM json_each(j.tags)))
    AND (:node IS NULL OR j.node = :node)"""

#: a mute of the job alone that is running at :now
_MUTED = """EXISTS (SELECT 1 FROM mutes m
    WHERE m.scope = 'job' AND m.target = j.slug
      AND m.ended_at IS NULL AND m.until_at > :now)"""

#: a job that Cronitor runs, and one of which a run waits or goes on
_COMMAND = """(instr(j.definition, '"command"')
    AND j.definition ->> '$.command' IS NOT NULL)"""
_GOING = """EXISTS (SELECT 1 FROM executions e
    WHERE e.job_id = j.id AND e.stage <> 'ended')"""


_WANTED = f"""j.archived_at IS NULL
    AND (:status IS NULL OR s.status = :status)
    AND (NOT :muted OR {_MUTED})
    AND (NOT :command OR {_COMMAND})
    AND (NOT :going OR {_GOING})"""
_BEGINS = "j.slug >= :lower AND j.slug < :beyond"
_SHOWN = f"j.slug, {_NAME} AS name, {_FACTS}"

#: the ones that begin with it, first those that are down. CROSS JOIN says which table
#: is gone through: few states are down, and slugs that begin alike stand together.
_BEGINNING = (
    f"""SELECT {_SHOWN} FROM job_states s CROSS JOIN jobs j ON j.id = s.job_id
        WHERE s.status = 'down' AND {_BEGINS} AND {_WANTED}
        ORDER BY j.slug LIMIT :limit""",
    f"""SELECT {_SHOWN} FROM jobs j CROSS JOIN job_states s ON s.job_id = j.id
        WHERE {_BEGINS} AND s.status <> 'down' AND {_WANTED}
        ORDER BY j.slug LIMIT :limit""",
)
#: those that have it elsewhere: in a slug, as far as the index goes without the rows,
#: or in a name, as far as there is one
_HAVING = (
    f"""SELECT {_SHOWN}, 2 AS place
        FROM jobs j INDEXED BY jobs_slug CROSS JOIN job_states s ON s.job_id = j.id
        WHERE instr(j.slug, :lower) > 1 AND {_WANTED}
        ORDER BY s.status <> 'down', j.slug LIMIT :limit""",
    f"""SELECT {_SHOWN}, CASE 1 WHEN instr(lower({_NAMED}), :lower) THEN 1
                               WHEN instr({_NAMED}, :text) THEN 1 ELSE 2 END AS place
        FROM jobs j NOT INDEXED CROSS JOIN job_states s ON s.job_id = j.id
        WHERE {_HAS_NAME} AND NOT ({_BEGINS}) AND {_WANTED}
          AND (instr(lower({_NAMED}), :lower) OR instr({_NAMED}, :text))
        ORDER BY place, s.status <> 'down', j.slug LIMIT :limit""",
)
#: follows on everything that a slug has
_BEYOND = chr(0x10FFFF)


def _read(number: int) -> Facts:
    status, flags = divmod(number, 16)
    return Facts(_STATUSES[status], *(bool(flags & bit) for bit in (8, 4, 2, 1)))


def _written(facts: Facts) -> int:
    status, *flags = facts
    number = _STATUSES.index(status)
    for flag in flags:
        number = number * 2 + flag
    return number


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
    if not ranks:
        return []
    cases = " ".join(f"WHEN {_written(f)} THEN {ranks[f]:d}" for f in ranks)
    rows = await q.fetch_all(
        f"""SELECT j.id, CASE {_FACTS} {cases} END AS rank
            FROM jobs j JOIN job_states s ON s.job_id = j.id
            WHERE j.archived_at IS NULL AND rank IS NOT NULL AND {_OF}
            ORDER BY rank, j.slug LIMIT :limit OFFSET :offset""",
        {
            "now": to_us(now),
            "tag": tag,
            "node": node,
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

    First those whose slug begins with it, then those whose name does, and of these the
    ones that are down. Large and small letters are the same in ASCII only. `muted`:
    only those with a mute of their own that is running; `command`: only those that
    Cronitor runs; `going`: only those of which a run waits or goes on.
    """
    values = {
        "text": text,
        "lower": text.lower(),
        "beyond": text.lower() + _BEYOND,
        "now": to_us(now),
        "status": status,
        "muted": muted,
        "command": command,
        "going": going,
    }
    found: list[Standing] = []
    for sql in _BEGINNING:
        rows = await q.fetch_all(sql, {**values, "limit": limit - len(found)})
        found += [Standing(row[0], row[1], _read(row[2])) for row in rows]
    if len(found) < limit and text:
        found += await _having(q, values, limit - len(found))
    return found


async def _having(
    q: Queries, values: Mapping[str, object], limit: int
) -> list[Standing]:
    """Those that have the text elsewhere; what begins with it first."""
    found: dict[str, tuple[tuple[int, bool, str], Standing]] = {}
    for sql in _HAVING:
        for slug, name, number, place in await q.fetch_all(
            sql, {**values, "limit": limit}
        ):
            standing = Standing(slug, name, _read(number))
            is_up = standing.facts.status is not Status.DOWN
            found[slug] = ((place, is_up, slug), standing)
    return [standing for _, standing in sorted(found.values())][:limit]
