"""The small changing part of a job: read and written for a whole batch at once."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from bot.core.kinds import IncidentId, JobId, Outcome, PingKind, Status
from bot.core.models import JobState, Opening
from storage.queries import Change, Parameters, Queries, Transaction
from storage.rows import as_list
from storage.times import (
    delta_us,
    from_us,
    optional_delta_from_us,
    optional_from_us,
    to_us,
)

COLUMNS = """s.job_id, s.status, s.paused_from, s.paused_by, s.due_at,
    s.slot_deadline_at, s.deadline_at, s.wake_at, s.remind_at, s.missed_due_at,
    s.guard_due_at, s.held_due_at, s.last_outcome, s.last_ping_at, s.last_ping_kind,
    s.last_duration, s.bad_in_a_row, s.good_in_a_row, s.outcome_count, s.openings,
    s.ping_count, s.open_runs, s.incident_id, s.usual_lateness, s.usual_runtime,
    s.maintained_until, s.suppressed, s.suppressed_due_at"""
#: how many those are
WIDTH = 28
#: of a state that was written but for the first time: it says nothing
UNSTAMPED = 0


def from_row(row: sqlite3.Row) -> JobState:
    """A record from a row that begins with COLUMNS."""
    return JobState(
        job_id=JobId(row[0]),
        status=Status(row[1]),
        paused_from=None if row[2] is None else Status(row[2]),
        paused_by=row[3],
        due_at=optional_from_us(row[4]),
        slot_deadline_at=optional_from_us(row[5]),
        deadline_at=optional_from_us(row[6]),
        wake_at=optional_from_us(row[7]),
        remind_at=optional_from_us(row[8]),
        missed_due_at=optional_from_us(row[9]),
        guard_due_at=optional_from_us(row[10]),
        held_due_at=optional_from_us(row[11]),
        last_outcome=None if row[12] is None else Outcome(row[12]),
        last_ping_at=optional_from_us(row[13]),
        last_ping_kind=None if row[14] is None else PingKind(row[14]),
        last_duration=optional_delta_from_us(row[15]),
        bad_in_a_row=row[16],
        good_in_a_row=row[17],
        outcome_count=row[18],
        openings=_openings(row[19]),
        ping_count=row[20],
        open_runs=row[21],
        incident_id=None if row[22] is None else IncidentId(row[22]),
        usual_lateness=optional_delta_from_us(row[23]),
        usual_runtime=optional_delta_from_us(row[24]),
        maintained_until=optional_from_us(row[25]),
        suppressed=None if row[26] is None else Outcome(row[26]),
        suppressed_due_at=optional_from_us(row[27]),
    )


def _openings(text: str) -> tuple[Opening, ...]:
    if not text:
        return ()
    pairs = (part.split(":") for part in text.split(" "))
    return tuple(
        Opening(at=from_us(int(at)), outcome_count=int(count)) for at, count in pairs
    )


def _written(openings: tuple[Opening, ...]) -> str:
    return " ".join(f"{to_us(o.at)}:{o.outcome_count}" for o in openings)


#: what NULL is written as, where a value is a time or a duration: sqlite3 takes as long
#: for a None as for five numbers
_NOTHING = -(2**62)
#: how fields are written that are not stored as they are
_WRITERS: dict[str, Callable[[Any], object]] = {
    "due_at": to_us,
    "slot_deadline_at": to_us,
    "deadline_at": to_us,
    "wake_at": to_us,
    "remind_at": to_us,
    "missed_due_at": to_us,
    "guard_due_at": to_us,
    "held_due_at": to_us,
    "maintained_until": to_us,
    "suppressed_due_at": to_us,
    "last_ping_at": to_us,
    "last_duration": delta_us,
    "usual_lateness": delta_us,
    "usual_runtime": delta_us,
    "openings": _written,
    "last_ping_kind": str,
}
_NUMBERS = {name for name, convert in _WRITERS.items() if convert in (to_us, delta_us)}
#: what a ping of a healthy job changes, at the most
_USUAL = (
    *("due_at", "slot_deadline_at", "deadline_at", "wake_at", "held_due_at"),
    *("last_ping_at", "last_ping_kind", "last_duration", "good_in_a_row"),
    *("outcome_count", "ping_count", "open_runs", "usual_lateness", "usual_runtime"),
)
_RARE = tuple(
    each.name for each in fields(JobState) if each.name not in ("job_id", *_USUAL)
)

Writer = Callable[[JobState], list[object]]


def _writer(names: Sequence[str]) -> Writer:
    """What makes the values of these columns."""
    values = attrgetter(*names)
    special = [
        (n, _WRITERS[name], _NOTHING if name in _NUMBERS else None)
        for n, name in enumerate(names)
        if name in _WRITERS
    ]

    def write(state: JobState) -> list[object]:
        row = list(values(state))
        for position, convert, nothing in special:
            value = row[position]
            row[position] = nothing if value is None else convert(value)
        return row

    return write


def _value(name: str) -> str:
    return f"nullif(?, {_NOTHING})" if name in _NUMBERS else "?"


def _update(names: Sequence[str]) -> str:
    columns = ", ".join(f"{name} = {_value(name)}" for name in names)
    return f"UPDATE job_states SET {columns}, stamp = ? WHERE job_id = ?"


_usual, _rare = attrgetter(*_USUAL), attrgetter(*_RARE)
_usual_row, _whole_row = _writer(_USUAL), _writer((*_USUAL, *_RARE))
_UPDATE_USUAL, _UPDATE_WHOLE = _update(_USUAL), _update((*_USUAL, *_RARE))


def changes(
    pairs: Iterable[tuple[JobState, JobState]], stamp: int
) -> tuple[list[JobState], list[Change]]:
    """The second states of those pairs that differ, and what writes them."""
    states: list[JobState] = []
    usual: list[list[object]] = []
    whole: list[list[object]] = []
    for before, after in pairs:
        if before is after:
            continue
        if _rare(before) != _rare(after):
            row = _whole_row(after)
            whole.append(row)
        elif _usual(before) != _usual(after):
            row = _usual_row(after)
            usual.append(row)
        else:
            continue
        row += (stamp, after.job_id)
        states.append(after)
    written = []
    if usual:
        written.append(Change(_UPDATE_USUAL, usual))
    if whole:
        written.append(Change(_UPDATE_WHOLE, whole))
    return states, written


#: what a plain success changes, at the least; where it satisfies nothing that is all
_UPDATE_PLAIN = _update(
    (
        *("due_at", "slot_deadline_at", "deadline_at", "wake_at", "last_ping_at"),
        *("good_in_a_row", "outcome_count", "ping_count"),
    )
)
_same = attrgetter("held_due_at", "usual_lateness", "last_ping_kind", "last_duration")


def plain_changes(
    pairs: Iterable[tuple[JobState, JobState]], stamp: int
) -> list[Change]:
    """What writes the second states, which plain successes have made of the first."""
    plain: list[Parameters] = []
    usual: list[Parameters] = []
    for before, after in pairs:
        if _same(before) != _same(after):
            usual.append((*_usual_row(after), stamp, after.job_id))
            continue
        due_at, ends = after.due_at, after.slot_deadline_at
        last_at = after.last_ping_at
        ends_us = _NOTHING if ends is None else to_us(ends)
        plain.append(
            (
                _NOTHING if due_at is None else to_us(due_at),
                *(ends_us, ends_us, ends_us),
                _NOTHING if last_at is None else to_us(last_at),
                *(after.good_in_a_row, after.outcome_count, after.ping_count),
                *(stamp, after.job_id),
            )
        )
    changes = [(_UPDATE_PLAIN, plain), (_UPDATE_USUAL, usual)]
    return [Change(sql, rows) for sql, rows in changes if rows]


async def insert(tx: Transaction, state: JobState) -> None:
    """Add the state of a job that was just made."""
    await tx.execute(
        "INSERT INTO job_states (job_id) VALUES (:job_id)", {"job_id": state.job_id}
    )
    _, written = changes([(JobState(job_id=state.job_id), state)], UNSTAMPED)
    await tx.change(written)


async def last_stamp(q: Queries) -> int:
    """The highest number that a state has."""
    row = await q.fetch_one("SELECT max(stamp) FROM job_states")
    return UNSTAMPED if row is None else row[0] or UNSTAMPED


async def stamped(
    q: Queries, ids: Iterable[JobId]
) -> dict[JobId, tuple[int, JobState]]:
    """The states of these jobs with their stamps."""
    rows = await q.fetch_all(
        f"""SELECT {COLUMNS}, s.stamp FROM job_states s
            WHERE s.job_id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {JobId(row[0]): (row[WIDTH], from_row(row)) for row in rows}


