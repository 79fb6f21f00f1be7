"""What maintenance does to a job: suppressed slots, and what is judged at the end."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core import audible
from bot.core.kinds import IncidentKind, Outcome, SilenceKind
from bot.core.models import Incident
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    T0,
    TICK,
    UNSCHEDULED,
    Life,
    every,
    up,
    window,
)


def opened(life: Life) -> Incident:
    """The open incident, which must be there."""
    assert life.open_incident is not None
    return life.open_incident


def test_a_slot_that_falls_due_inside_is_suppressed_and_judged_at_the_end() -> None:
    life = up()
    life.plan(2 * HOUR, after=30 * MINUTE)
    life.until(T0 + 150 * MINUTE)
    assert life.slots[T0 + HOUR] is Outcome.SUPPRESSED
    assert life.slots[T0 + 2 * HOUR] is Outcome.SUPPRESSED
    assert (life.state.bad_in_a_row, life.incident) == (0, None)
    assert life.state.last_outcome is Outcome.SUPPRESSED
    life.advance(SECOND)
    incident = opened(life)
    assert incident.opened_at == T0 + 150 * MINUTE
    assert incident.due_at == T0 + 2 * HOUR
    assert incident.in_maintenance
    assert incident.count == 1
    assert life.sounds == ["opened"]
    assert life.story[-1].text == "missed its deadline, began in maintenance"


def test_a_good_outcome_inside_makes_the_end_silent() -> None:
    life = up()
    life.plan(2 * HOUR, after=30 * MINUTE)
    life.until(T0 + 70 * MINUTE)
    assert life.state.suppressed is Outcome.MISSED
    life.success()
    assert life.slots[T0 + HOUR] is Outcome.LATE
    life.until(T0 + 120 * MINUTE)
    life.success()
    life.until(T0 + 170 * MINUTE)
    assert life.incidents == {}
    assert life.state.maintained_until is None


def test_a_failure_inside_is_held_back_and_opens_at_the_end() -> None:
    life = up(UNSCHEDULED)
    life.plan(HOUR)
    life.fail()
    assert life.incident is None
    life.advance(HOUR + SECOND)
    incident = opened(life)
    assert (incident.kind, incident.opened_at) == ("failed", T0 + HOUR)


def test_the_newest_outcome_inside_decides() -> None:
    life = up(UNSCHEDULED)
    life.plan(HOUR)
    life.fail()
    life.advance(MINUTE)
    life.success()
    life.advance(MINUTE)
    assert life.state.suppressed is None
    life.advance(2 * HOUR)
    assert life.incidents == {}


def test_tolerance_counts_the_maintenance_once() -> None:
    life = up(failure_tolerance=2)
    life.plan(3 * HOUR, after=30 * MINUTE)
    life.until(T0 + 211 * MINUTE)
    assert (life.state.bad_in_a_row, life.incident) == (1, None)
    life.until(T0 + 4 * HOUR + 6 * MINUTE)
    assert life.is_down()


def test_what_was_suppressed_neither_counts_nor_resets() -> None:
    life = up(failure_tolerance=2)
    life.until(T0 + 66 * MINUTE)
    assert life.state.bad_in_a_row == 1
    life.plan(HOUR)
    life.until(T0 + 2 * HOUR + 5 * MINUTE + SECOND)
    assert life.slots[T0 + 2 * HOUR] is Outcome.SUPPRESSED
    assert life.state.bad_in_a_row == 1


def test_a_deadline_after_the_end_of_a_due_inside_counts_at_the_deadline() -> None:
    life = up()
    life.plan(35 * MINUTE, after=28 * MINUTE)
    life.until(T0 + 65 * MINUTE)
    assert life.incident is None
    life.advance(SECOND)
    assert life.slots[T0 + HOUR] is Outcome.SUPPRESSED
    assert opened(life).opened_at == T0 + 65 * MINUTE
    assert opened(life).in_maintenance


def test_of_two_bad_outcomes_inside_only_the_newest_counts() -> None:
    life = up()
    life.plan(65 * MINUTE)
    life.advance(30 * MINUTE)
    life.fail()
    life.until(T0 + 65 * MINUTE + SECOND)
    assert opened(life).count == 1


def test_a_due_before_it_is_missed_as_ever_and_sounds_after_it() -> None:
    life = up()
    life.plan(30 * MINUTE, after=61 * MINUTE)
    life.until(T0 + 70 * MINUTE)
    assert opened(life).opened_at == T0 + 65 * MINUTE
    assert not opened(life).in_maintenance
    assert life.sounds == []
    life.until(T0 + 91 * MINUTE)
    assert life.sounds == ["opened"]


def test_an_interval_starts_anew_when_the_work_is_done() -> None:
    life = up(every(HOUR))
    life.plan(2 * HOUR, after=30 * MINUTE)
    life.until(T0 + 140 * MINUTE)
    assert life.slots == {T0 + HOUR: Outcome.SUPPRESSED}
    assert life.state.due_at is None
    life.until(T0 + 150 * MINUTE + SECOND)
    assert life.state.due_at == T0 + 210 * MINUTE
    assert life.incidents == {}
    life.until(T0 + 216 * MINUTE)
    assert opened(life).opened_at == T0 + 215 * MINUTE
    assert not opened(life).in_maintenance


def test_an_interval_that_reports_inside_counts_from_that() -> None:
    life = up(every(HOUR))
    life.plan(2 * HOUR, after=30 * MINUTE)
    life.until(T0 + 140 * MINUTE)
    life.success()
    life.until(T0 + 150 * MINUTE + SECOND)
    assert life.state.due_at == T0 + 200 * MINUTE


def test_an_interval_that_runs_at_the_end_waits_for_its_end() -> None:
    life = up(every(HOUR), max_runtime=3 * HOUR)
    life.plan(2 * HOUR, after=30 * MINUTE)
    life.until(T0 + 140 * MINUTE)
    life.start()
    life.until(T0 + 151 * MINUTE)
    assert life.state.due_at is None
    life.success()
    assert life.state.due_at == T0 + 211 * MINUTE


def test_an_interval_starts_anew_though_a_run_has_hung_since_before() -> None:
    life = up(every(HOUR))
    life.until(T0 + MINUTE)
    life.start()
    life.until(T0 + 70 * MINUTE)
    assert opened(life).kind is IncidentKind.OVERRAN
    assert life.state.due_at == T0 + 126 * MINUTE
    life.plan(2 * HOUR, after=10 * MINUTE)
    life.until(T0 + 190 * MINUTE)
    assert life.slots[T0 + 126 * MINUTE] is Outcome.SUPPRESSED
    life.until(T0 + 201 * MINUTE)
    assert life.state.due_at == T0 + 260 * MINUTE


def test_two_windows_in_a_row_are_one() -> None:
    life = up()
    life.windows = [window(T0 + 30 * MINUTE), window(T0 + 90 * MINUTE)]
    life.until(T0 + 110 * MINUTE)
    assert life.state.maintained_until == T0 + 150 * MINUTE
    life.until(T0 + 150 * MINUTE)
    assert life.incidents == {}
    life.advance(SECOND)
    assert opened(life).opened_at == T0 + 150 * MINUTE


def test_work_that_is_ended_early_is_judged_at_once() -> None:
    life = up()
    life.plan(5 * HOUR, after=30 * MINUTE)
    life.until(T0 + 70 * MINUTE)
    life.end_work()
    assert opened(life).opened_at == T0 + 70 * MINUTE
    assert life.sounds == ["opened"]


def test_a_deadline_at_the_very_end_is_the_newest_outcome_inside() -> None:
    life = up(failure_tolerance=2)
    # the slots of 1 h and 2 h are missed inside, the second at the very end
    life.plan(95 * MINUTE, after=30 * MINUTE)
    life.until(T0 + 125 * MINUTE)
    life.review()
    life.advance(SECOND)
    assert life.state.bad_in_a_row == 1
    assert life.incidents == {}


def test_the_shorter_of_two_counts_when_the_longer_one_is_ended_early() -> None:
    life = up()
    short = window(T0 + 30 * MINUTE, 90 * MINUTE)
    long = window(T0 + 45 * MINUTE, 20 * DAY)
    life.windows = [short, long]
    life.until(T0 + 70 * MINUTE)
    assert life.state.maintained_until == T0 + 45 * MINUTE + 20 * DAY
    life.windows = [short, replace(long, ended_at=life.now)]
    life.review()
    assert life.state.maintained_until == T0 + 120 * MINUTE
    life.until(T0 + 120 * MINUTE + SECOND)
    assert opened(life).opened_at == T0 + 120 * MINUTE


def test_an_interval_whose_work_is_ended_early_starts_anew_at_once() -> None:
    life = up(every(HOUR))
    life.plan(5 * HOUR, after=30 * MINUTE)
    life.until(T0 + 70 * MINUTE)
    life.end_work()
    assert life.state.due_at == T0 + 130 * MINUTE
    assert life.incidents == {}


def test_a_late_watchdog_comes_to_the_same() -> None:
    awake, late = up(), up(watched=False)
    for life in (awake, late):
        life.windows = [window(T0 + 30 * MINUTE, 90 * MINUTE)]
        life.until(T0 + 4 * HOUR + 6 * MINUTE)
        life.settle()
    assert late.slots == awake.slots
    assert (late.incident and late.incident.opened_at) == T0 + 2 * HOUR
    assert (awake.incident and awake.incident.opened_at) == T0 + 2 * HOUR


def test_an_incident_that_was_there_is_silent_and_sounds_once_after() -> None:
    life = up(UNSCHEDULED)
    life.fail()
    life.advance(MINUTE)
    life.plan(HOUR)
    assert opened(life).review_at == T0 + 61 * MINUTE
    life.fail()
    assert opened(life).count == 1
    life.until(T0 + 61 * MINUTE)
    assert life.sounds == ["opened", "unsilenced"]
    life.advance(DAY)
    assert life.sounds == ["opened", "unsilenced"]
    assert opened(life).count == 2


def test_work_that_begins_later_silences_what_was_heard_before() -> None:
    life = up(UNSCHEDULED)
    life.windows = [window(T0 + 2 * HOUR)]
    life.fail()
    assert life.sounds == ["opened"]
    life.until(T0 + 3 * HOUR - TICK)
    assert life.sounds == ["opened"]
    life.until(T0 + 3 * HOUR)
    assert life.sounds == ["opened", "unsilenced"]


def test_what_recovers_inside_is_resolved_and_never_sounds() -> None:
    life = up(UNSCHEDULED)
    life.fail()
    life.plan(HOUR)
    life.success()
    life.advance(DAY)
    assert life.open_incident is None
    assert life.sounds == ["opened"]


def test_a_pause_forgets_what_was_suppressed() -> None:
    life = up(UNSCHEDULED)
    life.plan(HOUR)
    life.fail()
    life.pause()
    life.advance(2 * HOUR)
    life.resume()
    assert life.incidents == {}


def test_a_failure_soon_after_a_resolution_reopens_and_says_so() -> None:
    life = up(UNSCHEDULED)
    life.fail()
    life.success()
    life.plan(5 * MINUTE)
    life.fail()
    life.advance(6 * MINUTE)
    assert opened(life).reopened == 1
    assert opened(life).in_maintenance


def test_maintenance_is_stronger_than_a_mute() -> None:
    life = up(UNSCHEDULED)
    life.fail()
    life.mute(3 * HOUR)
    life.plan(HOUR)
    quiet = audible.silence(
        opened(life), life.job.definition, life.state, life.silencers, life.now
    )
    assert quiet is not None
    assert (quiet.kind, quiet.until) == (SilenceKind.MAINTENANCE, T0 + HOUR)
    assert (quiet.reason, quiet.remark) == ("in maintenance by ann (cli)", "new disks")
    life.until(T0 + 3 * HOUR - TICK)
    assert life.sounds == ["opened"]
    life.until(T0 + 3 * HOUR)
    assert life.sounds == ["opened", "unsilenced"]


@given(
    begins=st.integers(-30, 200),
    lasts=st.integers(1, 300),
    pings=st.lists(st.tuples(st.integers(1, 80), st.booleans()), max_size=6),
    kind=st.sampled_from(["calendar", "interval"]),
)
def test_nothing_sounds_inside_and_what_is_bad_is_known_by_its_next_deadline(
    begins: int, lasts: int, pings: list[tuple[int, bool]], kind: str
) -> None:
    life = up() if kind == "calendar" else up(every(HOUR))
    life.windows = [window(T0 + begins * MINUTE, lasts * MINUTE)]
    inside = life.windows[0]
    for after, good in pings:
        life.advance(after * MINUTE)
        if good:
            life.success()
        else:
            life.fail()
    life.advance(timedelta(days=1))
    ends_at = inside.starts_at + inside.duration
    for told in life.told:
        assert not (told.sounds and inside.starts_at <= told.at < ends_at)
    assert life.is_down()
    assert life.sounds
    assert life.state.maintained_until is None
