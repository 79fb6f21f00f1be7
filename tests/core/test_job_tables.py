import json
import tomllib

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from bot.core import job_tables, jobs
from bot.core.kinds import JobKind
from bot.core.models import Definition
from tests.core.definitions import FULL, UUID, define, definitions


def test_a_table_has_what_differs_from_the_default() -> None:
    assert jobs.as_table(define()) == {"slug": "backup"}
    assert jobs.as_table(define(every=90, grace=0, tags="a,b")) == {
        "slug": "backup",
        "tags": ["a", "b"],
        "every": "1m30s",
        "grace": "0s",
    }


def test_a_full_table_is_written_as_it_was_read() -> None:
    table = jobs.as_table(jobs.parse(FULL, uuid=UUID))
    assert table == FULL
    assert [*table] == [*FULL]


def test_a_table_has_values_that_toml_has() -> None:
    table = jobs.as_table(jobs.parse(FULL, uuid=UUID))
    assert tomllib.loads(tomli_w.dumps(table)) == table


@given(definitions())
def test_a_table_is_read_back_as_what_it_was(definition: Definition) -> None:
    assert jobs.parse(jobs.as_table(definition), uuid=UUID) == definition


@given(definitions())
def test_a_table_goes_through_toml_unharmed(definition: Definition) -> None:
    table = jobs.as_table(definition)
    assert tomllib.loads(tomli_w.dumps(table)) == table


@given(
    st.uuids(version=4)
    .map(str)
    .flatmap(lambda u: st.tuples(st.just(u), definitions(u)))
)
def test_storage_gets_back_what_it_stored(case: tuple[str, Definition]) -> None:
    uuid, definition = case
    table = json.loads(json.dumps(jobs.as_table(definition)))
    assert jobs.restore(table, uuid) == definition
    assert jobs.parse(table, uuid=uuid) == definition


def test_a_kind_of_a_later_version_is_restored() -> None:
    command = Definition(slug="a", kind=JobKind.COMMAND)
    table = jobs.as_table(command)
    assert table == {"slug": "a", "kind": "command"}
    assert jobs.restore(table, UUID) == command


def test_json_has_every_field_with_durations_in_seconds() -> None:
    assert jobs.as_json(jobs.parse(FULL, uuid=UUID)) == {
        "slug": "backup",
        "kind": "heartbeat",
        "name": "Nightly backup",
        "description": "Dumps the database.\nThen copies it.",
        "tags": ["db", "nightly"],
        "node": "db1.example",
        "severity": "critical",
        "schedule": {
            "kind": "cron",
            "expression": "H 3 * * *",
            "every": None,
            "timezone": "Europe/Berlin",
            "flavour": "systemd",
        },
        "timezone": "Europe/Berlin",
        "grace": 600,
        "jitter": 30,
        "max_runtime": 7200,
        "min_runtime": 5,
        "failure_tolerance": 2,
        "recovery_threshold": 3,
        "realert_every": 14400,
        "strict_start": True,
        "methods": "POST",
        "filters": FULL["filters"],
        "manual_resume": True,
        "depends_on": ["mount"],
        "stands_for_node": "nas",
        "alert_on_drift": True,
    }


@pytest.mark.parametrize(
    ("every", "expected"), [("30s", "30"), ("1.5s", "1.5"), ("1d", "86400")]
)
def test_json_writes_whole_seconds_as_whole_numbers(every: str, expected: str) -> None:
    view = jobs.as_json(define(every=every))
    assert json.dumps(view["schedule"]).count(f'"every": {expected},') == 1


def test_json_has_null_where_there_is_none() -> None:
    view = jobs.as_json(define())
    absent = {key for key, value in view.items() if value is None}
    assert absent == {"grace", "max_runtime", "min_runtime", "realert_every"}


@given(definitions())
def test_json_is_json(definition: Definition) -> None:
    view = jobs.as_json(definition)
    assert json.loads(json.dumps(view)) == view


@given(definitions())
def test_spans_of_json_are_read_back(definition: Definition) -> None:
    view = jobs.as_json(definition)
    keys = ("grace", "jitter", "max_runtime", "min_runtime", "realert_every")
    table = {**jobs.as_table(definition), **{key: view[key] for key in keys}}
    assert jobs.parse(table, uuid=UUID) == definition


def test_only_a_cron_text_has_an_h() -> None:
    calendar = define(on_calendar="hourly").schedule
    assert job_tables.hash_id(calendar, UUID) == ""
