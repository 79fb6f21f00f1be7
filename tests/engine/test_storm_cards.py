"""A storm is one message in a place, and its buttons act on all of it."""

from collections import deque
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import escalation_texts
from bot.core.kinds import StormId
from bot.core.silencers import SoundRules
from bot.errors import Conflict, Invalid, NotFound
from storage.queries import Queries, Transaction
from tests.engine.house import ANN, BOB, House, house
from tests.fake_places import ALERTS, FALLBACK, FakePlace, Message
from tests.fakes import FakeClock

ONE = StormId(1)
HOUR = timedelta(hours=1)


def discord() -> FakePlace:
    return FakePlace(FakeClock())


def only(place: FakePlace) -> Message:
    """The one message about the one storm."""
    (message,) = place.of("storm")
    return message


async def storm(h: House, count: int = 6, **fields: object) -> list[str]:
    """So many jobs of one node miss their deadline in one pass."""
    slugs = [f"job-{n}" for n in range(count)]
    for slug in slugs:
        wanted = {"cron": "0 * * * *", "grace": "5m", "node": "nas", **fields}
        await h.add(slug, **wanted)
        await h.ping(slug)
    await h.advance(minutes=66)
    return slugs


async def test_forty_of_a_node_are_one_sound_and_one_card(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h, 40)
        assert len(place.messages) == 1
        assert only(place).text.startswith("storm #1 node nas: 40 open: job-0 ")
        assert place.sounds == ["storm"]
        for slug in slugs:
            await h.ping(slug)
        await h.settle()
        await h.advance(seconds=5)
        assert ": 40 resolved" in only(place).text
        await h.advance(minutes=40)
        assert len(place.messages) == 1
        assert h.log.kinds()[:1] == ["storm"]


async def test_it_is_edited_every_five_seconds_at_most(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h, 12)
        for slug in slugs[:10]:
            await h.ping(slug)
            await h.advance(seconds=1)
        # at 5 s, and at 10 s
        assert only(place).edits == 2
        await h.advance(seconds=5)
        assert only(place).edits == 3 - (": 2 open, 10 resolved" in only(place).text)
        assert ": 2 open, 10 resolved" in only(place).text
        edits = only(place).edits
        await h.advance(minutes=5)
        assert only(place).edits == edits


