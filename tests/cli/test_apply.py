"""The plan as a person reads it before it is carried out."""

from typing import Any

import pytest

from bot.cli import apply

NOTHING: dict[str, Any] = {
    "added": [],
    "changed": [],
    "removed": [],
    "unchanged": ["a", "b"],
}


def test_a_plan_shows_what_is_added_changed_and_removed() -> None:
    changes = [{"field": "grace", "before": "30m", "after": "1h"}]
    plan = {
        "added": ["new"],
        "changed": [{"slug": "backup", "changes": changes}],
        "removed": ["old"],
        "adopted": ["hand"],
        "missing": ["lost"],
        "unchanged": ["same"],
    }
    assert apply.lines(plan, ascii_only=False) == [
        "+ new",
        "~ backup",
        "    grace: 30m → 1h",
        "- old",
        "= hand (made by hand; belongs to the files from now on)",
        "  lost is in no file; --prune would remove it",
        "",
        "plan: 1 to add, 1 to change, 1 to remove, 1 unchanged",
    ]
    assert "    grace: 30m -> 1h" in apply.lines(plan, ascii_only=True)


def test_nothing_to_do_is_one_line() -> None:
    lines = apply.lines(NOTHING, ascii_only=True)
    assert lines == ["nothing to do: 2 unchanged"]


@pytest.mark.parametrize("key", ["added", "changed", "removed"])
def test_a_plan_with_anything_in_it_is_not_empty(key: str) -> None:
    assert apply.is_empty(NOTHING)
    assert apply.is_empty({**NOTHING, "missing": ["x"], "adopted": ["y"]})
    assert not apply.is_empty({**NOTHING, key: ["x"]})


def test_a_field_that_was_or_becomes_nothing_says_so() -> None:
    changes = [{"field": "node", "before": "", "after": None}]
    plan = {**NOTHING, "changed": [{"slug": "a", "changes": changes}]}
    assert apply.lines(plan, ascii_only=True)[1] == "    node: none -> none"
