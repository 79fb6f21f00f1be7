"""Changes of a definition by the fields that a person names."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from bot.core import jobs
from bot.core.models import Definition
from bot.errors import Invalid
from tests.core.definitions import FULL, UUID, define, definitions


@pytest.mark.parametrize("key", [key for key in FULL if key != "slug"])
@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_value_sets_a_field_back(key: str, nothing: object) -> None:
    full = jobs.parse(FULL, uuid=UUID)
    without = jobs.parse({k: v for k, v in FULL.items() if k != key}, uuid=UUID)
    assert full != without
    assert jobs.changed(full, {key: nothing}, uuid=UUID) == without


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"slug": "dump"}, define("dump", every="5m", grace="1m")),
        ({"grace": 120}, define(every="5m", grace="2m")),
        ({"tags": "a,b"}, define(every="5m", grace="1m", tags=["a", "b"])),
        ({"cron": "0 3 * * *"}, define(cron="0 3 * * *", grace="1m")),
        ({"every": None, "cron": "@daily"}, define(cron="@daily", grace="1m")),
        ({"every": "1h"}, define(every="1h", grace="1m")),
        ({"every": None}, define(grace="1m")),
        ({"schedule": None}, define(grace="1m")),
        ({"schedule": ""}, define(grace="1m")),
        ({"no_schedule": True}, define(grace="1m")),
        ({"no_schedule": False}, define(every="5m", grace="1m")),
        ({"schedule": None, "every": "2h"}, define(every="2h", grace="1m")),
        ({"cron": None}, define(every="5m", grace="1m")),
        ({}, define(every="5m", grace="1m")),
    ],
)
def test_what_a_patch_names_is_replaced(
    patch: dict[str, object], expected: Definition
) -> None:
    definition = define(every="5m", grace="1m")
    assert jobs.changed(definition, patch, uuid=UUID) == expected


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"slug": None}, "slug"),
        ({"schedule": "daily"}, "schedule"),
        ({"no_schedule": True, "cron": "@daily"}, "no_schedule"),
        ({"cron": "@daily", "every": "5m"}, "every"),
        ({"max_runtime": "1s", "min_runtime": "2s"}, "min_runtime"),
        ({"id": 5}, "id"),
    ],
)
def test_a_patch_follows_the_same_rules(patch: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        jobs.changed(define(every="5m"), patch, uuid=UUID)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_a_field_of_a_job_whose_only_due_is_over_can_still_be_changed() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    over = define(on_calendar="2025-01-01 03:00")
    named = jobs.changed(over, {"name": "Once"}, uuid=UUID, after=now)
    assert named == replace(over, name="Once")
    with pytest.raises(Invalid):
        jobs.changed(over, {"on_calendar": "2025-02-01"}, uuid=UUID, after=now)


@given(definitions())
def test_an_empty_patch_changes_nothing(definition: Definition) -> None:
    assert jobs.changed(definition, {}, uuid=UUID) == definition


@given(definitions(), definitions())
def test_a_whole_table_as_a_patch_makes_the_other_definition(
    old: Definition, new: Definition
) -> None:
    nothing: dict[str, object] = dict.fromkeys(jobs.KEYS)
    patch = {**nothing, "schedule": None, **jobs.as_table(new)}
    assert jobs.changed(old, patch, uuid=UUID) == new
