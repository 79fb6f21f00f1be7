"""Cards for the tests of how things look; each is what a real life came to."""

from datetime import timedelta
from typing import Any

from bot.core import audible
from bot.core.cards import Card
from bot.core.models import Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    UNSCHEDULED,
    Act,
    Life,
    cron,
)

#: due at 03:00 UTC in winter
RIGA = cron("0 5 * * *", "Europe/Riga")
MARK = "k3f9-12"


def card(life: Life, *, output: str = "", mark: str = MARK) -> Card:
    """The card of a life's incident as it is now."""
    incident = life.incident
    assert incident is not None
    silence = None
    if incident.resolved_at is None:
        silence = audible.silence(
            incident, life.job.definition, life.state, life.silencers, life.now
        )
    return Card(
        incident=incident,
        job=life.job,
        state=life.state,
        silence=silence,
        output=output,
        now=life.now,
        mark=mark,
    )


def missed(schedule: Schedule = RIGA, **fields: Any) -> Life:
    """A daily job that missed its due of 03:00 UTC at 03:30, a minute ago."""
    life = Life(schedule, at=T0 - DAY, grace=30 * MINUTE, **fields)
    life.success()
    life.until(T0 + 31 * MINUTE)
    assert life.open_incident is not None
    return life


def failed(times: int = 1, **fields: Any) -> Life:
    """A job without a schedule that failed, a minute apart."""
    life = Life(UNSCHEDULED, **fields)
    for number in range(times):
        life.advance(timedelta() if not number else MINUTE)
        life.fail()
    assert life.open_incident is not None
    return life


STANDINGS: dict[str, list[Act]] = {
    "open": [],
    "acknowledged": [lambda life: life.acknowledge()],
    "muted": [lambda life: life.mute(HOUR)],
    "muted and acknowledged": [
        lambda life: life.mute(HOUR),
        lambda life: life.acknowledge(),
    ],
    "paused": [lambda life: life.pause()],
    "resolved": [lambda life: life.success()],
    "removed": [lambda life: life.remove()],
}


def standing(name: str, life: Life | None = None) -> Card:
    """A card of a job that stands so."""
    life = missed() if life is None else life
    for act in STANDINGS[name]:
        act(life)
    return card(life)
