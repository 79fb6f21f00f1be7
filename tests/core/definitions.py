"""Definitions and jobs for tests: one of each kind, or any that may exist."""

import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bot.core import job_fields, jobs
from bot.core.kinds import Flavour, JobId, JobKind, ScheduleKind, Severity
from bot.core.models import Definition, Filters, Job, Schedule
from tests.core.drawn_commands import commands

UUID = "0b8f1a52-8d0e-4f43-9c1e-b6ff6c7f3f10"
OTHER_UUID = "5f0c3c39-95f7-47d1-a0b7-0f2a1d1f7a11"
CREATED_AT = datetime(2026, 3, 1, tzinfo=UTC)

#: differs from the default in every field
FULL: Mapping[str, object] = {
    "slug": "backup",
    "name": "Nightly backup",
    "description": "Dumps the database.\nThen copies it.",
    "tags": ["db", "nightly"],
    "node": "db1.example",
    "severity": "critical",
    "cron": "H 3 * * *",
    "timezone": "Europe/Berlin",
    "flavour": "systemd",
    "grace": "10m",
    "jitter": "30s",
    "max_runtime": "2h",
    "min_runtime": "5s",
    "failure_tolerance": 2,
    "recovery_threshold": 3,
    "realert_every": "4h",
    "strict_start": True,
    "methods": "POST",
    "filters": {
        "success": ["done"],
        "failure": ["ERROR", "FATAL"],
        "start": ["begin"],
        "default_ignored": True,
    },
    "manual_resume": True,
    "depends_on": ["mount"],
    "stands_for_node": "nas",
    "alert_on_drift": True,
}


def define(slug: str = "backup", **fields: Any) -> Definition:
    """A definition by its keys."""
    return jobs.parse({"slug": slug, **fields}, uuid=UUID)


def stored(slug: str = "backup", *, uuid: str = UUID, **fields: Any) -> Job:
    """A stored job; `declared` and `archived_at` are the job's, the rest its keys."""
    own = {key: fields.pop(key) for key in ("declared", "archived_at") if key in fields}
    definition = jobs.parse({"slug": slug, **fields}, uuid=uuid)
    return Job(
        id=JobId(1), uuid=uuid, definition=definition, created_at=CREATED_AT, **own
    )


_SLUG_LETTERS = string.ascii_lowercase + string.digits


def _names(extra: str, longest: int) -> st.SearchStrategy[str]:
    first = st.sampled_from(_SLUG_LETTERS)
    rest = st.text(_SLUG_LETTERS + extra, max_size=longest - 1)
    return st.builds(str.__add__, first, rest)


def _spans(least: timedelta, most: timedelta) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(min_value=least, max_value=most)


YEAR = timedelta(days=365)
SLUGS = _names("_-", 100).filter(job_fields.is_slug)
#: letters of every script, without what may not be in a name
PLAIN = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf"))
TEXTS = st.text(PLAIN, max_size=60).map(str.strip)
KEYWORDS = st.lists(
    st.text(PLAIN, min_size=1, max_size=20).map(str.strip).filter(bool),
    max_size=3,
    unique=True,
).map(tuple)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
CRONS = ("*/5 * * * *", "H 3 * * *", "0 0 * * THU", "@hourly", "5 4 * MAR 1-5")
CALENDARS = ("daily", "Mon..Fri 03:00", "*-*-01 02:30 Europe/Berlin")


@st.composite
def schedules(draw: st.DrawFn, uuid: str) -> Schedule:
    """A schedule of any kind; an H belongs to the job with this UUID."""
    kind = draw(st.sampled_from(ScheduleKind))
    texts = {ScheduleKind.CRON: CRONS, ScheduleKind.ON_CALENDAR: CALENDARS}
    expression = draw(st.sampled_from(texts[kind])) if kind in texts else ""
    interval = None
    if kind is ScheduleKind.INTERVAL:
        interval = draw(_spans(timedelta(seconds=1), timedelta(days=3653)))
    return Schedule(
        kind=kind,
        expression=expression,
        interval=interval,
        timezone=draw(ZONES),
        flavour=draw(st.sampled_from(Flavour)),
        hash_id=uuid if expression.startswith("H") else "",
    )


FILTERS = st.builds(
    Filters,
    success=KEYWORDS,
    failure=KEYWORDS,
    start=KEYWORDS,
    default_ignored=st.booleans(),
).filter(lambda filters: filters != Filters(default_ignored=True))


@st.composite
def definitions(draw: st.DrawFn, uuid: str = UUID) -> Definition:
    """Any definition that may be stored for the job with this UUID."""
    second = timedelta(seconds=1)
    max_runtime = draw(st.none() | _spans(second, YEAR))
    above = YEAR if max_runtime is None else max_runtime - timedelta(microseconds=1)
    slug = draw(SLUGS)
    kind = draw(st.sampled_from([JobKind.HEARTBEAT, JobKind.COMMAND]))
    command = None
    if kind is JobKind.COMMAND:
        command = draw(commands(slug, max_runtime or second))
    return Definition(
        slug=slug,
        kind=kind,
        name=draw(TEXTS),
        description=draw(TEXTS),
        tags=tuple(draw(st.lists(_names("_.:-", 50), max_size=5, unique=True))),
        node=draw(st.just("") | _names("_.-", 100)),
        severity=draw(st.sampled_from(Severity)),
        schedule=draw(schedules(uuid)),
        grace=draw(st.none() | _spans(timedelta(), YEAR)),
        jitter=draw(_spans(timedelta(), YEAR)),
        max_runtime=max_runtime,
        min_runtime=draw(st.none() | _spans(timedelta(), above)),
        failure_tolerance=draw(st.integers(1, 720)),
        recovery_threshold=draw(st.integers(1, 720)),
        realert_every=draw(st.none() | _spans(60 * second, YEAR)),
        strict_start=draw(st.booleans()),
        methods=draw(st.sampled_from(["", "POST"])),
        filters=draw(FILTERS),
        manual_resume=draw(st.booleans()),
        alert_on_drift=draw(st.booleans()),
        depends_on=tuple(
            each
            for each in draw(st.lists(SLUGS, max_size=3, unique=True))
            if each != slug
        ),
        stands_for_node=draw(st.just("") | _names("_.-", 100)),
        command=command,
    )
