"""What stands above a job silences its misses; and never for ever."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import audible, inhibition, quiet_hours
from bot.core.inhibition import Above
from bot.core.kinds import IncidentId, InhibitorKind, JobId, Severity, SilenceKind
from bot.core.models import Incident
from bot.core.silencers import Inhibitor, Silencers
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    TICK,
    UNSCHEDULED,
    Life,
    mute,
    up,
    window,
)

NIGHT = quiet_hours.parse("22:00-07:00")


def down() -> Life:
    """A job above others that went down at T0."""
    life = Life(UNSCHEDULED, slug="nas-alive")
    life.fail()
    return life


def inhibitor(life: Life, *, mutual: bool = False) -> Inhibitor | None:
    """What it does to those below it now."""
    assert life.incident is not None
    above = Above(
        kind=InhibitorKind.NODE,
        name="nas",
        job=life.job,
        state=life.state,
        incident=life.incident,
        is_mutual=mutual,
    )
    found = inhibition.inhibitors([above], life.silencers, life.now)
    return found[0] if found else None


def missed() -> Life:
    """A job below, which was due every hour and missed the due of T0 + 1 h."""
    life = up()
    life.until(T0 + HOUR + 5 * MINUTE)
    return life


def holding(
    opened_at: datetime, until: datetime | None = None, **fields: object
) -> Inhibitor:
    """Something above that is not well."""
    wanted: dict[str, object] = {
        "kind": InhibitorKind.NODE,
        "name": "nas",
        "incident_id": IncidentId(99),
        **fields,
    }
    return Inhibitor(opened_at=opened_at, until=until, **wanted)  # type: ignore[arg-type]  # as said


# the upper one


def test_one_that_is_heard_inhibits_with_no_end_that_is_known() -> None:
    life = down()
    assert inhibitor(life) == Inhibitor(
        kind=InhibitorKind.NODE, name="nas", incident_id=IncidentId(1), opened_at=T0
    )


def test_one_that_is_acknowledged_inhibits_for_four_hours() -> None:
    life = down()
    life.acknowledge(10 * HOUR)
    found = inhibitor(life)
    assert found is not None
    assert found.until == T0 + 4 * HOUR
    life.until(T0 + 4 * HOUR - TICK)
    assert inhibitor(life) is not None
    life.until(T0 + 4 * HOUR)
    assert inhibitor(life) is None
    life.until(T0 + 10 * HOUR)
    assert inhibitor(life) is not None


def until(life: Life) -> datetime | None:
    """Until when it inhibits, as far as that is known now."""
    found = inhibitor(life)
    assert found is not None
    return found.until


def test_when_an_acknowledgement_ends_before_it_is_heard_and_inhibits_on() -> None:
    life = down()
    life.acknowledge(HOUR)
    assert until(life) is None
    life.windows = [window(T0 + 9 * HOUR)]
    assert until(life) == T0 + 9 * HOUR
    life.windows = [window(T0 + 30 * MINUTE)]
    assert until(life) == T0 + 30 * MINUTE
    life.windows = []
    life.quiet_hours = NIGHT
    assert until(life) == T0 + HOUR
    life.advance(HOUR)
    assert inhibitor(life) is None


@pytest.mark.parametrize("how", ["mute", "pause", "maintenance", "quiet"])
def test_one_that_is_silent_inhibits_nothing(how: str) -> None:
    life = down()
    if how == "mute":
        life.mutes = [mute(T0 + HOUR, target="nas-alive")]
    elif how == "pause":
        life.pause()
    elif how == "maintenance":
        life.windows = [window()]
    else:
        life.quiet_hours = NIGHT
    assert inhibitor(life) is None


def test_one_that_the_clock_will_silence_inhibits_until_then() -> None:
    life = down()
    life.windows = [window(T0 + 20 * HOUR)]
    found = inhibitor(life)
    assert found is not None
    assert found.until == T0 + 20 * HOUR
    life.now += 5 * HOUR
    life.quiet_hours = NIGHT
    found = inhibitor(life)
    assert found is not None
    assert found.until == T0 + 19 * HOUR


def test_one_that_opened_again_counts_from_then() -> None:
    life = down()
    life.success()
    life.advance(MINUTE)
    life.fail()
    found = inhibitor(life)
    assert found is not None
    assert found.opened_at == T0 + MINUTE


# the lower one


def test_a_miss_that_opened_after_it_is_silent_and_sounds_when_it_ends() -> None:
    life = up()
    life.inhibitors = (holding(T0),)
    life.until(T0 + 70 * MINUTE)
    incident = life.open_incident
    assert incident is not None
    assert (incident.inhibited_by, incident.silenced) == (99, True)
    assert life.sounds == []
    life.inhibitors = ()
    life.review()
    assert life.sounds == ["opened"]
    assert life.incident is not None
    assert life.incident.inhibited_by is None


def test_what_recovers_below_never_sounds() -> None:
    life = up()
    life.inhibitors = (holding(T0),)
    life.until(T0 + 70 * MINUTE)
    life.success()
    life.inhibitors = ()
    life.review()
    assert life.sounds == []
    assert life.incident is not None
    assert life.incident.inhibited_by is None


def test_a_bound_that_is_known_is_stored() -> None:
    life = up()
    life.inhibitors = (holding(T0, T0 + 4 * HOUR),)
    life.until(T0 + 70 * MINUTE)
    assert life.open_incident is not None
    assert life.open_incident.review_at == T0 + 4 * HOUR
    life.inhibitors = ()
    life.until(T0 + 4 * HOUR)
    assert life.sounds == ["opened"]


def test_a_miss_that_was_there_before_is_heard() -> None:
    life = up()
    life.inhibitors = (holding(T0 + 2 * HOUR),)
    life.until(T0 + 70 * MINUTE)
    assert life.sounds == ["opened"]


def test_a_failure_is_heard_and_a_miss_that_becomes_one() -> None:
    life = up(UNSCHEDULED)
    life.inhibitors = (holding(T0 - HOUR),)
    life.fail()
    assert life.sounds == ["opened"]
    life = up()
    life.inhibitors = (holding(T0),)
    life.until(T0 + 70 * MINUTE)
    life.fail()
    assert life.sounds == ["opened"]
    assert life.open_incident is not None
    assert life.open_incident.inhibited_by is None


def silence(life: Life) -> audible.Silence:
    """What silences it, which must be something."""
    assert life.incident is not None
    found = audible.silence(
        life.incident, life.job.definition, life.state, life.silencers, life.now
    )
    assert found is not None
    return found


def test_the_oldest_of_several_is_named() -> None:
    life = missed()
    life.advance(MINUTE)
    life.inhibitors = (
        holding(T0 + MINUTE, kind=InhibitorKind.PARENT, name="mount"),
        holding(T0, incident_id=IncidentId(5)),
    )
    assert silence(life).reason == "inhibited by node nas"
    assert silence(life).inhibited_by == 5
    life.inhibitors = life.inhibitors[:1]
    assert silence(life).reason == "inhibited by mount"


def test_what_has_no_incident_of_its_own_inhibits_as_well() -> None:
    life = missed()
    life.advance(MINUTE)
    life.inhibitors = (
        holding(T0, kind=InhibitorKind.RECEIVER, name="the receiver", incident_id=None),
    )
    assert silence(life).reason == "inhibited by the receiver"
    assert silence(life).kind is SilenceKind.INHIBITION


def test_at_one_moment_the_upper_silences_the_lower_and_never_each_the_other() -> None:
    life = missed()
    life.advance(MINUTE)
    incident = life.open_incident
    assert incident is not None
    life.inhibitors = (holding(incident.opened_at),)
    assert silence(life).kind is SilenceKind.INHIBITION
    older, younger = (
        holding(incident.opened_at, incident_id=IncidentId(number), is_mutual=True)
        for number in (incident.id - 1, incident.id + 1)
    )
    life.inhibitors = (older,)
    assert silence(life).kind is SilenceKind.INHIBITION
    life.inhibitors = (younger,)
    life.review()
    assert life.sounds == ["opened"]


def test_an_acknowledgement_is_stronger_and_quiet_hours_are_weaker() -> None:
    life = up()
    life.inhibitors = (holding(T0),)
    life.until(T0 + 70 * MINUTE)
    life.quiet_hours = NIGHT
    assert silence(life).kind is SilenceKind.INHIBITION
    life.acknowledge()
    assert silence(life).kind is SilenceKind.ACKNOWLEDGEMENT


def test_a_critical_miss_sounds_when_the_one_above_falls_silent_at_night() -> None:
    """The upper one is not critical: from 22:00 on it is not heard any more."""
    upper, lower = down(), up(severity=Severity.CRITICAL)
    found = inhibitor(upper)
    assert found is not None
    lower.inhibitors = (replace(found, until=T0 + 19 * HOUR),)
    lower.until(T0 + 70 * MINUTE)
    lower.inhibitors = ()
    lower.quiet_hours = NIGHT
    lower.until(T0 + 19 * HOUR)
    assert lower.sounds == ["opened"]


# which goes first


def ids(*numbers: int) -> list[JobId]:
    """Job ids."""
    return [JobId(number) for number in numbers]


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([], [[1, 2, 3]]),
        ([(1, 2)], [[2, 3], [1]]),
        ([(1, 2), (2, 3), (1, 3)], [[3], [2], [1]]),
        ([(1, 2), (2, 1), (1, 1), (2, 2)], [[3], [1, 2]]),
        ([(1, 9), (9, 2)], [[1, 2, 3]]),
    ],
)
def test_those_above_are_judged_before_those_below(
    links: list[tuple[int, int]], expected: list[list[int]]
) -> None:
    pairs = [(JobId(job_id), JobId(above)) for job_id, above in links]
    assert list(inhibition.generations(ids(1, 2, 3), pairs)) == expected


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=20))
def test_everybody_is_judged_once(links: list[tuple[int, int]]) -> None:
    pairs = [(JobId(job_id), JobId(above)) for job_id, above in links]
    found = list(inhibition.generations(ids(1, 2, 3, 4, 5, 6), pairs))
    assert sorted(each for part in found for each in part) == [1, 2, 3, 4, 5, 6]


@given(
    opened=st.lists(st.integers(0, 3), min_size=2, max_size=6),
    links=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12),
)
def test_in_every_family_that_is_down_somebody_is_heard(
    opened: list[int], links: list[tuple[int, int]]
) -> None:
    """However jobs stand above each other, in circles too: never is all silent."""
    numbers = range(len(opened))
    above: dict[int, set[int]] = {number: set() for number in numbers}
    for lower, upper in links:
        if lower in above and upper in above and lower != upper:
            above[lower].add(upper)
    for _ in numbers:
        for lower in numbers:
            above[lower] |= {far for near in above[lower] for far in above[near]}
    life = missed()
    life.advance(MINUTE)
    base = life.incident
    assert base is not None

    def is_silent(number: int) -> bool:
        at = T0 + opened[number] * MINUTE
        incident: Incident = replace(base, id=IncidentId(number), opened_at=at)
        state = replace(life.state, openings=())
        inhibitors = tuple(
            holding(
                T0 + opened[upper] * MINUTE,
                incident_id=IncidentId(upper),
                is_mutual=number in above[number],
            )
            for upper in above[number] - {number}
        )
        around = Silencers(inhibitors=inhibitors)
        definition = life.job.definition
        found = audible.silence(incident, definition, state, around, life.now)
        return found is not None

    for number in numbers:
        family = {number, *above[number]}
        assert not all(is_silent(each) for each in family)
    assert life.now < T0 + DAY


def test_one_that_works_again_inhibits_nothing_until_it_fails_again() -> None:
    life = Life(UNSCHEDULED, slug="nas-alive", recovery_threshold=3)
    life.fail()
    assert inhibitor(life) is not None
    life.success()
    assert life.open_incident is not None
    assert inhibitor(life) is None
    life.fail()
    found = inhibitor(life)
    assert found is not None
    assert found.wavers


def test_what_was_heard_is_not_silenced_again_by_one_that_wavers() -> None:
    below = missed()
    below.advance(TICK)
    incident = below.open_incident
    assert incident is not None
    for wavers, heard_at, is_silent in (
        (False, below.now, True),
        (True, below.now, False),
        (True, None, True),
        (True, T0, True),
    ):
        node = InhibitorKind.NODE
        above = Inhibitor(kind=node, name="nas", opened_at=T0, wavers=wavers)
        around = Silencers(inhibitors=(above,))
        then, job = replace(incident, last_sound_at=heard_at), below.job
        found = audible.silence(then, job.definition, below.state, around, below.now)
        assert (found is not None) is is_silent
