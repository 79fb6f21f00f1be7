"""The working copy of a decision."""

from dataclasses import fields

from bot.core.models import JobState
from bot.core.transitions import Changes


def test_every_field_of_a_state_may_be_changed_but_whose_it_is() -> None:
    names = {field.name for field in fields(JobState)}
    assert set(Changes.__annotations__) == names - {"job_id"}
