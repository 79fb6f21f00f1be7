"""One card for each incident, in its newest state; sounds once; nothing lost."""

import asyncio
from collections import deque
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.kinds import IncidentId, MuteScope
from bot.engine.channels import PROBE_EVERY
from tests.engine.house import ANN, House, house
from tests.fake_places import ALERTS, FALLBACK, FakePlace
from tests.fakes import FakeClock


def discord() -> FakePlace:
    """A place with a clock of its own house."""
    return FakePlace(FakeClock())


async def broken(h: House, slug: str = "backup", **fields: object) -> None:
    """A job that has just failed, as the place knows it."""
    await h.add(slug, every="10h", **fields)
    await h.ping(slug, "fail")
    await h.settle()


async def test_an_incident_is_one_card_from_opening_to_resolution(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        (card,) = place.cards
        assert card.text == "#1 backup failed open x1"
        assert not card.silent
        await h.engine.incidents.acknowledge(IncidentId(1), ANN)
        await h.settle()
        assert "acknowledged" in card.text
        await h.ping("backup", "success")
        await h.settle()
        assert "resolved" in card.text
        assert place.cards == [card]
        assert place.sounds == ["card"]
        assert (await h.reads.status())["backlog"] == {}


async def test_a_further_failure_edits_the_card_and_makes_no_sound(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        await h.ping("backup", "fail")
        await h.settle()
        assert [card.text for card in place.cards] == ["#1 backup failed open x2"]
        assert place.sounds == ["card"]


async def test_a_worse_kind_sounds_beside_the_card(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await h.add("backup", every="1h", grace="1m")
        await h.ping("backup")
        await h.advance(hours=2)
        await h.ping("backup", "fail")
        await h.settle()
        assert place.sounds == ["card", "worsened"]
        (said,) = place.of("worsened")
        assert said.reply_to is not None
        assert "failed" in place.cards[0].text


async def test_what_changes_nothing_visible_is_not_edited(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        await broken(h, "other")
        await h.engine.mutes.add(
            MuteScope.JOB, "other", duration=timedelta(hours=1), actor=ANN
        )
        await h.settle()
        first, second = place.cards
        assert (first.edits, second.edits) == (0, 1)
        assert "muted by ann" in second.text


async def test_while_muted_the_card_is_posted_silently_and_sounds_at_the_end(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await h.add("backup", every="10h")
        await h.engine.mutes.add(
            MuteScope.ALL, "", duration=timedelta(hours=1), actor=ANN
        )
        await h.ping("backup", "fail")
        await h.settle()
        assert [card.silent for card in place.cards] == [True]
        await h.advance(hours=1)
        assert place.sounds == ["opened"]
        assert len(place.cards) == 1


async def test_after_an_outage_there_is_one_card_and_one_sound(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque(["refuse"] * 1000)
        await h.add("backup", every="10m", grace="1m", realert_every="10m")
        await h.ping("backup")
        for _ in range(60):
            await h.advance(minutes=1)
        tried = len(place.calls)
        assert place.messages == {}
        assert tried < 100, "it does not hammer"
        place.faults.clear()
        await h.engine.cards["discord"].hurry()
        await h.settle()
        assert place.sounds == ["card"]
        assert place.cards[0].text == "#1 backup missed open x5"


async def test_what_resolved_during_an_outage_is_shown_without_a_sound(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque(["refuse"] * 3)
        await broken(h)
        await h.ping("backup")
        for _ in range(5):
            await h.advance(minutes=1)
        assert [(c.silent, "resolved" in c.text) for c in place.cards] == [(True, True)]
        assert place.sounds == []
        assert (await h.reads.status())["backlog"] == {}


async def test_what_was_silenced_during_an_outage_sounds_when_that_ends(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque(["refuse"] * 3)
        await broken(h)
        await h.engine.mutes.add(
            MuteScope.JOB, "backup", duration=timedelta(hours=1), actor=ANN
        )
        for _ in range(5):
            await h.advance(minutes=1)
        assert [card.silent for card in place.cards] == [True]
        await h.advance(hours=1)
        assert place.sounds == ["unsilenced"]


@pytest.mark.parametrize("minutes", [0, 1, 30, 600])
@pytest.mark.parametrize("fault", ["lose", "drop"])
async def test_a_lost_answer_neither_doubles_nor_loses_a_card(
    tmp_path: Path, fault: str, minutes: int
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque([fault, *(["refuse"] * 3)])
        await broken(h)
    h.clock.advance(timedelta(minutes=minutes))
    place.faults.clear()
    async with house(tmp_path, clock=h.clock, place=place) as h:
        await h.advance(minutes=1)
        await h.advance(minutes=1)
        assert [card.text for card in place.cards] == ["#1 backup failed open x1"]
        assert place.alerts == ["card"]


@pytest.mark.parametrize("minutes", [0, 30])
@pytest.mark.parametrize("fault", ["lose", "drop", "hang"])
async def test_a_lost_answer_neither_doubles_nor_loses_a_sound(
    tmp_path: Path, fault: str, minutes: int
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await h.add("backup", every="1h", grace="1m")
        await h.ping("backup")
        await h.advance(hours=2)
        place.faults = deque([fault])
        await h.ping("backup", "fail")
        for loop in h.engine.loops:
            if fault != "hang":
                await loop.step()
        if fault == "hang":
            await begun(h, "sound")
    h.clock.advance(timedelta(minutes=minutes))
    place.faults.clear()
    async with house(tmp_path, clock=h.clock, place=place) as h:
        await h.advance(minutes=1)
        await h.advance(minutes=1)
        assert place.alerts == ["card", "worsened"]


async def begun(h: House, call: str) -> None:
    """Let the place hang in a call."""
    cards = h.engine.cards["discord"]
    stepping = None
    while call not in h.place.calls:
        stepping = stepping or asyncio.create_task(cards.step())
        await asyncio.sleep(0)
    assert stepping is not None
    stepping.cancel()


async def test_a_card_that_somebody_deleted_is_posted_anew(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        place.messages.clear()
        await h.ping("backup")
        await h.settle()
        (card,) = place.cards
        assert card.silent
        assert "resolved" in card.text


async def test_a_deleted_channel_is_said_once_and_alerts_go_to_the_fallback(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        place.delete_channel(ALERTS)
        await broken(h, "second")
        await h.ping("backup", "fail")
        await h.settle()
        cards = {card.text.split()[1]: card for card in place.cards}
        assert {card.channel_id for card in cards.values()} == {FALLBACK}
        assert cards["second"].silent is False
        assert cards["backup"].silent is True
        (said,) = place.of("channel_lost")
        assert said.channel_id == FALLBACK
        assert h.log.kinds().count("channel_lost") == 1
        clock = h.clock
    clock.advance(timedelta(hours=1))
    async with house(tmp_path, clock=clock, place=place) as h:
        h.uuids["backup"] = str((await h.job("backup"))["uuid"])
        await h.ping("backup", "fail")
        await h.settle()
        assert h.log.kinds() == ["blind"]
        assert len(place.of("channel_lost")) == 1


async def test_a_channel_that_is_back_is_used_again_and_said_so(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.lost[ALERTS] = False
        await broken(h)
        assert [card.channel_id for card in place.cards] == [FALLBACK]
        place.lost.clear()
        await h.advance(seconds=PROBE_EVERY.total_seconds())
        await broken(h, "second")
        assert place.cards[-1].channel_id == ALERTS
        assert (
            h.log.kinds()[-1] == "(channel_back)" or "(channel_back)" in h.log.kinds()
        )


async def test_without_a_fallback_alerts_wait_and_come_when_it_is_back(
    tmp_path: Path,
) -> None:
    place = discord()
    place.channels = (ALERTS,)
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.lost[ALERTS] = False
        await broken(h)
        for _ in range(30):
            await h.advance(minutes=1)
        assert place.messages == {}
        assert h.log.kinds() == ["opened", "channel_lost"]
        assert len(place.calls) < 12
        place.lost.clear()
        await h.engine.cards["discord"].hurry()
        await h.settle()
        assert place.sounds == ["card"]
        assert h.log.kinds()[-1] == "(channel_back)"


async def test_alerts_go_before_edits(tmp_path: Path) -> None:
    place = discord()
    place.at_once = 1
    async with house(tmp_path, clock=place.clock, place=place) as h:
        for number in range(5):
            await broken(h, f"job-{number}", node=f"n{number}")
        for number in range(5):
            await h.ping(f"job-{number}", "fail")
        await h.add("last", every="10h")
        await h.ping("last", "fail")
        place.calls.clear()
        await h.settle()
        assert place.calls == ["post", *["edit"] * 5]


async def test_a_place_that_is_new_shows_what_is_open_and_not_what_is_over(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await broken(h)
        await broken(h, "healed")
        await h.ping("healed")
        await h.settle()
        clock = h.clock
    place = FakePlace(clock)
    async with house(tmp_path, clock=clock, place=place) as h:
        await h.settle()
        assert [card.text for card in place.cards] == ["#1 backup failed open x1"]
        assert place.sounds == []


async def test_what_changed_while_the_place_was_off_is_shown(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        uuids, clock = h.uuids, h.clock
    async with house(tmp_path, clock=clock) as h:
        h.uuids = uuids
        await h.ping("backup")
    async with house(tmp_path, clock=clock, place=place) as h:
        await h.settle()
        assert ["resolved" in card.text for card in place.cards] == [True]


async def test_a_removed_job_leaves_a_card_that_says_so(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        await h.engine.jobs.remove("backup", ANN)
        await h.settle()
        assert ["resolved" in card.text for card in place.cards] == [True]


async def test_a_hint_without_an_incident_is_told_silently(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await h.add("backup", every="1h")
        place.faults = deque(["lose"])
        await h.advance(hours=4)
        await h.advance(minutes=5)
        (hint,) = place.of("never_seen")
        assert hint.silent
        assert (await h.reads.status())["backlog"] == {}


async def test_a_place_that_breaks_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        monkeypatch.setattr(place, "post", None)
        await broken(h)
        monkeypatch.undo()
        await h.advance(minutes=2)
        assert place.sounds == ["card"]
