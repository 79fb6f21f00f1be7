"""Of a storm one incident calls people for all of them: which one, and when."""

from dataclasses import replace
from typing import Any

from bot.core import escalation_texts, escalations
from bot.core.escalations import Voice
from bot.core.kinds import IncidentId, JobId, Severity, StormId, WindowId, WindowScope
from bot.core.silencers import NOTHING, Silencers, Storm, Window
from tests.core.factories import DAY, HOUR, MINUTE, T0, UNSCHEDULED, Life, job
from tests.core.test_escalations import failing, heard


def storm(life: Life, speaker: int) -> Storm:
    """A storm that the incident is in."""
    return Storm(
        id=StormId(1),
        group="node nas",
        opened_at=life.now,
        joined_at=life.now,
        ends_at=life.now + 30 * MINUTE,
        count=4,
        speaker=IncidentId(speaker),
    )


def in_storm(severity: Severity = Severity.WARNING, *, speaker: int) -> Life:
    """An incident that was told as one of many."""
    life = failing(severity=severity)
    assert life.incident is not None
    life.storm = storm(life, speaker)
    told = replace(life.incident, storm_id=StormId(1), escalate_at=None)
    life.incident = told
    life.review()
    return life


def test_of_a_storm_one_calls_for_all_although_it_is_silent() -> None:
    life = in_storm(speaker=1)
    life.advance(25 * MINUTE)
    assert [kind for kind, _ in heard(life)] == ["opened", "escalated"]
    other = in_storm(speaker=77)
    other.advance(DAY)
    assert "escalated" not in [kind for kind, _ in heard(other)]


def test_who_speaks_for_a_storm_may_change() -> None:
    life = in_storm(speaker=77)
    life.advance(20 * MINUTE)
    life.storm = storm(life, 1)
    life.advance(2 * MINUTE)
    assert [kind for kind, _ in heard(life)][-1] == "escalated"


def test_what_is_critical_calls_for_itself() -> None:
    life = in_storm(Severity.CRITICAL, speaker=77)
    life.advance(15 * MINUTE)
    assert [kind for kind, _ in heard(life)][-1] == "escalated"


# who speaks for a storm


def voice(number: int, severity: Severity = Severity.WARNING, **labels: Any) -> Voice:
    """An open member of a storm."""
    return Voice(
        incident_id=IncidentId(number),
        job_id=JobId(number),
        severity=severity,
        labels=job(slug=f"job-{number}", **labels).definition,
    )


SPOKEN = escalation_texts.rules(["warning 5m"], 1, HOUR)


def test_the_first_with_a_policy_that_nobody_silenced_speaks() -> None:
    life = Life(UNSCHEDULED)
    life.mute(HOUR)
    muted = replace(life.mutes[0], target="job-3")
    window = Window(
        id=WindowId(1),
        scope=WindowScope.TAG,
        target="work",
        created_by="ann",
        created_at=T0,
        starts_at=T0,
        duration=HOUR,
    )
    around = Silencers(mutes=(muted,), windows=(window,))
    voices = [
        voice(1, Severity.INFO),
        voice(2, tags=("work",)),
        voice(3),
        voice(4),
        voice(5),
    ]
    assert escalations.speaker(voices, SPOKEN, around, T0) is voices[3]
    assert escalations.speaker(voices, SPOKEN, NOTHING, T0) is voices[1]
    assert escalations.speaker(voices[:1], SPOKEN, NOTHING, T0) is None
