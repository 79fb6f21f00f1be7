"""What a card says of an incident, line by line."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.core.kinds import MuteScope, Severity
from bot.core.models import Schedule
from bot.core.silencers import Mute
from bot.discord_ui import facts
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    T0,
    Act,
    Life,
    calendar,
    cron,
    every,
    mute,
)
from tests.core.troubles import flapping
from tests.discord_ui.factories import card, failed, missed


def lines(life: Life) -> dict[str, str]:
    """The short facts."""
    return {line.name: line.value for line in facts.lines(card(life))}


def fields(life: Life) -> dict[str, str]:
    """The long ones."""
    return {field.name: field.value for field in facts.fields(card(life))}


def stamp(at: datetime, style: str) -> str:
    """A moment as Discord is told it."""
    return f"<t:{int(at.timestamp())}:{style}>"


def both(at: datetime) -> str:
    """Date and distance."""
    return f"{stamp(at, 'f')} ({stamp(at, 'R')})"


# the summary


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (missed(), "**Missed its deadline**"),
        (
            failed(3, severity=Severity.CRITICAL),
            "**Failed, 3 times**\nseverity critical",
        ),
        (
            missed(node="db1", tags=("prod", "a_b ")),
            "**Missed its deadline**\non db1 · tags prod, a_b",
        ),
        (
            missed(node="@everyone", tags=tuple("abcdefghij")),
            "**Missed its deadline**\non @\u200beveryone · "
            "tags a, b, c, d, e, f, g, h, …",
        ),
    ],
)
def test_the_summary_says_what_how_often_and_where(life: Life, expected: str) -> None:
    assert facts.summary(card(life)) == expected


def test_the_summary_says_that_it_flaps_and_is_down_for_good() -> None:
    life = flapping()
    assert "· flapping: it opens again and again" in facts.summary(card(life))
    for _ in range(3):
        life.fail()
    assert "· down for good**" in facts.summary(card(life))


# lines


def test_an_open_miss_has_its_times() -> None:
    assert lines(missed()) == {
        "Since": both(T0 + 30 * MINUTE),
        "Due": "Mon 23 Nov 05:00 Europe/Riga (03:00 UTC)",
        "Last ping": stamp(T0 - DAY, "R"),
    }


def test_a_failure_of_a_job_without_a_schedule_has_no_due() -> None:
    life = failed(2)
    assert lines(life) == {
        "Since": both(T0),
        "Last ping": stamp(T0 + MINUTE, "R"),
        "Failures": "2 in all, 2 in a row",
    }


def test_a_job_that_never_reported_says_so() -> None:
    life = Life(cron("0 5 * * *"), strict_start=True)
    life.advance(3 * HOUR)
    assert lines(life)["Last ping"] == "never"


def test_failures_are_counted_over_reopenings() -> None:
    life = failed()
    for _ in range(2):
        life.success()
        life.fail()
    assert lines(life)["Failures"] == "3 in all, 1 in a row, opened again 2 times"
    life = failed()
    life.success()
    life.fail()
    life.success()
    assert lines(life)["Failures"] == "2 in all, opened again once"


def test_what_came_after_a_late_success_is_not_in_a_row() -> None:
    life = failed(2, recovery_threshold=2)
    life.success()
    assert lines(life)["Failures"] == "2 in all"


def test_a_resolved_incident_says_how_long_it_lasted() -> None:
    life = missed()
    life.advance(11 * MINUTE)
    life.success()
    assert lines(life)["Resolved"] == f"{stamp(T0 + 42 * MINUTE, 'f')}, after 12 min"
    assert fields(life) == {}


# dues


@pytest.mark.parametrize(
    ("schedule", "at", "expected"),
    [
        (cron("0 3 * * *"), T0, "Mon 23 Nov 03:00 UTC"),
        (every(HOUR), T0 + SECOND, "Mon 23 Nov 03:00:01 UTC"),
        (
            cron("0 3 * * *", "Pacific/Auckland"),
            T0,
            "Mon 23 Nov 16:00 Pacific/Auckland (03:00 UTC)",
        ),
        (
            cron("0 3 * * *", "America/New_York"),
            T0,
            "Sun 22 Nov 22:00 America/New_York (Mon 23 Nov 03:00 UTC)",
        ),
        (cron("0 3 * * *", "Africa/Abidjan"), T0, "Mon 23 Nov 03:00 UTC"),
        (
            calendar("*-*-* 05:00 Europe/Riga", "Asia/Tokyo"),
            T0,
            "Mon 23 Nov 05:00 Europe/Riga (03:00 UTC)",
        ),
        (
            calendar("*-*-* 12:00", "Asia/Tokyo"),
            T0,
            "Mon 23 Nov 12:00 Asia/Tokyo (03:00 UTC)",
        ),
        (cron("0 3 * * *", "Nowhere/Gone"), T0, "Mon 23 Nov 03:00 UTC"),
    ],
)
def test_a_due_is_told_on_its_own_clock_and_in_utc(
    schedule: Schedule, at: datetime, expected: str
) -> None:
    assert facts.due(schedule, at) == expected


# fields


def test_an_acknowledgement_has_who_and_until_when() -> None:
    life = missed()
    at = life.now
    life.acknowledge()
    assert fields(life) == {
        "Acknowledged": f"by ann (cli), {stamp(at, 'R')}\nuntil {both(at + 4 * HOUR)}"
    }


def test_an_acknowledgement_from_before_its_times_were_kept() -> None:
    life = missed()
    life.acknowledge()
    assert life.incident is not None
    life.incident = replace(
        life.incident, acknowledged_at=None, acknowledged_until=None
    )
    assert fields(life) == {"Acknowledged": "by ann (cli)"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, "by ann (cli)\nuntil {end}"),
        (
            {"scope": MuteScope.TAG, "target": "prod"},
            "by ann (cli), with all that has the tag prod\nuntil {end}",
        ),
        (
            {"scope": MuteScope.ALL, "target": ""},
            "by ann (cli), with everything\nuntil {end}",
        ),
        (
            {"until_recovery": True},
            "by ann (cli)\nuntil it recovers, at the latest {end}",
        ),
    ],
)
def test_a_mute_has_who_what_and_until_when(
    wanted: dict[str, Any], expected: str
) -> None:
    life = missed(tags=("prod",))
    life.mutes = [mute(T0 + DAY, **{"target": "nightly", **wanted})]
    life.review()
    assert fields(life) == {"Muted": expected.format(end=both(T0 + DAY))}


def test_the_reason_of_a_mute_is_shown_and_harmless() -> None:
    life = missed()
    muted: Mute = replace(mute(T0 + DAY, target="nightly"), reason="disk <@1>\nsoon")
    life.mutes = [muted]
    said = fields(life)["Muted"].splitlines()[0]
    assert said == "by ann (cli): disk <\u200b@1> soon"


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([], []),
        ([lambda life: life.pause()], ["Paused"]),
        (
            [lambda life: life.acknowledge(), lambda life: life.pause()],
            ["Acknowledged", "Paused"],
        ),
        (
            [lambda life: life.acknowledge(), lambda life: life.mute(HOUR)],
            ["Acknowledged", "Muted"],
        ),
        ([lambda life: life.change(grace=HOUR)], ["Note"]),
    ],
)
def test_each_thing_that_keeps_it_quiet_has_its_field(
    acts: list[Act], expected: list[str]
) -> None:
    life = missed()
    for act in acts:
        act(life)
    assert list(fields(life)) == expected


def test_a_pause_has_who_and_a_note_has_what() -> None:
    life = missed()
    life.change(grace=HOUR)
    life.pause()
    assert fields(life) == {"Paused": "by ann (cli)", "Note": "changed: grace"}


def test_a_silence_of_an_unknown_kind_is_left_out() -> None:
    life = missed()
    life.pause()
    shown = card(life)
    resumed = replace(shown, state=replace(shown.state, status=life.state.status.DOWN))
    assert list(facts.fields(resumed)) == []
