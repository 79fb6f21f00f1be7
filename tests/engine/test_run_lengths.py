"""A card says how long the run took, and how long such runs usually do."""

from pathlib import Path

import pytest

from bot.core.cards import Card, Shown
from bot.core.kinds import IncidentId
from bot.discord_ui import cards
from bot.engine import stale_cards
from storage.queries import Queries
from tests.engine.house import House, house


async def run(h: House, minutes: float, end: str = "success") -> None:
    """A run of so many minutes."""
    await h.ping("backup", "start")
    await h.advance(minutes=minutes)
    await h.ping("backup", end)
    await h.advance(minutes=5)


async def shown(h: House) -> str:
    """What the card of the only incident says now."""
    await h.settle()
    around, now = h.reads._around, h.clock.now()
    row = Shown(incident_id=IncidentId(1), touched=1)

    async def read(q: Queries) -> dict[IncidentId, Card]:
        return await stale_cards.cards_of(q, [row], around, instance="x", now=now)

    (card,) = (await h.db.read(read)).values()
    return cards.plain(card)


@pytest.mark.parametrize("drift", [False, True])
async def test_a_failed_run_stands_beside_the_usual_ones(
    tmp_path: Path, drift: bool
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d", alert_on_drift=drift)
        for minutes in (4, 5, 5, 6):
            await run(h, minutes)
        await run(h, 31, "fail")
        assert "**Took** 31 min, usually 4 to 6 min" in await shown(h)
        await run(h, 90)
        assert "**Took** 31 min, usually 4 to 6 min" in await shown(h)
        assert "recovered" in await shown(h)


async def test_an_overrun_is_told_when_it_has_ended(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d", max_runtime="10m")
        for minutes in (4, 5, 5, 6):
            await run(h, minutes)
        await h.ping("backup", "start")
        await h.advance(minutes=30)
        assert "**Took**" not in await shown(h)
        await h.ping("backup", "success")
        await h.advance(minutes=5)
        assert "**Took** 30 min, usually 4 to 6 min" in await shown(h)


async def test_without_a_run_there_is_no_length(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d")
        await run(h, 5)
        await h.ping("backup", "fail")
        await h.advance(minutes=5)
        assert "failed" in await shown(h)
        assert "**Took**" not in await shown(h)
