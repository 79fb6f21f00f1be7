"""The band of a job with its newest run beside it."""

from datetime import UTC

from bot.core import habit_views
from bot.core.drift import Measure
from tests.core.habits import daily, noisy


def test_a_habit_is_shown_with_the_last_run() -> None:
    shown = habit_views.habits(
        {Measure.DURATION: daily(*noisy(20, 300), 300.0), Measure.LATENESS: []}, UTC
    )
    assert shown["lateness"] is None
    duration = shown["duration"]
    assert isinstance(duration, dict)
    assert duration["text"] == "normally 4 to 6 min"
    assert (duration["last"], duration["last_text"]) == (300, "took 5 min")
    assert (duration["since"], duration["last_at"]) == (
        "2026-03-02T03:00:00Z",
        "2026-03-22T03:00:00Z",
    )
    assert duration["drift"] is None


def test_a_last_run_that_is_not_usual_says_so() -> None:
    samples = daily(*noisy(20, 300), 1860.0)
    shown = habit_views.habits({Measure.DURATION: samples}, UTC)
    duration = shown["duration"]
    assert isinstance(duration, dict)
    assert duration["drift"] == (
        "took 31 min, normally 4 to 6 min; not once since 2 Mar"
    )
