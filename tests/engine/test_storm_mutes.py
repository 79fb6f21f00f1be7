"""The mutes of a whole storm, and their end."""

from pathlib import Path

import pytest

from bot.core.kinds import MuteScope
from bot.errors import Conflict
from tests.engine.house import ANN, house
from tests.engine.test_storm_cards import HOUR, ONE, discord, only, storm


@pytest.mark.parametrize(
    ("fields", "muted"),
    [
        ({}, [("node", "nas")]),
        ({"node": "", "tags": ["db", "x"]}, [("tag", "db")]),
        ({"node": ""}, [("job", f"job-{n}") for n in range(6)]),
    ],
)
async def test_a_mute_covers_what_they_share(
    tmp_path: Path, fields: dict[str, object], muted: list[tuple[str, str]]
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await storm(h, 6, **fields)
        views = await h.engine.storms.mute(ONE, 4 * HOUR, ANN, "from the card")
        found = sorted((str(v["scope"]), str(v["target"])) for v in views)
        assert found == muted
        await h.advance(seconds=5)
        assert f", {len(muted)} mutes" in only(place).text
        (incident, *_) = await h.incidents()
        assert incident["silenced_by"] == f"muted by {ANN}"
        await h.advance(hours=3)
        assert place.sounds == ["storm"]
        await h.advance(hours=2)
        assert place.sounds == ["storm", "storm"]
        assert place.cards == []


@pytest.mark.parametrize(
    ("fields", "count"),
    [({}, 1), ({"node": "", "tags": ["db", "x"]}, 1), ({"node": ""}, 6)],
)
async def test_an_end_of_its_mutes_is_one_sound_and_leaves_the_others(
    tmp_path: Path, fields: dict[str, object], count: int
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await storm(h, 6, **fields)
        await h.engine.storms.mute(ONE, 4 * HOUR, ANN)
        await h.advance(minutes=30)
        await h.engine.mutes.add(MuteScope.TAG, "other", duration=HOUR, actor=ANN)
        ended = await h.engine.storms.unmute(ONE, ANN)
        assert len(ended) == count
        await h.advance(seconds=10)
        assert place.sounds == ["storm", "storm"]
        (left,) = await h.reads.mutes()
        assert left["target"] == "other"
        with pytest.raises(Conflict, match="no mute of this storm"):
            await h.engine.storms.unmute(ONE, ANN)
