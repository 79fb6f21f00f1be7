"""Drift through kills of the whole server: a card once, and resolved once."""

import asyncio
import random
import time
import uuid
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.with_discord import Home, at_home

_HOUR_S = 3600


async def runs(home: Home, hours: range, usual_s: float) -> None:
    """Runs that a client kept and sends now, one an hour, each about that long."""
    rng = random.Random(f"{hours} {usual_s}")
    now = time.time()
    pings = []
    for hours_ago in hours:
        began = now - hours_ago * _HOUR_S
        ended = began + usual_s * rng.uniform(0.95, 1.05)
        for signal, at in (("/start", began), ("", ended)):
            kept = f"event={uuid.UUID(int=rng.getrandbits(128))}&at={at:.3f}"
            pings.append(f"{signal}?rid={uuid.UUID(int=hours_ago)}&{kept}")
    async with aiohttp.ClientSession() as session:
        for each in pings:
            async with session.post(home.urls["hourly"] + each) as answer:
                assert answer.status == 200, await answer.text()


def drifts(home: Home) -> list[tuple[str, str]]:
    """Kind and status of all incidents."""
    return home.server.rows("SELECT kind, status FROM incidents")


async def killed_around(home: Home) -> None:
    """A start looks at every job: kill it before that, while it does, and after."""
    for pause_s in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8):
        await home.server.kill()
        await home.server.start()
        await asyncio.sleep(pause_s)


@pytest.mark.slow
async def test_a_drift_is_told_once_and_resolved_once_through_kills(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        await home.add("hourly", "--every", "30d", "--alert-on-drift")
        # what is older than the job itself does not make it up
        await home.ping("hourly")
        await runs(home, range(160, 20, -1), 60)
        await killed_around(home)
        assert drifts(home) == []

        await runs(home, range(20, 14, -1), 240)
        await killed_around(home)
        await home.until(lambda: home.cards(), "the card")
        (card,) = home.cards()
        assert "is not as usual" in card.text
        assert not card.is_silent
        shown = await home.server.json("job", "show", "hourly")
        assert shown["status"] == "up"

        await runs(home, range(14, 0, -1), 60)
        await killed_around(home)
        await home.until(lambda: drifts(home) == [("drift", "resolved")], "its end")
        await home.until_quiet()
        assert home.cards() == [card]
        assert "🟢" in card.text
        sounds = "SELECT sounds FROM incidents"
        assert home.server.rows(sounds) == [(1,)]
        told = "SELECT count(*) FROM notifications WHERE kind = 'opened'"
        assert home.server.rows(told) == [(1,)]