async def load_many(q: Queries, ids: Iterable[JobId]) -> dict[JobId, JobState]:
    """The states of these jobs."""
    rows = await q.fetch_all(
        f"""SELECT {COLUMNS} FROM job_states s
            WHERE s.job_id IN (SELECT value FROM json_each(:ids))""",
        {"ids": as_list(ids)},
    )
    return {JobId(row[0]): from_row(row) for row in rows}


async def overdue(q: Queries, now: datetime, limit: int) -> list[JobId]:
    """The jobs that the watchdog must look at, the most overdue first."""
    rows = await q.fetch_all(
        """SELECT job_id FROM job_states WHERE wake_at < :now
           ORDER BY wake_at LIMIT :limit""",
        {"now": to_us(now), "limit": limit},
    )
    return [JobId(row[0]) for row in rows]


async def maintained(q: Queries) -> list[JobId]:
    """The jobs of which maintenance has suppressed something."""
    rows = await q.fetch_all(
        """SELECT job_id FROM job_states WHERE maintained_until IS NOT NULL
           ORDER BY job_id"""
    )
    return [JobId(row[0]) for row in rows]


async def next_wake(q: Queries) -> datetime | None:
    """When the watchdog must look next."""
    row = await q.fetch_one(
        """SELECT wake_at FROM job_states WHERE wake_at IS NOT NULL
           ORDER BY wake_at LIMIT 1"""
    )
    return None if row is None else from_us(row[0])


async def counts(q: Queries) -> dict[Status, int]:
    """How many jobs there are of each stored status."""
    rows = await q.fetch_all(
        """SELECT s.status, count(*) FROM job_states s JOIN jobs j ON j.id = s.job_id
           WHERE j.archived_at IS NULL GROUP BY s.status"""
    )
    return {Status(row[0]): row[1] for row in rows}
