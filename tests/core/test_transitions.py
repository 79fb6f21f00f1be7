"""What a decision leaves behind: everything that is derived is brought up to date."""

from dataclasses import fields, replace
from typing import Any

from bot.core import transitions
from bot.core.kinds import Outcome, RunId
from bot.core.models import JobState, Run
from tests.core.factories import HOUR, MINUTE, RID, T0, Life, fresh, job, numbers, up


def run(number: int, **said: Any) -> Run:
    """A run of the job."""
    return Run(id=RunId(number), job_id=job().id, started_at=T0, **said)


def test_every_field_of_a_state_may_be_changed_but_whose_it_is() -> None:
    names = {field.name for field in fields(JobState)}
    assert set(transitions.Changes.__annotations__) == names - {"job_id"}


def test_a_decision_changes_nothing_that_it_was_handed() -> None:
    life = up()
    watched = life.load()
    before = replace(watched.state)
    life.advance(5 * HOUR)
    life.fail()
    assert watched.state == before


def test_a_decision_that_decides_nothing_leaves_the_same_state() -> None:
    life = up()
    watched = life.load()
    after = transitions.finish(transitions.start(watched, T0, numbers()))
    assert after.watched == watched
    assert after.effects == ()


def test_the_deadline_is_the_first_of_the_slot_and_the_open_runs_in_time() -> None:
    life = up()
    slot_at = life.state.slot_deadline_at
    draft = transitions.start(life.load(), T0, numbers())
    draft.runs = [
        run(1, deadline_at=T0 + MINUTE, overran=True),
        run(2, deadline_at=T0 + 2 * MINUTE, ended_at=T0),
        run(3, deadline_at=T0 + 2 * HOUR),
    ]
    state = transitions.finish(draft).watched.state
    assert state.deadline_at == state.wake_at == slot_at
    assert state.open_runs == 2
    draft.runs.append(run(4, deadline_at=T0 + 3 * MINUTE))
    assert transitions.finish(draft).watched.state.deadline_at == T0 + 3 * MINUTE


def test_a_reminder_wakes_the_watchdog_and_is_no_deadline() -> None:
    draft = transitions.start(fresh(job()), T0, numbers())
    draft.runs = [run(1, deadline_at=T0 + 4 * HOUR)]
    state = transitions.finish(draft).watched.state
    assert state.deadline_at == T0 + 4 * HOUR
    assert state.wake_at == state.remind_at == T0 + 3 * HOUR


def test_an_incident_that_was_not_loaded_stays_the_newest() -> None:
    life = up()
    life.fail()
    life.success()
    watched = replace(life.load(), incident=None)
    after = transitions.finish(transitions.start(watched, T0, numbers()))
    assert after.watched.state.incident_id == 1


def test_nothing_is_recorded_without_an_incident() -> None:
    draft = transitions.start(fresh(job()), T0, numbers())
    draft.record("note", "nothing", T0)
    assert draft.effects == []


def test_the_runs_of_a_draft_are_its_own() -> None:
    life = Life()
    life.start(RID)
    watched = life.load()
    draft = transitions.start(watched, T0, numbers())
    draft.change_run(draft.runs[0], replace(draft.runs[0], outcome=Outcome.OK))
    assert watched.runs[0].outcome is None
    assert draft.open_runs() == draft.runs
