"""When many incidents are told as one, and what that means for each of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import audible, storms
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    IncidentStatus,
    JobId,
    Severity,
    SilenceKind,
    StormId,
)
from bot.core.models import Definition, Incident, Job
from bot.core.silencers import Storm
from bot.core.storms import Verdict
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    T0,
    TICK,
    UNSCHEDULED,
    Life,
    up,
)


def incident(number: int = 1, severity: Severity = Severity.WARNING) -> Incident:
    """An incident that is about to be heard."""
    return Incident(
        id=IncidentId(number),
        job_id=JobId(number),
        kind=IncidentKind.MISSED,
        status=IncidentStatus.OPEN,
        severity=severity,
        opened_at=T0,
        updated_at=T0,
        last_bad_at=T0,
    )


def many(count: int, first: int = 1) -> list[Incident]:
    """So many of them."""
    return [incident(number) for number in range(first, first + count)]


def job(number: int, **fields: object) -> Job:
    """The job of an incident."""
    definition = Definition(slug=f"job-{number}", **fields)  # type: ignore[arg-type]  # as said
    return Job(id=JobId(number), uuid=str(number), definition=definition, created_at=T0)


STORM = Storm(
    id=StormId(3),
    group="node nas",
    opened_at=T0,
    joined_at=T0,
    ends_at=T0 + 30 * MINUTE,
    count=4,
)


def gather(
    loud: list[Incident],
    *,
    earlier: int = 0,
    storm: Storm | None = None,
    after: timedelta = timedelta(),
) -> Verdict:
    """Decide about incidents of one group in one pass."""
    return storms.gather(loud, "node nas", earlier=earlier, storm=storm, now=T0 + after)


@pytest.mark.parametrize(
    ("fields", "group"),
    [
        ({"node": "nas", "tags": ("db",)}, "node nas"),
        ({"tags": ("db", "web")}, "tag db"),
        ({}, "all"),
    ],
)
def test_a_group_is_a_node_else_the_first_tag_else_all(
    fields: dict[str, object], group: str
) -> None:
    assert storms.group(job(1, **fields).definition) == group


@pytest.mark.parametrize(
    ("loud", "earlier", "heard", "joined"),
    [
        (1, 0, 1, 0),
        (3, 0, 3, 0),
        (4, 0, 0, 4),
        (40, 0, 0, 40),
        (40, 2, 0, 40),
        (1, 2, 1, 0),
        (1, 3, 0, 1),
        (2, 2, 1, 1),
        (3, 1, 2, 1),
    ],
)
def test_more_than_three_are_a_storm(
    loud: int, earlier: int, heard: int, joined: int
) -> None:
    verdict = gather(many(loud), earlier=earlier)
    assert (len(verdict.heard), len(verdict.joined)) == (heard, joined)
    assert verdict.is_new is bool(joined)
    assert (verdict.storm.count if verdict.storm else 0) == joined


@pytest.mark.parametrize(
    ("after", "joins"),
    [(timedelta(), True), (30 * SECOND, True), (30 * SECOND + TICK, False)],
)
def test_what_comes_soon_after_joins_and_makes_it_longer(
    after: timedelta, joins: bool
) -> None:
    verdict = gather(many(1), storm=STORM, after=after)
    assert bool(verdict.joined) is joins
    if joins:
        assert verdict.storm == replace(
            STORM,
            joined_at=T0 + after,
            ends_at=T0 + after + 30 * MINUTE,
            count=5,
            revision=2,
        )
        assert not verdict.is_new
    else:
        assert len(verdict.heard) == 1


def test_a_storm_that_goes_on_and_on_is_told_anew_after_ten_minutes() -> None:
    long = replace(STORM, joined_at=T0 + 10 * MINUTE)
    assert gather(many(1), storm=long, after=10 * MINUTE).joined
    assert gather(many(1), storm=long, after=10 * MINUTE + TICK).heard


def test_a_storm_that_is_over_takes_nobody_in() -> None:
    over = replace(STORM, ended_at=T0)
    assert gather(many(1), storm=over).heard
    assert gather(many(4), storm=over).is_new


def test_what_is_critical_is_in_the_storm_and_heard_by_itself() -> None:
    critical = incident(9, Severity.CRITICAL)
    verdict = gather([*many(3), critical])
    assert verdict.heard == (critical,)
    assert len(verdict.joined) == 4


@given(
    passes=st.lists(
        st.tuples(st.integers(1, 6), st.integers(0, 45), st.booleans()), max_size=12
    )
)
def test_nobody_is_lost_and_every_storm_is_told_once(
    passes: list[tuple[int, int, bool]],
) -> None:
    """Each incident is heard or in a storm; what is critical is heard always."""
    now, told = T0, 0
    newest: Storm | None = None
    sounds: list[datetime] = []
    members: dict[int, set[int]] = {}
    number = 0
    for count, wait, is_critical in passes:
        now += wait * SECOND
        severity = Severity.CRITICAL if is_critical else Severity.WARNING
        loud = [incident(number + n, severity) for n in range(count)]
        number += count
        earlier = sum(1 for at in sounds if now - at <= storms.WITHIN)
        verdict = storms.gather(loud, "all", earlier=earlier, storm=newest, now=now)
        sounds += [now] * len(verdict.heard)
        heard = {each.id for each in verdict.heard}
        joined = {each.id for each in verdict.joined}
        assert heard | joined == {each.id for each in loud}
        assert not is_critical or heard == {each.id for each in loud}
        assert is_critical or not heard & joined
        if verdict.storm is not None:
            told += verdict.is_new
            newest = replace(verdict.storm, id=StormId(told))
            members.setdefault(told, set()).update(joined)
            assert newest.count == len(members[told])
            assert is_critical or len(verdict.heard) <= storms.AT_MOST
    assert len(members) == told


# a member


def member(**fields: object) -> Life:
    """A job whose incident was told by a storm at T0."""
    life = Life(UNSCHEDULED, **fields)  # type: ignore[arg-type]  # as said
    life.fail()
    life.told.clear()
    assert life.incident is not None
    life.storm = STORM
    life.incident = storms.in_storm(life.incident, STORM)
    return life


def test_a_member_is_silent_and_owes_nothing_when_the_storm_is_over() -> None:
    life = member()
    assert life.incident is not None
    quiet = audible.silence(
        life.incident, life.job.definition, life.state, life.silencers, life.now
    )
    assert quiet == audible.Silence("in storm #3", STORM.ends_at)
    assert quiet is not None
    assert quiet.kind is SilenceKind.STORM
    life.review()
    life.advance(DAY)
    assert life.sounds == []


def test_a_member_that_gets_worse_says_so_when_the_storm_is_over() -> None:
    life = member(min_runtime=MINUTE)
    assert life.incident is not None
    life.incident = replace(life.incident, kind=IncidentKind.TOO_SHORT)
    life.fail()
    assert life.sounds == []
    life.until(STORM.ends_at)
    assert life.sounds == ["worsened"]


def test_a_mute_that_ends_in_a_storm_sounds_when_that_is_over() -> None:
    life = member()
    life.mute(10 * MINUTE)
    life.until(STORM.ends_at - TICK)
    assert life.sounds == []
    life.until(STORM.ends_at)
    assert life.sounds == ["unsilenced"]


def test_reminders_go_on_after_the_storm() -> None:
    life = member(realert_every=10 * MINUTE)
    life.until(STORM.ends_at)
    assert life.sounds == ["reminder"]


def test_a_storm_silences_nothing_critical_and_no_stranger() -> None:
    assert storms.is_over(STORM, STORM.ends_at)
    assert not storms.is_over(STORM, STORM.ends_at - TICK)
    assert storms.is_over(replace(STORM, ended_at=T0), T0)
    life = member(severity=Severity.CRITICAL)
    life.change(realert_every=10 * MINUTE)
    life.advance(10 * MINUTE)
    assert life.sounds == ["reminder"]
    stranger = up(UNSCHEDULED)
    stranger.storm = STORM
    stranger.fail()
    assert stranger.sounds == ["opened"]


# the wait for others


def test_a_new_incident_waits_for_its_group() -> None:
    life = up(UNSCHEDULED)
    life.group_wait = 30 * SECOND
    life.fail()
    assert life.sounds == []
    assert life.incident is not None
    assert life.incident.review_at == T0 + 30 * SECOND
    life.until(T0 + 30 * SECOND)
    assert life.sounds == ["opened"]


def test_what_recovers_while_it_waits_is_never_heard() -> None:
    life = up(UNSCHEDULED)
    life.group_wait = 30 * SECOND
    life.fail()
    life.advance(10 * SECOND)
    life.success()
    life.advance(HOUR)
    assert life.sounds == []


# in words


def test_a_storm_says_how_many_and_what_they_share() -> None:
    members = [
        (replace(each, id=each.id), job(n, tags=("db", f"t{n}")))
        for n, each in enumerate(many(4))
    ]
    assert storms.headline(STORM, members) == (
        "storm #3: 4 incidents of node nas at once, all missed its deadline and tagged "
        "db"
    )
    assert storms.names(members) == ["job-0", "job-1", "job-2", "job-3"]
    mixed = [*members, (replace(incident(9), kind=IncidentKind.FAILED), job(9))]
    everywhere = replace(STORM, group="all", count=5)
    assert storms.headline(everywhere, mixed) == "storm #3: 5 incidents at once"
    tagged = replace(STORM, group="tag db", count=4)
    assert storms.shared(tagged, members) == ["missed its deadline"]
    one = replace(STORM, count=1)
    alone = storms.headline(one, members[:1])
    assert alone == "storm #3: 1 incident of node nas at once"


def test_of_many_the_first_are_named() -> None:
    members = [(incident(n), job(n)) for n in range(25)]
    assert storms.names(members)[-2:] == ["job-19", "and 5 more"]