async def test_the_three_that_were_heard_keep_their_cards(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        for n in range(8):
            await h.add(f"job-{n}", every="1d", node="nas")
            await h.ping(f"job-{n}", "fail")
            await h.advance(seconds=2)
        assert place.sounds == ["card", "card", "card", "storm"]
        await h.advance(minutes=1)
        assert len(place.messages) == 4
        assert ": 5 open" in only(place).text


async def test_its_end_makes_no_sound_and_posts_no_card(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await storm(h, 40)
        await h.advance(hours=3)
        assert await h.reads.storms() == []
        assert len(place.messages) == 1
        assert place.sounds == ["storm"]


async def test_what_is_critical_has_a_card_of_its_own(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        wanted = {"cron": "0 * * * *", "grace": "5m", "node": "nas"}
        await h.add("vital", severity="critical", **wanted)
        await h.ping("vital")
        await storm(h, 5)
        assert place.sounds == ["card", "storm"]
        assert "vital" in place.cards[0].text
        assert ": 6 open: vital job-0" in only(place).text


async def test_one_that_has_got_worse_sounds_at_the_end(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h)
        await h.ping(slugs[2], "fail")
        await h.advance(minutes=10)
        assert place.sounds == ["storm"]
        await h.advance(minutes=30)
        assert place.sounds == ["storm", "card"]
        assert "job-2 failed" in place.cards[0].text


async def test_many_that_have_got_worse_are_another_storm(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        for slug in await storm(h, 40):
            await h.ping(slug, "fail")
        await h.advance(minutes=40)
        assert place.sounds == ["storm", "storm"]
        assert place.cards == []
        assert h.log.kinds() == ["storm", "storm"]


async def test_many_reminders_at_once_are_a_storm(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await storm(h, 10, realert_every="50m")
        await h.advance(minutes=51)
        assert place.sounds == ["storm", "storm"]
        assert place.cards == []


async def test_one_that_calls_for_all_has_a_card_and_is_heard(tmp_path: Path) -> None:
    place = discord()
    rules = SoundRules(escalations=escalation_texts.rules(["all 10m role:1"], 1, HOUR))
    async with house(tmp_path, clock=place.clock, place=place, sound_rules=rules) as h:
        await storm(h)
        await h.advance(minutes=11)
        assert place.sounds == ["storm", "escalated"]
        (card,) = place.cards
        assert card.silent
        (said,) = place.of("escalated")
        assert said.reply_to is not None
        assert place.messages[said.reply_to.message_id] is card


# acting on all


async def test_all_are_acknowledged_at_once(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h)
        (first,) = await h.incidents(job=slugs[0])
        await h.engine.incidents.acknowledge(first["id"], BOB)
        await h.ping(slugs[1])
        view = await h.engine.storms.acknowledge(ONE, ANN)
        assert (view["acknowledged"], view["owners"]) == (4, [str(ANN), str(BOB)])
        await h.advance(seconds=5)
        assert ": 5 acknowledged, 1 resolved" in only(place).text
        entries = await audited(h, "storm_acknowledged")
        assert entries == 1
        again = await h.engine.storms.acknowledge(ONE, BOB)
        assert (again["acknowledged"], again["owners"]) == (0, [str(ANN), str(BOB)])
        assert await audited(h, "storm_acknowledged") == 1
        await h.advance(minutes=1)
        assert len(place.messages) == 1


async def test_when_the_acknowledgement_lapses_it_is_one_storm_again(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await storm(h, 40)
        await h.engine.storms.acknowledge(ONE, ANN, HOUR)
        await h.advance(minutes=59)
        assert place.sounds == ["storm"]
        await h.advance(minutes=2)
        assert place.sounds == ["storm", "storm"]
        assert place.cards == []


async def test_what_is_over_is_no_longer_to_be_had(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for slug in await storm(h):
            await h.ping(slug)
        with pytest.raises(Conflict, match="storm 1 is over"):
            await h.engine.storms.acknowledge(ONE, ANN)
        with pytest.raises(Conflict):
            await h.engine.storms.mute(ONE, HOUR, ANN)
        with pytest.raises(NotFound, match="no storm 7"):
            await h.engine.storms.acknowledge(StormId(7), ANN)


async def test_no_silence_is_longer_than_a_month(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await storm(h)
        with pytest.raises(Invalid, match="too far away"):
            await h.engine.storms.mute(ONE, timedelta(days=31), ANN)
        with pytest.raises(Invalid, match="30 days at most"):
            await h.engine.storms.acknowledge(ONE, ANN, timedelta(days=31))
        assert await h.reads.mutes() == []


async def test_it_is_shown_as_it_is_now(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        slugs = await storm(h)
        await h.ping(slugs[0], "fail")
        await h.ping(slugs[1])
        card = await h.engine.storms.card(ONE)
        named = [each.job.slug for each in card.members]
        assert named == [*slugs[:1], *slugs[2:], slugs[1]]
        assert (card.total, card.is_over, card.is_quiet) == (6, False, False)


# whatever goes wrong on the way


@pytest.mark.parametrize("minutes", [0, 1, 30])
@pytest.mark.parametrize("fault", ["refuse", "lose", "drop"])
async def test_a_failed_send_neither_doubles_nor_loses_it(
    tmp_path: Path, fault: str, minutes: int
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque([fault, *(["refuse"] * 3)])
        await storm(h)
        await h.advance(minutes=minutes)
        place.faults.clear()
        for _ in range(5):
            await h.advance(minutes=1)
        assert ": 6 open" in only(place).text
        assert place.sounds == ["storm"]


async def test_a_kill_in_mid_send_neither_doubles_nor_loses_it(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque(["lose", *(["refuse"] * 3)])
        await storm(h)
    place.faults.clear()
    h.clock.advance(timedelta(seconds=20))
    async with house(tmp_path, clock=h.clock, place=place) as h:
        for _ in range(5):
            await h.advance(minutes=1)
        assert place.sounds == ["storm"]
        assert place.cards == []


async def test_a_deleted_message_is_posted_anew_in_silence(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h)
        place.messages.clear()
        await h.ping(slugs[0])
        await h.advance(seconds=5)
        assert only(place).silent
        assert only(place).mark.endswith(".s1.1")
        assert ": 5 open, 1 resolved" in only(place).text


async def test_a_deleted_channel_moves_it_to_the_fallback(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h)
        place.delete_channel(ALERTS)
        await h.ping(slugs[0])
        await h.advance(minutes=1)
        assert only(place).channel_id == FALLBACK
        assert only(place).silent


async def test_what_is_over_before_it_can_be_told_makes_no_sound(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque(["refuse"] * 1000)
        slugs = await storm(h)
        for slug in slugs:
            await h.ping(slug)
        place.faults.clear()
        await h.advance(minutes=2)
        assert only(place).silent


async def test_a_place_that_is_new_is_told_of_it(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock) as h:
        await storm(h)
    async with house(tmp_path, clock=h.clock, place=place) as h:
        await h.settle()
        assert place.sounds == ["storm"]
        assert place.cards == []


async def test_what_changed_while_the_place_was_not_in_use_is_shown(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h)
        uuids = h.uuids
    async with house(tmp_path, clock=h.clock) as h:
        h.uuids = uuids
        await h.advance(minutes=1)
        for slug in slugs:
            await h.ping(slug)
    async with house(tmp_path, clock=h.clock, place=place) as h:
        await h.settle()
        assert ": 6 resolved" in only(place).text
        edits = only(place).edits
    async with house(tmp_path, clock=h.clock, place=place) as h:
        await h.advance(minutes=1)
        assert only(place).edits == edits


async def test_one_that_cannot_be_read_hides_none_of_the_others(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        slugs = await storm(h)

        async def unit(tx: Transaction) -> None:
            await tx.execute("UPDATE incidents SET sound_due = 'odd' WHERE id = 3")

        await h.db.write(unit)
        await h.ping(slugs[5])
        await h.advance(seconds=5)
        assert ": 5 open, 1 resolved: job-0 job-1 job-3" in only(place).text


async def audited(h: House, action: str) -> int:
    async def count(q: Queries) -> int:
        row = await q.fetch_one(
            "SELECT count(*) FROM audit WHERE action = :action", {"action": action}
        )
        assert row is not None
        return int(row[0])

    return await h.db.read(count)
