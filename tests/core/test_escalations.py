"""Who is called when nobody takes care of an incident: step by step, and not twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import escalation_texts, escalations
from bot.core.kinds import (
    NotificationKind,
    Outcome,
    Severity,
)
from bot.core.silencers import (
    Escalation,
    EscalationRules,
    Step,
)
from tests.core.factories import DAY, HOUR, MINUTE, T0, UNSCHEDULED, Life, job
from tests.core.troubles import bad

LADDER = escalation_texts.rules(
    ["all 10m role:1", "all 30m user:2 dm:3 fallback"], 2, HOUR
).by_severity[Severity.WARNING]

#: minutes after the first sound at which somebody is called
CALLS = [10, 30, 60, 70, 90]


def failing(**fields: Any) -> Life:
    """An incident that has just been heard."""
    life = Life(UNSCHEDULED, **fields)
    life.escalation = LADDER
    life.fail()
    return life


def heard(life: Life) -> list[tuple[str, float]]:
    """Every sound, and how many minutes after the beginning it was made."""
    return [
        (str(told.kind), (told.at - T0) / MINUTE) for told in life.told if told.sounds
    ]


def test_the_steps_are_taken_in_two_rounds_and_then_no_more() -> None:
    life = failing()
    life.advance(3 * DAY)
    assert heard(life) == [("opened", 0), *(("escalated", float(at)) for at in CALLS)]
    assert life.incident is not None
    standing = escalations.standing(life.incident, LADDER)
    assert standing is not None
    assert standing.is_exhausted
    assert (standing.climbed, standing.total) == (5, 5)


def test_a_ladder_says_whom_each_step_calls() -> None:
    rungs = escalations.ladder(LADDER)
    assert [(rung.round, rung.wait / MINUTE) for rung in rungs] == [
        *((1, 10), (1, 20)),
        *((2, 30), (2, 10), (2, 20)),
    ]
    assert [rung.step.roles for rung in rungs] == [(1,), (), (), (1,), ()]
    last = rungs[-1].step
    assert (last.users, last.direct, last.fallback) == ((2,), (3,), True)


def test_an_acknowledgement_stops_it_and_its_end_starts_it_over() -> None:
    life = failing()
    life.advance(15 * MINUTE)
    life.acknowledge(HOUR)
    life.advance(2 * HOUR)
    assert heard(life) == [
        *(("opened", 0), ("escalated", 10)),
        *(("unsilenced", 75), ("escalated", 85), ("escalated", 105)),
        ("escalated", 135),
    ]


def test_in_a_silence_it_does_not_go_on() -> None:
    life = failing()
    life.mute(HOUR)
    life.advance(65 * MINUTE)
    assert heard(life) == [("opened", 0), ("unsilenced", 60)]
    life.advance(5 * MINUTE)
    assert heard(life)[-1] == ("escalated", 70)


def test_what_gets_worse_starts_it_over() -> None:
    life = Life(UNSCHEDULED)
    life.escalation = LADDER
    bad(life, Outcome.MISSED)
    life.advance(35 * MINUTE)
    life.fail()
    life.advance(15 * MINUTE)
    kinds = [kind for kind, _ in heard(life)]
    assert kinds == ["opened", "escalated", "escalated", "worsened", "escalated"]


def test_a_recovery_ends_it() -> None:
    life = failing()
    life.advance(15 * MINUTE)
    life.success()
    life.advance(DAY)
    assert [kind for kind, _ in heard(life)] == ["opened", "escalated"]


def test_who_was_late_makes_up_for_one_step_only() -> None:
    life = failing()
    # nobody looks for two hours, as in a crash
    life.is_watched = False
    life.advance(2 * HOUR)
    life.review()
    assert heard(life) == [("opened", 0), ("escalated", 120)]
    life.is_watched = True
    life.advance(20 * MINUTE)
    assert heard(life)[2:] == [("escalated", 140)]


def test_reminders_go_on_beside_it() -> None:
    life = failing(realert_every=25 * MINUTE)
    life.advance(40 * MINUTE)
    assert heard(life) == [("opened", 0), ("escalated", 10), ("escalated", 30)]
    life.advance(15 * MINUTE)
    assert heard(life)[3:] == [("reminder", 55)]


def test_settings_that_are_gone_call_nobody() -> None:
    life = failing()
    life.escalation = None
    life.advance(DAY)
    assert [kind for kind, _ in heard(life)] == ["opened"]


def test_settings_that_are_new_hold_for_what_is_open() -> None:
    life = failing()
    life.escalation = None
    life.review()
    life.advance(HOUR)
    life.escalation = LADDER
    life.review()
    life.advance(15 * MINUTE)
    assert heard(life) == [("opened", 0), ("escalated", 70)]


def test_a_ladder_that_became_shorter_is_at_its_end() -> None:
    life = failing()
    life.advance(65 * MINUTE)
    assert life.incident is not None
    short = Escalation(steps=LADDER.steps[:1], rounds=1, repeat_after=HOUR)
    standing = escalations.standing(life.incident, short)
    assert standing is not None
    assert (standing.climbed, standing.total) == (1, 1)


def test_a_ladder_that_became_longer_goes_on() -> None:
    life = failing()
    life.escalation = replace(LADDER, rounds=1)
    life.advance(40 * MINUTE)
    life.escalation = LADDER
    life.review()
    life.advance(25 * MINUTE)
    assert [at for _, at in heard(life)] == [0, 10, 30]
    life.advance(5 * MINUTE)
    assert heard(life)[-1] == ("escalated", 70)


def test_a_change_that_brings_other_steps_begins_with_the_first() -> None:
    life = failing()
    life.advance(15 * MINUTE)
    around = life.silencers
    life.change(around, description="the same steps")
    assert life.incident is not None
    assert life.incident.escalated == 1
    life.change(replace(around, escalation=replace(LADDER, rounds=1)), tags=("db",))
    assert life.incident.escalated == 0
    assert life.incident.escalate_at == life.now + 10 * MINUTE


def test_a_change_of_severity_holds_for_what_is_open() -> None:
    life = failing()
    assert life.incident is not None
    life.change(severity=Severity.CRITICAL)
    shown = [life.incident.severity]
    life.change(severity=Severity.INFO)
    shown.append(life.incident.severity)
    assert shown == [Severity.CRITICAL, Severity.INFO]
    assert escalations.standing(life.incident, None) is None


# whose policy


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({}, 1),
        ({"severity": Severity.CRITICAL}, 2),
        ({"severity": Severity.CRITICAL, "tags": ("web", "db")}, 3),
        ({"severity": Severity.INFO}, 1),
    ],
)
def test_a_tag_comes_before_a_severity_and_that_before_all(
    fields: dict[str, Any], first: int
) -> None:
    lines = ["all 5m role:1", "critical 5m role:2", "tag:db 5m role:3"]
    rules = escalation_texts.rules(lines, 1, HOUR)
    definition = job(**fields).definition
    found = escalations.policy_for(rules, definition, definition.severity)
    assert found is not None
    assert found.steps[0].roles == (first,)


def test_without_a_fitting_policy_nobody_is_called() -> None:
    rules = escalation_texts.rules(["critical 5m"], 1, HOUR)
    definition, severity = job().definition, Severity.WARNING
    assert escalations.policy_for(rules, definition, severity) is None
    assert escalations.policy_for(EscalationRules(), definition, severity) is None


def test_the_incident_says_how_severe_it_is() -> None:
    rules = escalation_texts.rules(["critical 5m"], 1, HOUR)
    definition = job(severity=Severity.INFO).definition
    assert escalations.policy_for(rules, definition, Severity.CRITICAL) is not None


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("critical 10m", Step(after=10 * MINUTE)),
        ("tag:db 1h role:7 role:8", Step(after=HOUR, roles=(7, 8))),
        ("all 0s user:7", Step(after=timedelta(), users=(7,))),
        ("info  2d  dm:7  fallback", Step(after=2 * DAY, direct=(7,), fallback=True)),
    ],
)
def test_a_step_is_read(text: str, step: Step) -> None:
    assert escalation_texts.line(text).step == step


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must say for whom"),
        ("tag: 10m", "must say for whom"),
        ("urgent 10m", "must say for whom"),
        ("critical", "must say after how long"),
        ("critical soon", "must say after how long, up to 7 days"),
        ("critical 8d", "must say after how long, up to 7 days"),
        ("critical 10m @ops", "must name whom to call by ids"),
        ("critical 10m role:ops", "must name whom to call by ids"),
        ("critical 10m role:0", "must name whom to call by ids"),
        ("critical 10m role:9999999999999999999", "must name whom to call by ids"),
        ("critical 10m channel:1", "must name whom to call by ids"),
    ],
)
def test_nonsense_is_refused_with_a_way_out(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        escalation_texts.line(text)
    assert str(caught.value).endswith(")")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["all 5m role:1", "all 5m role:2"], "at a time of its own"),
        (["all 5m", "all 1h"], "before a round begins anew"),
    ],
)
def test_steps_must_fit_together(lines: list[str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        escalation_texts.rules(lines, 2, HOUR)


def test_a_single_round_may_be_longer_than_the_repeat() -> None:
    found = escalation_texts.rules(["all 2h"], 1, HOUR).by_severity[Severity.INFO]
    assert [rung.wait for rung in escalations.ladder(found)] == [2 * HOUR]


# whatever happens

ACTS: dict[str, Callable[[Life, timedelta], object]] = {
    "fail": lambda life, _: life.fail(),
    "success": lambda life, _: life.success(),
    "acknowledge": lambda life, by: life.acknowledge(by),
    "mute": lambda life, by: life.mute(by),
    "unmute": lambda life, _: life.unmute(),
    "resolve": lambda life, _: life.resolve(),
    "wait": lambda life, by: life.advance(by),
}
steps = st.tuples(
    st.sampled_from(sorted(ACTS)),
    st.integers(1, 200).map(lambda minutes: minutes * MINUTE),
)


@settings(max_examples=150, deadline=None)
@given(script=st.lists(steps, max_size=12))
def test_nobody_is_called_while_it_is_well_or_somebody_has_it(
    script: list[tuple[str, timedelta]],
) -> None:
    life = failing()
    for name, by in script:
        ACTS[name](life, by)
    calls, since = 0, T0
    for told in life.told:
        if told.kind is NotificationKind.ESCALATED:
            calls += 1
            assert told.at >= since + 10 * MINUTE or calls > 1
            assert calls <= 5
        elif told.sounds:
            calls, since = 0, told.at
