"""Incidents of a kind that takes more than one event."""

from bot.core import audible, incidents, transitions
from bot.core.kinds import Outcome
from tests.core.factories import MINUTE, UNSCHEDULED, Life


def bad(life: Life, outcome: Outcome) -> None:
    """An outcome of any kind, as the rules count it."""
    draft = transitions.start(life.load(), life.now, life.ids)
    incidents.bad(draft, outcome, life.now, None)
    audible.speak(draft)
    life.save(transitions.finish(draft))


def flapping() -> Life:
    """A job whose incident opened four times in a few minutes."""
    life = Life(UNSCHEDULED)
    for _ in range(4):
        life.fail()
        life.advance(MINUTE)
        if life.open_incident is None or not life.open_incident.flapping:
            life.success()
            life.advance(MINUTE)
    assert life.open_incident is not None
    assert life.open_incident.flapping
    return life
