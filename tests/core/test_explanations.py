"""Why an incident stands as it does: the rules in words, and the times behind them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import explanations, next_sounds, schedules
from bot.core.explanations import Explanation, Fact
from bot.core.kinds import Outcome, PingKind
from bot.core.models import Ping, Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    UNSCHEDULED,
    Life,
    calendar,
    every,
    ping,
    up,
)
from tests.core.troubles import bad, flapping


def explain(life: Life, *pings: Ping) -> Explanation:
    """Why it is as it is now."""
    return explanations.explain(life.load(), pings, life.now)


def rules(life: Life, *pings: Ping) -> list[str]:
    """The sentences."""
    return list(explain(life, *pings).rules)


def facts(life: Life) -> dict[str, datetime]:
    """The moments, by label; no label stands twice."""
    found = explain(life).facts
    named = {fact.label: fact.at for fact in found}
    assert len(named) == len(found)
    return named


def missed(schedule: Schedule = HOURLY, **fields: Any) -> Life:
    """A job whose second due was missed a minute ago."""
    life = up(schedule, **fields)
    deadline = life.state.slot_deadline_at
    assert deadline is not None
    life.until(deadline + MINUTE)
    return life


# what it is


def test_it_says_which_incident_and_what_will_sound() -> None:
    life = missed(name="Nightly backup", realert_every=HOUR)
    found = explain(life)
    assert found.incident_id == 1
    assert (found.slug, found.label) == ("nightly", "Nightly backup")
    assert found.headline == "missed its deadline"
    assert found.next_sound == next_sounds.foresee(life.load(), life.now)


def test_one_that_only_was_skipped_is_not_said_to_be_due() -> None:
    life = up(UNSCHEDULED)
    bad(life, Outcome.MISSED)
    text = "\n".join(rules(life))
    assert "wanted again and again, and none could begin" in text
    assert "It has no schedule" not in text


def test_a_job_without_an_incident_is_explained_by_its_schedule() -> None:
    life = up()
    found = explain(life)
    assert found.incident_id is None
    assert found.headline == "no incident"
    assert found.rules == (
        "It is due at 0 * * * * UTC, and may be 5 min late (grace).",
    )
    assert facts(life) == {
        "last ping": T0,
        "next due": T0 + HOUR,
        "next deadline": T0 + 65 * MINUTE,
    }


def test_a_new_job_without_a_schedule_has_nothing_to_say() -> None:
    life = Life(UNSCHEDULED)
    assert rules(life) == ["It has no schedule: it cannot miss."]
    assert facts(life) == {}


# kinds


@pytest.mark.parametrize(
    ("schedule", "fields", "expected"),
    [
        (HOURLY, {}, "It is due at 0 * * * * UTC, and may be 5 min late (grace)."),
        (
            HOURLY,
            {"grace": None},
            "It is due at 0 * * * * UTC, and may be 6 min late (grace).",
        ),
        (
            calendar("hourly", "Europe/Riga"),
            {"jitter": MINUTE},
            "It is due at OnCalendar hourly Europe/Riga, and may be 5 min and 1 min "
            "late (grace and jitter).",
        ),
        (
            every(HOUR),
            {},
            "It is due every 1h after its last end, and may be 5 min late (grace).",
        ),
    ],
)
def test_a_miss_names_the_schedule_and_the_grace(
    schedule: Schedule, fields: dict[str, Any], expected: str
) -> None:
    life = missed(schedule, **fields)
    assert rules(life) == [
        expected,
        "Nothing was heard of that due before its deadline passed.",
        "The next good outcome resolves it.",
    ]


def test_the_times_of_a_miss_are_its_due_and_its_deadline() -> None:
    life = missed()
    assert facts(life) == {
        "due": T0 + HOUR,
        "deadline": T0 + 65 * MINUTE,
        "opened": T0 + 65 * MINUTE,
        "last sound": T0 + 65 * MINUTE + timedelta(microseconds=1),
        "last ping": T0,
        "next due": T0 + 2 * HOUR,
        "next deadline": T0 + 125 * MINUTE,
    }


def test_after_more_misses_the_newest_due_counts() -> None:
    life = missed()
    life.advance(2 * HOUR)
    found = facts(life)
    assert found["due"] == T0 + 3 * HOUR
    assert found["deadline"] == T0 + 185 * MINUTE == found["last bad outcome"]
    assert found["opened"] == T0 + 65 * MINUTE
    assert explain(life).headline == "missed its deadline, 3 times"


def test_a_miss_of_a_job_that_lost_its_schedule() -> None:
    life = missed()
    life.change(schedule=UNSCHEDULED)
    assert rules(life)[0] == "It has no schedule: it cannot miss."
    assert "The job has changed since: changed: schedule." in rules(life)


@pytest.mark.parametrize(
    ("schedule", "fields", "expected"),
    [
        (HOURLY, {"max_runtime": 90 * MINUTE}, "within 1 h 30 min (max_runtime)"),
        (HOURLY, {}, "by the deadline of the next due (it has no max_runtime)"),
        (every(HOUR), {}, "within the interval and the grace (it has no max_runtime)"),
        (UNSCHEDULED, {}, "within 1 d (it has no max_runtime)"),
    ],
)
def test_an_overrun_names_how_long_a_run_may_take(
    schedule: Schedule, fields: dict[str, Any], expected: str
) -> None:
    life = up(schedule, **fields)
    life.advance(MINUTE)
    life.start(RID)
    run = life.open_runs[0]
    assert run.deadline_at is not None
    life.until(run.deadline_at + SECOND)
    life.start(OTHER)
    assert rules(life)[:2] == [
        f"A run must end {expected}.",
        "A run was still going at its deadline.",
    ]
    found = facts(life)
    assert found["run started"] == run.started_at
    assert found["run deadline"] == run.deadline_at == found["opened"]


def test_a_run_that_goes_on_is_shown_beside_a_failure() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    life.advance(MINUTE)
    life.start()
    found = facts(life)
    assert found["run started"] == life.now
    assert found["run deadline"] == life.now + DAY


@pytest.mark.parametrize(
    ("exit_status", "told"), [(3, ", with exit status 3"), (None, "")]
)
def test_a_failure_names_the_exit_status(exit_status: int | None, told: str) -> None:
    life = up(UNSCHEDULED)
    life.advance(MINUTE)
    life.fail()
    failed = replace(ping(PingKind.FAIL, life.now), exit_status=exit_status)
    older = replace(ping(PingKind.FAIL, T0 - DAY), exit_status=99)
    assert rules(life, older, ping(), failed)[0] == (
        f"The job itself reported a failure{told}."
    )


def test_a_failure_whose_ping_is_gone_is_explained_all_the_same() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    assert rules(life)[0] == "The job itself reported a failure."


def test_a_run_that_was_too_short_names_both_lengths() -> None:
    life = Life(UNSCHEDULED, min_runtime=MINUTE)
    life.start()
    life.advance(20 * SECOND)
    life.success()
    assert rules(life)[:2] == [
        "A run must take 1 min (min_runtime) or more.",
        "A run ended after 20 s and was too short.",
    ]
    life.change(min_runtime=None)
    life.start()
    assert rules(life)[0] == "A run must take a certain time (min_runtime) or more."
    life = life.copy()
    bad(life, Outcome.TOO_SHORT)
    life.state = replace(life.state, last_duration=None)
    assert rules(life)[1] == "A run ended and was too short."


def test_a_length_that_belongs_to_another_outcome_is_not_named() -> None:
    life = Life(UNSCHEDULED, min_runtime=MINUTE, recovery_threshold=2)
    life.start()
    life.success()
    life.start()
    life.advance(HOUR)
    life.success()
    assert rules(life)[1] == "A run ended and was too short."


def test_a_lost_run_is_said_to_be_unknown() -> None:
    life = up(UNSCHEDULED)
    bad(life, Outcome.LOST)
    assert rules(life)[0] == "A run was lost: what came of it is unknown."


# tolerance, recovery, flapping


def test_the_tolerance_is_named_where_there_is_one() -> None:
    life = Life(UNSCHEDULED, failure_tolerance=3)
    for _ in range(3):
        life.fail()
    assert rules(life)[1] == "An incident opens after 3 bad outcomes in a row."


@pytest.mark.parametrize("threshold", [1, 2, 4])
@pytest.mark.parametrize("came", [0, 1])
def test_as_many_good_outcomes_as_it_says_resolve_it(threshold: int, came: int) -> None:
    life = Life(UNSCHEDULED, recovery_threshold=threshold)
    life.fail()
    for _ in range(min(came, threshold - 1)):
        life.success()
    check_recovery(life)


def check_recovery(life: Life) -> None:
    """Count what is still needed, and let it come."""
    for left in range(100, 0, -1):
        if f"It takes {left} good outcomes in a row to resolve it." in rules(life):
            break
    if left == 1:
        assert "The next good outcome resolves it." in rules(life)
    for _ in range(left):
        assert life.open_incident is not None
        life.success()
    assert life.open_incident is None


def test_flapping_needs_more_good_outcomes_and_says_so() -> None:
    life = flapping()
    said = rules(life)
    assert (
        "It opened again and again: it is flapping, and stays open and quiet." in said
    )
    assert explain(life).headline.endswith(", flapping")
    life.success()
    check_recovery(life)


def test_a_threshold_that_was_lowered_is_reached_with_the_next_one() -> None:
    life = Life(UNSCHEDULED, recovery_threshold=5)
    life.fail()
    for _ in range(4):
        life.success()
    life.change(recovery_threshold=2)
    check_recovery(life)


def test_what_is_resolved_needs_nothing_any_more() -> None:
    life = missed()
    life.success()
    assert rules(life)[-1] == "It is resolved: recovered."
    found = facts(life)
    assert found["resolved"] == life.now
    assert "last sound" not in found


# silence


def test_a_mute_is_named_with_its_reason_and_its_end() -> None:
    life = missed()
    muted = life.mute(HOUR)
    assert rules(life)[-1] == "It makes no sound now: muted by ann (cli)."
    assert facts(life)["silence ends"] == muted.until_at
    life.mutes = [replace(muted, reason="disk is on its way")]
    assert rules(life)[-1] == (
        "It makes no sound now: muted by ann (cli) (disk is on its way)."
    )


def test_an_acknowledgement_is_named_with_both_its_ends() -> None:
    life = missed()
    at = life.now
    life.acknowledge(HOUR)
    assert rules(life)[-1] == "It makes no sound now: acknowledged by ann (cli)."
    assert facts(life)["acknowledged"] == at
    assert facts(life)["silence ends"] == at + HOUR
    life.is_watched = False
    life.advance(HOUR)
    assert "acknowledged" not in facts(life)
    assert rules(life)[-1] == "The next good outcome resolves it."


def test_a_pause_names_who_and_no_dues() -> None:
    life = missed()
    life.pause()
    assert rules(life)[-1] == "It makes no sound now: paused by ann (cli)."
    assert {"next due", "next deadline", "silence ends"}.isdisjoint(facts(life))


@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(
        st.sampled_from(("start", "success", "fail", "pause", "resume", "wait")),
        max_size=15,
    ),
    schedule=st.sampled_from((HOURLY, every(HOUR), UNSCHEDULED, calendar("hourly"))),
)
def test_whatever_happens_can_be_explained(
    script: list[str], schedule: Schedule
) -> None:
    life = Life(schedule, strict_start=True, min_runtime=MINUTE)
    for name in script:
        if name == "wait":
            life.advance(50 * MINUTE)
        else:
            getattr(life, name)()
        found = explain(life)
        assert all(rule.endswith(".") for rule in found.rules)
        assert found.rules
        if life.state.due_at is not None and life.state.paused_from is None:
            ends = schedules.deadline(life.job.definition, life.state.due_at)
            assert Fact(label="next deadline", at=ends) in found.facts


def test_what_began_in_maintenance_says_so() -> None:
    life = up(UNSCHEDULED)
    life.plan(HOUR)
    life.fail()
    life.advance(HOUR + SECOND)
    assert "It began in maintenance, and was held back until that ended." in rules(life)


def test_a_silence_is_named_with_what_its_author_wrote() -> None:
    life = missed()
    life.plan(HOUR)
    said = "It makes no sound now: in maintenance by ann (cli) (new disks)."
    assert said in rules(life)
