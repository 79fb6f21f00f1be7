"""Escalations on the whole engine: over a restart, in a storm, and in the views."""

from datetime import timedelta
from pathlib import Path

from bot.core import escalation_texts
from bot.core.silencers import SoundRules
from tests.engine.house import BOB, house
from tests.fakes import FakeClock

HOUR = timedelta(hours=1)
RULES = SoundRules(
    escalations=escalation_texts.rules(["all 10m role:1", "all 30m user:2"], 2, HOUR)
)


async def test_nobody_acknowledges(tmp_path: Path) -> None:
    async with house(tmp_path, sound_rules=RULES) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(minutes=9)
        (view,) = await h.incidents()
        assert view["escalation"] == {
            "taken": 0,
            "of": 5,
            "next_at": view["next_sound_at"],
            "exhausted": False,
        }
        for _ in range(30):
            await h.advance(minutes=10)
        assert h.log.kinds() == ["opened", *["escalated"] * 5]
        (view,) = await h.incidents()
        assert view["escalation"]["exhausted"]
        await h.engine.incidents.acknowledge(view["id"], BOB)
        (view,) = await h.incidents()
        assert view["escalation"] is None


async def test_a_restart_neither_repeats_nor_forgets(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, sound_rules=RULES) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(minutes=11)
        assert h.log.kinds() == ["opened", "escalated"]
    async with house(tmp_path, clock=clock, sound_rules=RULES) as h:
        await h.settle()
        assert h.log.kinds() == []
        await h.advance(minutes=20)
        assert h.log.kinds() == ["escalated"]


async def test_of_a_storm_one_calls_for_all_and_then_the_next(tmp_path: Path) -> None:
    async with house(tmp_path, sound_rules=RULES) as h:
        for number in range(6):
            slug = f"job-{number}"
            await h.add(slug, cron="0 * * * *", grace="5m", node="nas")
            await h.ping(slug)
        await h.advance(minutes=66)
        assert h.log.kinds() == ["storm"]
        await h.advance(minutes=12)
        assert h.log.kinds() == ["storm", "escalated"]
        calling = h.log.taken[-1].snapshot["incident"]
        assert isinstance(calling, dict)
        await h.engine.incidents.acknowledge(calling["id"], BOB, timedelta(days=2))
        await h.advance(minutes=3)
        assert h.log.kinds() == ["storm", "escalated", "escalated"]
        other = h.log.taken[-1].snapshot["incident"]
        assert isinstance(other, dict)
        assert other["id"] != calling["id"]


async def test_without_settings_nobody_is_called(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(days=2)
        (view,) = await h.incidents()
        assert view["escalation"] is None
        assert "escalated" not in h.log.kinds()
