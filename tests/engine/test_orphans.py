"""What a try has left in a channel that was lost, and is there again."""

from collections import deque
from pathlib import Path

import pytest

from bot.core.choices import Choice
from tests.engine.house import ANN, house
from tests.engine.test_storm_cards import discord, only, storm
from tests.fake_places import ALERTS, FALLBACK


@pytest.mark.parametrize("fault", ["lose", "drop"])
async def test_a_channel_that_comes_back_has_it_once(
    tmp_path: Path, fault: str
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque([fault])
        place.lost = {FALLBACK: False}
        await storm(h)
        place.lost[ALERTS] = False
        await h.advance(minutes=10)
        place.lost.clear()
        for _ in range(10):
            await h.advance(minutes=1)
        assert only(place).channel_id == ALERTS
        assert not only(place).silent
        assert place.removed == []


async def test_what_was_left_in_a_channel_that_is_used_no_more_is_taken_away(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque(["lose"])
        await h.add("backup", every="1h")
        await h.ping("backup", "fail")
        await h.settle()
        place.lost = {ALERTS: False}
        await h.advance(minutes=2)
        await h.engine.choices.choose({Choice.ALERT: (FALLBACK,)}, ANN)
        await h.settle()
        assert [each.channel_id for each in place.cards] == [ALERTS, FALLBACK]
        place.lost.clear()
        for _ in range(10):
            await h.advance(minutes=1)
        assert [each.channel_id for each in place.cards] == [FALLBACK]
        assert [each.channel_id for each in place.removed] == [ALERTS]
