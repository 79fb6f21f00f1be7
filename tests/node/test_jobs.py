"""Names of jobs, held against the server's own rule."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import jobs as server_jobs
from bot.core import pings
from bot.errors import Invalid
from bot.node import jobs

UUID = "07c2f548-9850-4b27-af5d-6c9dc157ec02"


@given(st.text("abz09_-AZ.é/", max_size=8))
def test_a_slug_is_what_the_server_takes_for_one(text: str) -> None:
    try:
        server_jobs.parse({"slug": text, "every": "1h"})
    except Invalid:
        takes = False
    else:
        takes = True
    # what is reserved for URLs is refused by the server
    assert jobs.is_job(text) or not takes


@pytest.mark.parametrize("text", [UUID, UUID.upper()])
def test_a_uuid(text: str) -> None:
    assert jobs.is_uuid(text)
    assert jobs.is_job(text)
    assert jobs.shown(text) == f"{text[:8]}..."


@pytest.mark.parametrize(
    "text", ["", UUID[:-1], UUID.replace("-", ""), "z" + UUID[1:], "a" * 101, "A", "-a"]
)
def test_what_is_neither(text: str) -> None:
    assert not jobs.is_uuid(text)
    assert not jobs.is_job(text) or jobs.shown(text) == text


def test_a_new_uuid_is_random_and_of_version_4() -> None:
    made = {jobs.new_uuid() for _ in range(100)}
    assert len(made) == 100
    assert {uuid.UUID(each).version for each in made} == {4}
    assert all(pings.parse_rid(each) == each for each in made)
