"""What is exported is what `apply` reads."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.cli.export import as_toml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.one_of(
    TEXTS,
    st.integers(0, 720),
    st.booleans(),
    st.lists(TEXTS, max_size=3),
    st.dictionaries(TEXTS, st.lists(TEXTS, min_size=1), min_size=1, max_size=3),
)
KEYS = st.sampled_from(["slug", "description", "filters", "tags", "grace", "cron"])


@given(st.lists(st.dictionaries(KEYS, VALUES, min_size=1), min_size=1, max_size=4))
def test_every_table_is_read_back_as_it_was(tables: list[dict[str, Any]]) -> None:
    assert tomllib.loads(as_toml(tables))["job"] == tables


def test_what_is_not_set_is_left_out() -> None:
    assert as_toml([{"slug": "a", "grace": None}]) == '[[job]]\nslug = "a"\n'


def test_no_jobs_are_a_file_of_jobs_as_well() -> None:
    assert tomllib.loads(as_toml([])) == {}
