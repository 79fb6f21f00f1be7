"""Pings as they came in: appended, read newest first."""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain

from bot.core.kinds import IncidentId, JobId, PingKind
from bot.core.models import Incident, Ping
from storage.queries import Change, Queries
from storage.rows import as_list
from storage.times import from_us, to_us

_COLUMNS = """job_id, at, kind, said, exit_status, rid, method, source, address,
    agent, body, body_size, reason, event_id"""

#: NULLs are written as these: sqlite3 takes as long for a None, or a str or bytes of
#: another class, as for five plain values
_NO_STATUS, _NO_TEXT, _NO_BODY = -1, "", bytearray()
_ROW = (
    f"(?, ?, ?, ?, nullif(?, {_NO_STATUS}), nullif(?, ''), ?, ?, ?, ?,"
    " nullif(?, x''), ?, ?, nullif(?, ''))"
)
_INSERT = f"INSERT INTO pings ({_COLUMNS}) VALUES {_ROW}"
#: so many go in one statement, where there are so many
_TOGETHER = 16
_INSERT_TOGETHER = f"{_INSERT}{f', {_ROW}' * (_TOGETHER - 1)}"
_KINDS = {kind: str(kind) for kind in PingKind}


def _from_row(row: sqlite3.Row) -> Ping:
    return Ping(
        job_id=JobId(row[0]),
        at=from_us(row[1]),
        kind=PingKind(row[2]),
        said=PingKind(row[3]),
        exit_status=row[4],
        rid=row[5],
        method=row[6],
        source=row[7],
        address=row[8],
        agent=row[9],
        body=row[10] or b"",
        body_size=row[11],
        reason=row[12],
        event_id=row[13],
    )


def _values(ping: Ping) -> tuple[object, ...]:
    return (
        ping.job_id,
        to_us(ping.at),
        _KINDS[ping.kind],
        _KINDS[ping.said],
        _NO_STATUS if ping.exit_status is None else ping.exit_status,
        ping.rid or _NO_TEXT,
        ping.method,
        ping.source,
        ping.address,
        ping.agent,
        bytearray(ping.body) if ping.body else _NO_BODY,
        ping.body_size,
        ping.reason,
        ping.event_id or _NO_TEXT,
    )


def additions(pings: Sequence[Ping]) -> list[Change]:
    """What appends the pings of a batch, in the order in which they came."""
    rows = [_values(ping) for ping in pings]
    whole = len(rows) - len(rows) % _TOGETHER
    together = [
        tuple(chain.from_iterable(rows[begin : begin + _TOGETHER]))
        for begin in range(0, whole, _TOGETHER)
    ]
    changes = [Change(_INSERT_TOGETHER, together), Change(_INSERT, rows[whole:])]
    return [change for change in changes if change.rows]


async def newest(q: Queries, job_id: JobId, limit: int) -> list[Ping]:
    """The newest pings of a job, newest first."""
    rows = await q.fetch_all(
        f"""SELECT {_COLUMNS} FROM pings WHERE job_id = :job_id
            ORDER BY id DESC LIMIT :limit""",
        {"job_id": job_id, "limit": limit},
    )
    return [_from_row(row) for row in rows]


async def known_events(
    q: Queries, ids: Iterable[JobId], events: Iterable[str]
) -> set[tuple[JobId, str]]:
    """Which of these events of these jobs were taken already."""
    rows = await q.fetch_all(
        """SELECT p.job_id, p.event_id FROM json_each(:ids) i
           CROSS JOIN json_each(:events) e
           JOIN pings p ON p.job_id = i.value AND p.event_id = e.value""",
        {"ids": as_list(ids), "events": as_list(events)},
    )
    return {(JobId(row[0]), row[1]) for row in rows}


async def outputs(q: Queries, incidents: Sequence[Incident]) -> dict[IncidentId, bytes]:
    """The newest output that the last 50 pings of the job brought to each incident."""
    spans = [
        (each.id, each.job_id, to_us(each.opened_at), to_us(each.last_bad_at))
        for each in incidents
    ]
    rows = await q.fetch_all(
        """SELECT i.value ->> 0, (
               SELECT p.body FROM (
                   SELECT id, at, body FROM pings WHERE job_id = i.value ->> 1
                   ORDER BY id DESC LIMIT 50) p
               WHERE p.body IS NOT NULL AND p.at BETWEEN i.value ->> 2 AND i.value ->> 3
               ORDER BY p.id DESC LIMIT 1)
           FROM json_each(:spans) i""",
        {"spans": as_list(spans)},
    )
    return {IncidentId(row[0]): row[1] for row in rows if row[1]}


async def count(q: Queries) -> int:
    """How many pings are kept."""
    row = await q.fetch_one("SELECT count(*) FROM pings")
    return 0 if row is None else int(row[0])
