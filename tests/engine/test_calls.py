"""Everybody whom a step names is called once, whatever becomes of the channels."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import escalation_texts
from bot.core.cards import Call
from bot.core.choices import Choice
from bot.core.silencers import SoundRules
from bot.engine import calls
from tests.engine.house import BOB, House, house
from tests.fake_places import ALERTS, FALLBACK, FakePlace, Message
from tests.fakes import FakeClock

HOUR = timedelta(hours=1)
#: where Bob is written to
DIRECT = -3


def rules(*lines: str) -> SoundRules:
    """Settings with these steps, in one round."""
    return SoundRules(escalations=escalation_texts.rules(lines, 1, HOUR))


async def broken(h: House, **fields: object) -> None:
    """A job that has just failed, as the place knows it."""
    await h.add("backup", every="1d", **fields)
    await h.ping("backup", "fail")
    await h.settle()


async def minutes(h: House, count: int) -> None:
    """Time passes, and everything is done at its minute."""
    for _ in range(count):
        await h.advance(minutes=1)


async def away(h: House, count: int) -> None:
    """No channel can be used for so many minutes."""
    h.place.lost |= {ALERTS: False, FALLBACK: False}
    await minutes(h, count)
    del h.place.lost[ALERTS], h.place.lost[FALLBACK]


def said(h: House, channel_id: int) -> list[Message]:
    """What makes a sound there, beside the card."""
    return [
        each
        for each in h.place.messages.values()
        if each.channel_id == channel_id and each.what in ("escalated", "direct")
    ]


async def test_a_reminder_hides_no_call(tmp_path: Path) -> None:
    place = FakePlace(FakeClock())
    async with house(
        tmp_path, clock=place.clock, place=place, sound_rules=rules("all 10m role:1")
    ) as h:
        await broken(h, realert_every="10m")
        await minutes(h, 9)
        await away(h, 13)
        await minutes(h, 7)
        assert h.log.kinds().count("reminder") == 1
        (call,) = said(h, ALERTS)
        assert call.call == Call(roles=(1,))
        assert place.of("reminder") == []


async def test_all_steps_of_an_outage_are_taken(tmp_path: Path) -> None:
    place, steps = FakePlace(FakeClock()), rules("all 10m role:1", "all 20m role:2")
    async with house(tmp_path, clock=place.clock, place=place, sound_rules=steps) as h:
        await broken(h)
        await minutes(h, 9)
        await away(h, 13)
        await minutes(h, 40)
        (call,) = said(h, ALERTS)
        assert call.call == Call(roles=(1, 2))


async def test_a_person_is_written_to_once_while_the_channel_refuses(
    tmp_path: Path,
) -> None:
    place = FakePlace(FakeClock(), channels=(ALERTS,))
    steps = rules("all 10m dm:3", "all 40m dm:3")
    async with house(tmp_path, clock=place.clock, place=place, sound_rules=steps) as h:
        await broken(h, realert_every="12m")
        place.lost[ALERTS] = False
        await minutes(h, 35)
        assert len(said(h, DIRECT)) == 1
    async with house(tmp_path, clock=place.clock, place=place, sound_rules=steps) as h:
        await minutes(h, 4)
        assert len(said(h, DIRECT)) == 1
        # the next step is another call
        await minutes(h, 1)
        assert len(said(h, DIRECT)) == 2
        del place.lost[ALERTS]
        await minutes(h, 10)
        assert len(said(h, DIRECT)) == 2
        (call,) = said(h, ALERTS)
        assert call.call == Call()


async def test_a_person_is_written_to_though_no_card_could_be_posted(
    tmp_path: Path,
) -> None:
    place = FakePlace(FakeClock())
    async with house(
        tmp_path, clock=place.clock, place=place, sound_rules=rules("all 10m dm:3")
    ) as h:
        h.place.lost |= {ALERTS: False, FALLBACK: False}
        await broken(h)
        await minutes(h, 30)
        assert len(said(h, DIRECT)) == 1
        assert said(h, ALERTS) == said(h, FALLBACK) == []
        del h.place.lost[ALERTS], h.place.lost[FALLBACK]
        await minutes(h, 30)
        assert len(said(h, DIRECT)) == 1
        assert len(said(h, ALERTS)) == 1


async def test_whoever_was_not_reached_is_tried_again_and_named(tmp_path: Path) -> None:
    place = FakePlace(FakeClock(), channels=(ALERTS,))
    async with house(
        tmp_path, clock=place.clock, place=place, sound_rules=rules("all 10m dm:3 dm:4")
    ) as h:
        await broken(h)
        place.lost |= {ALERTS: False, DIRECT: False, -4: False}
        await minutes(h, 15)
        del place.lost[DIRECT]
        await minutes(h, 10)
        assert len(said(h, DIRECT)) == 1
        del place.lost[ALERTS]
        await minutes(h, 10)
        assert len(said(h, DIRECT)) == 1
        (call,) = said(h, ALERTS)
        assert call.call == Call(unwritten=(4,))


async def test_one_who_never_answers_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TIMEOUT_S", 0.05)
    place = FakePlace(FakeClock(), channels=(ALERTS,))
    async with house(
        tmp_path, clock=place.clock, place=place, sound_rules=rules("all 10m dm:3")
    ) as h:
        await broken(h)
        place.faults.append("hang")
        await minutes(h, 10)
        (call,) = said(h, ALERTS)
        assert call.call == Call(unwritten=(3,))


async def test_the_fallback_hears_it_once_too(tmp_path: Path) -> None:
    place, steps = FakePlace(FakeClock()), rules("all 10m role:1 fallback")
    async with house(tmp_path, clock=place.clock, place=place, sound_rules=steps) as h:
        await broken(h)
        await minutes(h, 10)
        (there,) = said(h, FALLBACK)
        (here,) = said(h, ALERTS)
        assert there.call == here.call == Call(roles=(1,))


async def test_a_fallback_that_is_the_only_channel_left_has_heard_of_it(
    tmp_path: Path,
) -> None:
    place, steps = FakePlace(FakeClock()), rules("all 10m fallback")
    async with house(tmp_path, clock=place.clock, place=place, sound_rules=steps) as h:
        place.lost[ALERTS] = False
        await broken(h)
        await minutes(h, 10)
        (there,) = said(h, FALLBACK)
        assert there.call == Call()


async def test_a_fallback_that_is_lost_or_not_set_is_not_reached(
    tmp_path: Path,
) -> None:
    place, steps = FakePlace(FakeClock()), rules("all 10m fallback", "all 20m fallback")
    async with house(tmp_path, clock=place.clock, place=place, sound_rules=steps) as h:
        await broken(h)
        place.lost[FALLBACK] = False
        await minutes(h, 10)
        await h.engine.cards["discord"].use((ALERTS,), None)
        await minutes(h, 10)
        found = [each.call for each in said(h, ALERTS)]
        assert found == [Call(no_fallback=True), Call(no_fallback=True)]


async def test_what_sounds_later_is_said_in_the_channel_that_is_chosen_now(
    tmp_path: Path,
) -> None:
    place, here, there = FakePlace(FakeClock(), channels=()), 501, 502
    async with house(
        tmp_path,
        clock=place.clock,
        place=place,
        sound_rules=rules("all 10m role:1 fallback"),
    ) as h:
        await h.engine.choices.choose({Choice.ALERT: (here,)}, BOB)
        await broken(h, realert_every="30m")
        await h.engine.choices.choose({Choice.ALERT: (there,)}, BOB)
        await minutes(h, 41)
        found = [
            (each.channel_id, each.what, each.reply_to, each.call)
            for each in place.messages.values()
            if each.what != "card"
        ]
        assert found == [
            (there, "escalated", None, Call(roles=(1,), no_fallback=True)),
            (there, "reminder", None, Call()),
        ]
        assert [each.channel_id for each in place.cards] == [here]
