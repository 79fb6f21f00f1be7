"""A card that waits for others of its group is not posted, and never if it recovers."""

from bot.core import audible, cards
from bot.core.cards import Card, Post, Rest, Shown
from bot.core.kinds import IncidentId
from tests.core.factories import HOUR, MINUTE, SECOND, UNSCHEDULED, Life, up


def next_step(life: Life) -> cards.Step:
    """What a place does that has no message yet."""
    incident = life.incident
    assert incident is not None
    silence = None
    if incident.resolved_at is None:
        silence = audible.silence(
            incident, life.job.definition, life.state, life.silencers, life.now
        )
    card = Card(
        incident=incident,
        job=life.job,
        state=life.state,
        silence=silence,
        now=life.now,
        mark="m",
    )
    return cards.next_step(Shown(incident_id=IncidentId(1), touched=1), card, (), "d")


def waiting() -> Life:
    """A new incident that waits for half a minute."""
    life = up(UNSCHEDULED)
    life.group_wait = 30 * SECOND
    life.fail()
    return life


def test_it_is_posted_after_the_wait() -> None:
    life = waiting()
    assert next_step(life) == Rest(None)
    life.advance(30 * SECOND)
    assert next_step(life) == Post(None)


def test_what_recovered_in_the_wait_is_never_posted() -> None:
    life = waiting()
    life.advance(10 * SECOND)
    life.success()
    assert next_step(life) == Rest(None)
    life.advance(HOUR)
    assert next_step(life) == Rest(None)


def test_what_recovers_after_the_wait_is() -> None:
    life = waiting()
    life.advance(MINUTE)
    life.success()
    assert next_step(life) == Post(None)


def test_without_a_wait_everything_is_posted() -> None:
    life = up(UNSCHEDULED)
    life.fail()
    life.success()
    assert next_step(life) == Post(None)
