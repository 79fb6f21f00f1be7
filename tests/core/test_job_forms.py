"""A job in the fields of a form, there and back again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import job_forms, job_tables, jobs
from bot.core.job_forms import Form
from bot.core.kinds import Severity
from bot.core.models import Definition, Filters
from bot.errors import Invalid
from tests.core.factories import HOURLY, T0, UNSCHEDULED, calendar, cron, every

UUID = job_tables.ANY_UUID


def read(form: Form) -> Definition:
    """What a form means."""
    return jobs.parse(job_forms.table(form), uuid=UUID, after=T0)


@pytest.mark.parametrize(
    ("typed", "table"),
    [
        ("", {}),
        ("none", {}),
        ("every 1h", {"every": "1h"}),
        ("90m", {"every": "90m"}),
        ("1h30m", {"every": "1h30m"}),
        ("0 3 * * *", {"cron": "0 3 * * *"}),
        ("  0  3 * *  MON-FRI ", {"cron": "0 3 * * MON-FRI"}),
        ("H 3 * * *", {"cron": "H 3 * * *"}),
        ("@daily", {"cron": "@daily"}),
        ("daily", {"on_calendar": "daily"}),
        ("Mon..Fri 08:00", {"on_calendar": "Mon..Fri 08:00"}),
        ("*-*-* 03:00:00", {"on_calendar": "*-*-* 03:00:00"}),
        ("every now and then", {"on_calendar": "every now and then"}),
    ],
)
def test_a_schedule_is_what_it_looks_like(typed: str, table: dict[str, object]) -> None:
    assert job_forms.schedule_of(typed) == table


def test_a_form_is_the_table_of_the_api() -> None:
    more = "tags = db, nightly\nnode = nas\ngrace = 10m\nfailure_tolerance = 2"
    form = Form(
        name=" backup ",
        schedule="0 3 * * *",
        timezone="Europe/Berlin",
        severity="critical",
        more=more,
    )
    assert job_forms.table(form) == {
        "slug": "backup",
        "cron": "0 3 * * *",
        "timezone": "Europe/Berlin",
        "grace": "10m",
        "tags": ["db", "nightly"],
        "node": "nas",
        "severity": "critical",
        "failure_tolerance": 2,
    }
    assert read(form).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("more", "field", "problem"),
    [
        ("tags", "more", "is no field"),
        ("= db", "more", "is no field"),
        ("node = a\nnode = b", "node", "is given twice"),
        ("severity = info", "severity", "is given twice"),
        ("cron = 0 3 * * *", "cron", "is given twice"),
        ('command = ["rm"]', "command", "may not be said in Discord"),
        ("kind = command", "kind", "may not be said in Discord"),
    ],
)
def test_lines_that_are_none_are_refused(more: str, field: str, problem: str) -> None:
    with pytest.raises(Invalid) as caught:
        job_forms.table(Form(name="a", more=more))
    (found,) = caught.value.problems
    assert (found.field, problem in found.reason) == (field, True)


DEFINITION = Definition(
    slug="backup",
    schedule=HOURLY,
    grace=timedelta(minutes=10),
    tags=("db", "nightly"),
    node="nas",
    name="Nightly copy",
)


#: what its form says beside the fields
MORE = "name = Nightly copy\ntags = db, nightly\nnode = nas\ngrace = 10m"


def patched(**changes: Any) -> dict[str, object]:
    """What a form asks for that was opened and changed."""
    opened = job_forms.form_of(DEFINITION)
    return job_forms.patch(replace(opened, **changes), DEFINITION)


def test_a_form_that_was_not_touched_changes_nothing() -> None:
    assert patched() == {}


@pytest.mark.parametrize(
    ("changes", "patch"),
    [
        ({"severity": "critical"}, {"severity": "critical"}),
        ({"more": MORE.replace("10m", "20m")}, {"grace": "20m"}),
        ({"more": MORE.replace("10m", "")}, {"grace": ""}),
        ({"name": "copy"}, {"slug": "copy"}),
        ({"schedule": "every 1h"}, {"every": "1h"}),
        ({"schedule": "none"}, {"cron": None}),
        (
            {"more": ""},
            {"name": None, "tags": None, "node": None, "grace": None},
        ),
        (
            {"more": "tags = db\ngrace = 10m"},
            {"name": None, "tags": ["db"], "node": None},
        ),
    ],
)
def test_only_what_differs_is_asked_for(
    changes: dict[str, str], patch: dict[str, object]
) -> None:
    assert patched(**changes) == patch


def test_a_job_without_a_schedule_says_so() -> None:
    form = job_forms.form_of(replace(DEFINITION, schedule=UNSCHEDULED))
    assert form.schedule == "none"
    assert job_forms.patch(form, replace(DEFINITION, schedule=UNSCHEDULED)) == {}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (3, "3"),
        (["a", "b"], "a, b"),
        (["a,b", "1"], '["a,b", "1"]'),
        ({"on": True, "n": 2, "of": ["x"]}, '{on = true, n = 2, of = ["x"]}'),
        ('say "hi"\nthere', '"say \\"hi\\"\\nthere"'),
    ],
)
def test_a_value_is_written_as_it_is_read(value: object, written: str) -> None:
    assert job_forms._written(value) == written
    assert job_forms._value("tags", written) == value


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20
)
spans = st.none() | st.integers(1, 10_000).map(lambda n: timedelta(seconds=n))
definitions = st.builds(
    Definition,
    slug=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    name=st.just("") | words,
    description=st.just("") | st.lists(words, min_size=1, max_size=3).map("\n".join),
    tags=st.lists(words, max_size=4, unique=True).map(tuple),
    node=st.just("") | words,
    severity=st.sampled_from(Severity),
    schedule=st.sampled_from(
        (
            *(HOURLY, every(timedelta(minutes=90)), cron("0 3 * * MON-FRI")),
            *(calendar("Mon..Fri 08:00"), calendar("daily")),
        )
    ),
    grace=spans,
    failure_tolerance=st.integers(1, 9),
    strict_start=st.booleans(),
    filters=st.builds(Filters, failure=st.lists(words, max_size=2).map(tuple)),
)


@settings(max_examples=300, deadline=None)
@given(definition=definitions)
def test_whatever_a_job_is_its_form_says_so(definition: Definition) -> None:
    form = job_forms.form_of(definition)
    written = job_tables.as_table(definition)
    assert job_forms.patch(form, definition) == {}
    assert {k: v for k, v in job_forms.table(form).items() if v != ""} == {
        key: value for key, value in written.items() if value != ""
    }


@pytest.mark.parametrize(
    ("patch", "theirs", "told"),
    [
        ({"grace": "20m"}, {}, ()),
        ({"grace": "20m"}, {"tags": ("web",)}, ()),
        ({"grace": "20m"}, {"grace": timedelta(minutes=30)}, ("grace",)),
        ({"grace": "20m"}, {"grace": timedelta(minutes=20)}, ()),
        ({"grace": None}, {"grace": timedelta(minutes=20)}, ("grace",)),
        ({"grace": None}, {"grace": None}, ()),
        (
            {"timezone": "Europe/Riga"},
            {"schedule": every(timedelta(hours=2))},
            ("every",),
        ),
        ({"timezone": "Europe/Riga"}, {"schedule": cron("1 * * * *")}, ("cron",)),
        ({"cron": "1 * * * *"}, {"schedule": cron("1 * * * *")}, ()),
        ({"grace": "20m"}, {"schedule": cron("1 * * * *")}, ()),
    ],
)
def test_a_form_is_overtaken_by_what_others_change_of_the_same(
    patch: dict[str, object], theirs: dict[str, Any], told: tuple[str, ...]
) -> None:
    now = replace(DEFINITION, **theirs)
    assert job_forms.overtaken(patch, DEFINITION, now) == told
