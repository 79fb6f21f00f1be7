"""Many at once on the whole engine: one sound, one record, and nobody lost."""

from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from bot.core.kinds import MuteScope
from bot.core.silencers import SoundRules
from tests.engine.house import BOB, House, house
from tests.fake_places import FakePlace
from tests.fakes import FakeClock

WAITING = SoundRules(group_waits={"db": timedelta(seconds=30)})


async def hourly(h: House, count: int, **fields: object) -> list[str]:
    """So many jobs on one machine that have reported."""
    slugs = [f"job-{n}" for n in range(count)]
    for slug in slugs:
        wanted = {"cron": "0 * * * *", "grace": "5m", "node": "nas", **fields}
        await h.add(slug, **wanted)
        await h.ping(slug)
    return slugs


async def test_many_misses_in_one_pass_are_one_sound(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as h:
        await hourly(h, 25)
        await h.advance(minutes=66)
        assert h.log.kinds() == ["storm"]
        (told,) = h.notifiers["webhook"].taken
        assert str(told.snapshot["text"]).startswith(
            "storm #1: 25 incidents of node nas at once, all missed its deadline: job-0"
        )
        assert str(told.snapshot["text"]).endswith(", and 5 more")
        (storm,) = await h.reads.storms()
        assert (storm["count"], len(storm["members"])) == (25, 25)
        incidents = await h.incidents()
        assert {each["silenced_by"] for each in incidents} == {"in storm #1"}
        assert {each["storm"] for each in incidents} == {1}
        await h.advance(hours=10)
        assert h.log.kinds() == ["storm"]


async def test_one_by_one_three_are_heard_and_the_rest_join(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        slugs = await hourly(h, 8)
        for slug in slugs:
            await h.ping(slug, "fail")
            await h.advance(seconds=5)
        assert h.log.kinds() == ["opened", "opened", "opened", "storm"]
        (storm,) = await h.reads.storms()
        assert [each["job"] for each in storm["members"]] == slugs[3:]
        await h.advance(seconds=31)
        await h.add("late", every="1d", node="nas")
        await h.ping("late", "fail")
        await h.settle()
        assert h.log.kinds()[-1] == "opened"


async def test_groups_do_not_mix(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        places: list[dict[str, object]] = [
            {"node": "a"},
            {"node": "b"},
            {"tags": ["db"]},
            {},
            {"node": "a"},
        ]
        for n, fields in enumerate(places):
            await h.add(f"j{n}", cron="0 * * * *", grace="5m", **fields)
            await h.ping(f"j{n}")
        await h.advance(minutes=66)
        assert h.log.kinds() == ["opened"] * 5
        assert await h.reads.storms() == []


async def test_what_is_critical_is_heard_by_itself(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 4)
        wanted = {"cron": "0 * * * *", "grace": "5m", "node": "nas"}
        await h.add("vital", severity="critical", **wanted)
        await h.ping("vital")
        await h.advance(minutes=66)
        assert sorted(h.log.kinds()) == ["opened", "storm"]
        (storm,) = await h.reads.storms()
        assert storm["count"] == 5
        (vital,) = await h.incidents(job="vital")
        assert (vital["storm"], vital["silenced_by"]) == (1, None)


async def test_a_storm_is_over_when_all_are_well(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as h:
        slugs = await hourly(h, 4)
        await h.advance(minutes=66)
        for slug in slugs[:3]:
            await h.ping(slug)
        assert len(await h.reads.storms()) == 1
        await h.ping(slugs[3])
        await h.settle()
        assert await h.reads.storms() == []
        kinds = h.notifiers["webhook"].kinds()
        assert kinds == ["storm", *["(resolved)"] * 4]


async def test_a_restart_in_a_storm_repeats_and_forgets_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as h:
        slugs = await hourly(h, 5)
        for slug in slugs[:4]:
            await h.ping(slug, "fail")
            await h.settle()
        assert h.log.kinds() == ["opened", "opened", "opened", "storm"]
        uuids = h.uuids
    async with house(tmp_path, clock=clock) as h:
        h.uuids = uuids
        await h.ping(slugs[4], "fail")
        await h.settle()
        assert h.log.kinds() == []
        (storm,) = await h.reads.storms()
        assert storm["count"] == 2
        await h.advance(minutes=31)
        assert await h.reads.storms() == []
        assert h.log.kinds() == []


async def test_what_a_mute_held_back_comes_as_one(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 6)
        await h.engine.mutes.add(
            MuteScope.ALL, "", duration=timedelta(hours=2), actor=BOB
        )
        await h.advance(minutes=66)
        assert h.log.kinds() == []
        await h.advance(minutes=60)
        assert h.log.kinds() == ["storm"]


@pytest.mark.parametrize("recovers", [True, False])
async def test_what_recovers_while_it_waits_is_never_posted(
    tmp_path: Path, recovers: bool
) -> None:
    clock = FakeClock()
    place = FakePlace(clock)
    async with house(
        tmp_path, clock=clock, place=place, sound_rules=WAITING, webhook=True
    ) as h:
        await h.add("dump", every="1d", tags=["db"])
        await h.ping("dump", "fail")
        await h.advance(seconds=20)
        assert place.messages == {}
        (incident,) = await h.incidents()
        assert incident["silenced_by"] == "waiting for others of its group"
        if recovers:
            await h.ping("dump")
        await h.advance(seconds=10)
        await h.advance(hours=1)
        assert len(place.messages) == (0 if recovers else 1)
        assert h.notifiers["webhook"].kinds() == ([] if recovers else ["opened"])


async def test_only_jobs_with_the_tag_wait(tmp_path: Path) -> None:
    async with house(tmp_path, sound_rules=WAITING) as h:
        await h.add("other", every="1d", tags=["web"])
        await h.ping("other", "fail")
        await h.settle()
        assert h.log.kinds() == ["opened"]


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_storm_keeps_no_old_incident_from_being_removed(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        slugs = await hourly(h, 5, node="", tags=["db"])
        for said, slug in product(("fail", "success"), slugs):
            await h.ping(slug, said)
        await h.advance(minutes=20)
        for said, slug in product(("fail", "success"), slugs):
            await h.ping(slug, said)
        await h.advance(minutes=20)
        assert "storm" in h.log.kinds()
        for slug in slugs:
            await h.engine.jobs.pause(slug, BOB)
        assert len(await h.incidents()) == 10
        await h.advance(days=400)
        # the newest of each job stays
        assert len(await h.incidents()) == 5


@pytest.mark.parametrize("seconds", [5, 300])
async def test_a_member_that_opens_again_sounds_when_the_storm_is_over(
    tmp_path: Path, seconds: int
) -> None:
    async with house(tmp_path) as h:
        slugs = await hourly(h, 4)
        for slug in slugs:
            await h.ping(slug)
        await h.advance(minutes=66)
        assert h.log.kinds() == ["storm"]
        await h.ping(slugs[0])
        await h.advance(seconds=seconds)
        await h.ping(slugs[0], "fail")
        await h.settle()
        (again,) = await h.incidents(job=slugs[0])
        assert (again["status"], again["silenced_by"]) == ("open", "in storm #1")
        assert h.log.kinds() == ["storm", "(resolved)"]
        (storm,) = await h.reads.storms()
        assert storm["count"] == 4
        await h.advance(minutes=31)
        assert h.log.kinds() == ["storm", "(resolved)", "reopened"]


async def test_an_older_incident_of_a_job_hides_no_storm(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        slugs = await hourly(h, 4)
        await h.ping(slugs[0], "fail")
        await h.ping(slugs[0])
        await h.advance(minutes=66)
        unresolved = await h.incidents(status="unresolved")
        newest = [each for each in await h.incidents() if each["status"] == "open"]
        for found in (newest, unresolved):
            assert {each["silenced_by"] for each in found} == {"in storm #1"}
