"""What a try has left in a channel that was lost, and is there again."""

from collections import deque
from pathlib import Path

import pytest

from tests.engine.house import house
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
