"""Channels and roles that are chosen apply at once, and nothing is lost by that."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import storage.choices
from bot.core.choices import Choice
from bot.core.kinds import ActorKind
from bot.core.models import Actor
from bot.core.roles import Rules
from bot.engine.choices import Choices
from bot.errors import Conflict, Invalid
from tests.engine.house import BOB, House, house
from tests.fake_places import FakePlace
from tests.fakes import FakeClock

ADA = Actor(kind=ActorKind.DISCORD, name="ada")
HERE, THERE, LAST = 501, 502, 503


def place(clock: FakeClock) -> FakePlace:
    """It has no channels: nobody has chosen any."""
    return FakePlace(clock, channels=())


async def choose(home: House, **wanted: tuple[int, ...]) -> list[Any]:
    found: list[Any] = await home.engine.choices.choose(
        {Choice(name): ids for name, ids in wanted.items()}, ADA
    )
    return found


def seen(home: House) -> list[tuple[int, str]]:
    """Where what was said, oldest first."""
    return [(each.channel_id, each.what) for each in home.place.messages.values()]


async def broken(home: House, slug: str) -> None:
    await home.add(slug, every="1h")
    await home.ping(slug, "fail")
    await home.settle()


async def test_without_a_channel_nothing_waits_and_the_choice_brings_the_cards(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, place=place(clock)) as home:
        await broken(home, "backup")
        await broken(home, "mail")
        await home.ping("mail")
        await home.settle()
        assert seen(home) == []
        assert (await home.reads.status())["backlog"] == {}
        await choose(home, alert=(HERE,))
        await home.settle()
        assert seen(home) == [(HERE, "card")]
        await broken(home, "db")
        assert seen(home) == [(HERE, "card"), (HERE, "card")]
        await home.ping("backup")
        await home.settle()
        card, _ = home.place.messages.values()
        assert card.edits == 1
        assert (await home.reads.status())["backlog"] == {}


async def test_another_channel_takes_new_cards_and_old_ones_are_edited_where_they_are(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, place=place(clock)) as home:
        await choose(home, alert=(HERE,))
        await broken(home, "backup")
        await choose(home, alert=(THERE,))
        await home.settle()
        assert seen(home) == [(HERE, "card")]
        await broken(home, "db")
        await home.ping("backup")
        await home.settle()
        assert seen(home) == [(HERE, "card"), (THERE, "card")]
        assert [each.edits for each in home.place.messages.values()] == [1, 0]
        loud = [each for each in home.place.messages.values() if not each.silent]
        assert len(loud) == 2


async def test_a_choice_outlives_a_kill(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, place=place(clock)) as home:
        await broken(home, "backup")
        await choose(home, alert=(HERE,), admin=(7, 8, 7))
    async with house(tmp_path, clock=clock) as home:
        assert home.engine.choices.places == (HERE,)
        expected = Rules(admin_role_ids=frozenset({7, 8}))
        assert home.engine.choices.rules == expected
    known = FakePlace(clock, channels=(HERE,))
    async with house(tmp_path, clock=clock, place=known) as home:
        await home.settle()
        assert seen(home) == [(HERE, "card")]


async def test_without_a_channel_again_cards_rest_until_there_is_one(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, place=place(clock)) as home:
        await choose(home, alert=(HERE,), fallback=(LAST,))
        await broken(home, "backup")
        await choose(home, alert=())
        await home.ping("backup")
        await broken(home, "db")
        assert seen(home) == [(HERE, "card")]
        assert [each.edits for each in home.place.messages.values()] == [0]
        await choose(home, alert=(THERE,))
        await home.settle()
        assert seen(home) == [(HERE, "card"), (THERE, "card")]
        assert [each.edits for each in home.place.messages.values()] == [1, 0]


async def test_a_send_that_was_under_way_is_not_made_twice(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, place=place(clock)) as home:
        await choose(home, alert=(HERE,))
        home.place.faults.append("lose")
        await broken(home, "backup")
        await choose(home, alert=(THERE,))
        await home.advance(minutes=10)
        assert seen(home) == [(HERE, "card")]


async def test_a_lost_channel_is_replaced_by_the_one_that_is_chosen(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, place=place(clock)) as home:
        await choose(home, alert=(HERE,))
        home.place.lost[HERE] = False
        await broken(home, "backup")
        assert seen(home) == []
        await choose(home, alert=(THERE,))
        await home.settle()
        assert (THERE, "card") in seen(home)


async def test_each_change_stands_in_the_audit_log_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await choose(home, alert=(HERE,))
        await choose(home, alert=(HERE,))
        await choose(home, alert=(THERE,), operator=(7,))
        await choose(home, operator=())
        entries = await home.reads.audit()
    told = [
        (each["subject"], each["before"]["ids"], each["after"]["ids"])
        for each in reversed(entries)
    ]
    assert told == [
        ("discord.alert_channel_id", [], ["501"]),
        ("discord.alert_channel_id", ["501"], ["502"]),
        ("discord.operator_role_ids", [], ["7"]),
        ("discord.operator_role_ids", ["7"], []),
    ]
    assert {(each["action"], each["actor"]) for each in entries} == {
        ("choice_changed", "ada (discord)")
    }


async def test_what_the_settings_decide_cannot_be_chosen(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        found = Choices(home.db, home.clock, fixed={Choice.ALERT: (HERE,)}, guild_id=9)
        with pytest.raises(Conflict, match=r"discord\.alert_channel_id"):
            await found.choose({Choice.ALERT: (THERE,), Choice.ADMIN: (7,)}, ADA)
        with pytest.raises(Invalid, match="with @everyone"):
            await found.choose({Choice.ADMIN: (9,)}, ADA)
        assert await home.reads.audit() == []
        # what was chosen before the setting was made can be taken back
        await found.choose({Choice.ALERT: ()}, ADA)
        await found.choose({Choice.ADMIN: (7,)}, ADA)
        sources = {view["name"]: view["source"] for view in found.views()}
        assert sources["alert"] == "settings"
        assert sources["admin"] == "choice"
        assert sources["viewer"] == "nothing"


async def test_a_listener_hears_of_every_change_and_sees_what_holds(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        found: list[Rules] = []
        home.engine.choices.listen(lambda: found.append(home.engine.choices.rules))
        await choose(home, viewer=(3,))
        assert found == [Rules(viewer_role_ids=frozenset({3}))]
        expected = Rules(viewer_role_ids=frozenset({3}), admin_role_ids=frozenset({4}))
        assert home.engine.choices.rules_with(Choice.ADMIN, (4,)) == expected
        assert home.engine.choices.rules == found[0]


async def test_two_who_choose_at_once_agree_with_the_store(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        wanted = [(1,), (2,), (3,), ()]
        await asyncio.gather(
            *(home.engine.choices.choose({Choice.ADMIN: ids}, BOB) for ids in wanted)
        )
        stored = await home.db.read(storage.choices.load)
        kept = stored[Choice.ADMIN].ids if stored else ()
        assert home.engine.choices.force[Choice.ADMIN].ids == kept
        newest, *_ = await home.reads.audit()
        assert newest["after"]["ids"] == [str(each) for each in kept]


def test_a_file_that_is_none_holds_no_choices(tmp_path: Path) -> None:
    assert storage.choices.read(tmp_path / "missing.db") == {}
    (tmp_path / "broken.db").write_bytes(b"nothing" * 1000)
    assert storage.choices.read(tmp_path / "broken.db") == {}


async def test_a_file_tells_what_is_chosen_and_nothing_is_left_beside_it(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        await choose(home, alert=(HERE,))
        # an engine in use
        path = tmp_path / "cronitor.db"
        assert storage.choices.read(path)[Choice.ALERT].ids == (HERE,)
    before = sorted(each.name for each in tmp_path.iterdir())
    found = storage.choices.read(path)
    assert found[Choice.ALERT].ids == (HERE,)
    assert found[Choice.ALERT].by == "ada (discord)"
    assert sorted(each.name for each in tmp_path.iterdir()) == before
