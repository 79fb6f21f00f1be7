"""How many jobs something covers, and what may be meant where it is none."""

import pytest

from bot.core import reach
from bot.core.states import View

KNOWN = ("db", "dbs", "web", "nas", "Nas-2")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dbb", ["db", "dbs"]),
        ("NAS", ["nas", "Nas-2"]),
        ("weather", []),
        ("x" * 5000, []),
    ],
)
def test_names_that_are_like_it_are_offered(typed: str, meant: list[str]) -> None:
    assert reach.near(typed, KNOWN) == meant


def test_names_that_differ_in_case_alone_are_all_offered() -> None:
    assert reach.near("nas", ("NAS", "Nas")) == ["NAS", "Nas"]


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ({"scope": "job", "target": "backup", "jobs": 1, "near": []}, ""),
        ({"scope": "tag", "target": "db", "jobs": 1, "near": []}, "it covers 1 job"),
        ({"scope": "all", "target": "", "jobs": 0, "near": []}, "it covers 0 jobs"),
        (
            {"scope": "node", "target": "q", "jobs": 0, "near": []},
            "no job has the node Q now",
        ),
        (
            {"scope": "tag", "target": "dbb", "jobs": 0, "near": ["db", "dbs"]},
            "no job has the tag DBB now: did you mean DB or DBS?",
        ),
    ],
)
def test_it_is_said_in_words(view: View, said: str) -> None:
    assert reach.words(view, str.upper) == said
