from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import command_fields, jobs
from bot.core.kinds import Flavour, JobKind, ScheduleKind, Severity
from bot.core.models import Definition, Filters, Schedule
from bot.errors import Invalid, Problem
from tests.core.definitions import (
    FULL,
    OTHER_UUID,
    UUID,
    define,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def problems(**fields: object) -> list[str]:
    """Everything that is said of a table, with a slug unless it has one."""
    with pytest.raises(Invalid) as refused:
        jobs.parse({"slug": "backup", **fields})
    return [str(problem) for problem in refused.value.problems]


def read(table: dict[str, object]) -> tuple[Definition | None, Sequence[Problem]]:
    """The definition, or what is wrong with it."""
    try:
        return jobs.parse(table), ()
    except Invalid as refused:
        return None, refused.problems


def test_a_slug_is_enough() -> None:
    assert jobs.parse({"slug": "backup"}) == Definition(slug="backup")


def test_every_field_is_read() -> None:
    assert jobs.parse(FULL, uuid=UUID) == Definition(
        slug="backup",
        kind=JobKind.HEARTBEAT,
        name="Nightly backup",
        description="Dumps the database.\nThen copies it.",
        tags=("db", "nightly"),
        node="db1.example",
        severity=Severity.CRITICAL,
        schedule=Schedule(
            kind=ScheduleKind.CRON,
            expression="H 3 * * *",
            timezone="Europe/Berlin",
            flavour=Flavour.SYSTEMD,
            hash_id=UUID,
        ),
        grace=timedelta(minutes=10),
        jitter=timedelta(seconds=30),
        max_runtime=timedelta(hours=2),
        min_runtime=timedelta(seconds=5),
        failure_tolerance=2,
        recovery_threshold=3,
        realert_every=timedelta(hours=4),
        strict_start=True,
        methods="POST",
        filters=Filters(
            success=("done",),
            failure=("ERROR", "FATAL"),
            start=("begin",),
            default_ignored=True,
        ),
        manual_resume=True,
        depends_on=("mount",),
        stands_for_node="nas",
        alert_on_drift=True,
    )


def test_the_full_example_has_every_key() -> None:
    other = {"kind", "every", "on_calendar", "no_schedule", *command_fields.KEYS}
    assert {*FULL} | other == {*jobs.KEYS}


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_empty_value_counts_as_not_given(nothing: object) -> None:
    empty = dict.fromkeys(jobs.KEYS, nothing)
    assert jobs.parse({**empty, "slug": "backup"}) == Definition(slug="backup")


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        (
            "cron",
            " 0 3 * * * ",
            Schedule(kind=ScheduleKind.CRON, expression="0 3 * * *"),
        ),
        (
            "every",
            "30s",
            Schedule(kind=ScheduleKind.INTERVAL, interval=timedelta(seconds=30)),
        ),
        (
            "every",
            90,
            Schedule(kind=ScheduleKind.INTERVAL, interval=timedelta(seconds=90)),
        ),
        (
            "on_calendar",
            "daily",
            Schedule(kind=ScheduleKind.ON_CALENDAR, expression="daily"),
        ),
        ("no_schedule", True, Schedule()),
    ],
)
def test_a_schedule_is_written_in_one_of_these_ways(
    key: str, text: object, expected: Schedule
) -> None:
    assert jobs.parse({"slug": "backup", key: text}).schedule == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"slug": None},
            "slug: it is missing (name the job, such as nightly-backup)",
        ),
        (
            {"gracee": "5m"},
            "gracee: there is no such field (did you mean grace?)",
        ),
        (
            {"Max-Runtime": "5m"},
            "Max-Runtime: there is no such field (did you mean max_runtime?)",
        ),
        (
            {"schedule": "* * * * *"},
            "schedule: there is no such field "
            "(did you mean cron, every or on_calendar?)",
        ),
        (
            {"tz": "UTC"},
            "tz: there is no such field (did you mean timezone?)",
        ),
        (
            {"gracee": None},
            "gracee: there is no such field (did you mean grace?)",
        ),
        (
            {"kind": "command"},
            'command: it is missing (such as command = ["/usr/local/bin/backup", '
            '"--all"])',
        ),
        (
            {"kind": "check"},
            "kind: check comes with a later version; this one has heartbeat and "
            "command (write command with a program that asks, such as curl -fsS URL)",
        ),
        (
            {"kind": "heartbeet"},
            'kind: "heartbeet" is none of heartbeat, command, check (write heartbeat)',
        ),
        (
            {"cron": "0 3 * * *", "every": "5m"},
            "every: `cron` is given as well (keep one: cron, every or on_calendar)",
        ),
        (
            {"cron": "0 3 * * *", "no_schedule": True},
            "no_schedule: `cron` is given as well (keep one of them)",
        ),
        (
            {"no_schedule": "yes"},
            'no_schedule: "yes" is neither true nor false (write true)',
        ),
        ({"cron": 5}, "cron: 5 is not a text (put it in quotes)"),
        (
            {"every": "soon"},
            "every: `soon` is no duration (write it like 30s, 5m, 2h, 1d, 1w or 1h30m)",
        ),
        (
            {"min_runtime": "2h", "max_runtime": "2h"},
            "min_runtime: it is not below max_runtime (less than 2h)",
        ),
        (
            {"grace": "366d"},
            'grace: "366d" is out of range (0s to 365d)',
        ),
        (
            {"max_runtime": 0},
            "max_runtime: 0 is out of range (1s to 365d)",
        ),
        (
            {"realert_every": "59s"},
            'realert_every: "59s" is out of range (1m to 365d)',
        ),
        (
            {"failure_tolerance": 0},
            "failure_tolerance: 0 is out of range (1 to 720)",
        ),
        (
            {"recovery_threshold": 721},
            "recovery_threshold: 721 is out of range (1 to 720)",
        ),
        (
            {"methods": "GET"},
            'methods: "GET" is not POST '
            "(write POST, or leave it out to take every method)",
        ),
        (
            {"depends_on": ["mount", "backup"]},
            "depends_on: a job cannot depend on itself (leave it out)",
        ),
        (
            {"filters": {"default_ignored": True}},
            "filters.default_ignored: every ping would be ignored "
            "(name keywords for success, failure or start)",
        ),
        (
            {"filters": {"fails": ["done"]}},
            "filters.fails: there is no such field (did you mean failure?)",
        ),
        (
            {"filters": "ERROR"},
            'filters: "ERROR" is not a table (such as {failure = "ERR"})',
        ),
    ],
)
def test_what_breaks_a_rule_is_named_with_the_way_out(
    fields: dict[str, object], expected: str
) -> None:
    assert problems(**fields) == [expected]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cron": "0 3 * *"}, "cron"),
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"every": "1ms"}, "every"),
        ({"every": "0.5s"}, "every"),
        ({"on_calendar": "someday"}, "on_calendar"),
        ({"cron": "0 3 * * *", "timezone": "Europe/Berln"}, "timezone"),
        ({"timezone": "Europe"}, "timezone"),
    ],
)
def test_a_refused_schedule_is_named_by_the_key_that_was_written(
    fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        define(**fields)
    assert {problem.field for problem in refused.value.problems} == {field}
    assert all(problem.hint for problem in refused.value.problems)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = problems(
        slug="Fail", grace="x", tags=["A b"], filters={"start": 5}, strict_start=1
    )
    assert [each.partition(":")[0] for each in found] == [
        "slug",
        "tags",
        "grace",
        "strict_start",
        "filters.start",
    ]


def test_an_h_gets_the_numbers_of_the_job_that_it_belongs_to() -> None:
    assert define(cron="H 3 * * *").schedule.hash_id == UUID
    assert define(cron="H(0-29)/10 3 * * *").schedule.hash_id == UUID


@pytest.mark.parametrize("text", ["0 0 * * THU", "0 0 * * mon-thu", "@hourly"])
def test_an_h_in_a_name_is_no_h_field(text: str) -> None:
    assert define(cron=text).schedule.hash_id == ""


def test_an_h_is_checked_before_the_job_has_an_id() -> None:
    definition = jobs.parse({"slug": "a", "cron": "H 3 * * *"})
    assert definition.schedule.hash_id == ""
    assert jobs.hashed(definition, UUID).schedule.hash_id == UUID
    with pytest.raises(Invalid):
        jobs.parse({"slug": "a", "cron": "H 3 30 2 *"})


def test_only_an_h_takes_part_of_the_id() -> None:
    plain = define(cron="0 3 * * *")
    assert jobs.hashed(plain, UUID) is plain
    moved = jobs.hashed(define(cron="H 3 * * *"), OTHER_UUID)
    assert moved.schedule.hash_id == OTHER_UUID
    assert jobs.hashed(moved, OTHER_UUID) is moved


def test_a_schedule_that_is_over_is_refused_once_the_time_is_told() -> None:
    table = {"slug": "a", "on_calendar": "2025-01-01 03:00"}
    before = datetime(2024, 12, 1, tzinfo=UTC)
    assert jobs.parse(table, after=before) == jobs.parse(table)
    with pytest.raises(Invalid) as refused:
        jobs.parse(table, after=datetime(2026, 1, 1, tzinfo=UTC))
    assert [each.field for each in refused.value.problems] == ["on_calendar"]


def test_tables_are_named_by_their_position_and_slug() -> None:
    tables: list[object] = [
        {"slug": "a"},
        {"slug": "b", "grace": "x", "methods": "GET"},
        {"slug": "B", "tags": "x"},
        {"grace": "1h"},
        "c",
    ]
    with pytest.raises(Invalid) as refused:
        jobs.parse_all(tables)
    assert [problem.field for problem in refused.value.problems] == [
        "job[2] b.grace",
        "job[2] b.methods",
        "job[3].slug",
        "job[4].slug",
        "job[5]",
    ]


def test_tables_of_stored_jobs_get_their_ids() -> None:
    table = {"cron": "H 3 * * *"}
    found = jobs.parse_all(
        [{"slug": "old", **table}, {"slug": "new", **table}], {"old": UUID}
    )
    assert [each.schedule.hash_id for each in found] == [UUID, ""]


@given(st.dictionaries(st.sampled_from(jobs.KEYS) | st.text(max_size=9), JSON))
def test_any_table_is_read_or_refused(table: dict[str, object]) -> None:
    definition, found = read(table)
    assert all(problem.field for problem in found)
    assert "; ".join(map(str, found)).encode() or definition is not None
    if definition is not None:
        assert jobs.parse(jobs.as_table(definition)) == definition
