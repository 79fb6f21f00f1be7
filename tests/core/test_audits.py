"""The audit log in words."""

import pytest

from bot.core import audits


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, ()),
        ({"grace": 300}, {"grace": 600}, ("grace: 300 -> 600",)),
        ({"grace": 300}, {"grace": 300}, ()),
        ({}, {"tags": ["db"], "name": "x"}, ('tags: ["db"]', "name: x")),
        ({"tags": ["db"]}, {}, ('tags: ["db"]',)),
        ({"tags": ["ä"]}, {"tags": []}, ('tags: ["ä"] -> (none)',)),
        ({"name": ""}, {"name": "x" * 99}, ("name: (none) -> " + "x" * 59 + "…",)),
    ],
)
def test_only_what_differs_is_said(
    before: dict[str, object], after: dict[str, object], said: tuple[str, ...]
) -> None:
    assert audits.differences(before, after) == said


def test_an_action_is_words() -> None:
    assert audits.words("job_changed") == "job changed"
    assert audits.words("run_wished") == "run started"
