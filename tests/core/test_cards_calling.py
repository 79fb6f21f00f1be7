"""Whom a sound calls, when several things are owed at once."""

from collections.abc import Sequence
from datetime import timedelta

from bot.core import cards
from bot.core.cards import Begun, Called, Card, Edit, Owed, Post, Posted, Shown, Sound
from bot.core.escalations import Standing
from bot.core.kinds import IncidentId, NotificationId, NotificationKind
from bot.core.silencers import Rung, Step
from tests.core.factories import MINUTE, T0, UNSCHEDULED, Life

POSTED = Posted(11, 1000)
ESCALATED, REMINDER = NotificationKind.ESCALATED, NotificationKind.REMINDER
WORSENED = NotificationKind.WORSENED


def step_of(role: int) -> Step:
    """A step that calls one role."""
    return Step(after=role * MINUTE, roles=(role,))


def next_step(
    kinds: Sequence[NotificationKind],
    *,
    climbed: int,
    posted: Posted | None = POSTED,
    covers: int | None = None,
) -> cards.Step:
    """What is done when these are owed; `covers`: a sound up to there was begun."""
    life = Life(UNSCHEDULED)
    life.fail()
    assert life.incident is not None
    rungs = [
        Rung(wait=timedelta(), round=1, step=step_of(n)) for n in range(1, climbed + 1)
    ]
    card = Card(
        incident=life.incident,
        job=life.job,
        state=life.state,
        silence=None,
        escalation=Standing(climbed, 9, tuple(rungs), None),
        now=life.now,
        mark="m",
    )
    begun = None
    if covers is not None:
        newest = NotificationId(covers)
        begun = Begun(at=T0, channel_id=11, covers=newest, is_sound=True)
    shown = Shown(incident_id=IncidentId(1), touched=1, posted=posted, begun=begun)
    owed = [Owed(NotificationId(n), kind) for n, kind in enumerate(kinds, 1)]
    return cards.next_step(shown, card, owed, "d")


def called(*pairs: tuple[int, int]) -> tuple[Called, ...]:
    """Notifications and the roles that they call."""
    return tuple(Called(NotificationId(n), step_of(role)) for n, role in pairs)


def test_a_reminder_hides_no_call() -> None:
    found = next_step([ESCALATED, REMINDER, REMINDER], climbed=1)
    assert found == Sound(ESCALATED, NotificationId(3), called((1, 1)))
    assert next_step([ESCALATED, REMINDER], climbed=1, posted=None) == Post(None)


def test_all_steps_that_nobody_has_heard_of_are_taken_at_once() -> None:
    found = next_step([REMINDER, ESCALATED, REMINDER, ESCALATED], climbed=3)
    assert found == Sound(ESCALATED, NotificationId(4), called((2, 2), (4, 3)))


def test_what_starts_it_over_calls_nobody() -> None:
    found = next_step([ESCALATED, WORSENED], climbed=0)
    assert found == Sound(WORSENED, NotificationId(2))
    found = next_step([ESCALATED, WORSENED, ESCALATED], climbed=1)
    assert found == Sound(ESCALATED, NotificationId(3), called((3, 1)))
    # of what began before that nobody knows any more whom it called
    assert next_step([ESCALATED], climbed=0) == Sound(ESCALATED, NotificationId(1))


def test_a_sound_that_was_begun_is_repeated_as_it_was() -> None:
    kinds = [ESCALATED, REMINDER, ESCALATED]
    found = next_step(kinds, climbed=2, covers=2)
    assert found == Sound(ESCALATED, NotificationId(2), called((1, 1)))
    found = next_step(kinds, climbed=2, covers=77)
    assert found == Sound(ESCALATED, NotificationId(3), called((1, 1), (3, 2)))


def test_a_reminder_alone_calls_nobody() -> None:
    assert next_step([REMINDER], climbed=2) == Sound(REMINDER, NotificationId(1))
    assert next_step([], climbed=2) == Edit(None)
