"""The buttons of a storm's card: who may, what they do, and to whom they answer."""

from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.core.kinds import StormId
from bot.discord_ui import buttons, storm_buttons
from bot.errors import Conflict
from tests.discord_ui.standins import OPERATORS, Engine, Press, chosen, member

ONE = StormId(12)
CUSTOM_IDS = {
    "cronitor:storm:ack:12": storm_buttons.AcknowledgeAll,
    "cronitor:storm:mute:12": storm_buttons.MuteAll,
    "cronitor:storm:unmute:12": storm_buttons.UnmuteAll,
    "cronitor:storm:why:12": storm_buttons.WhyAll,
}
ACTING: dict[str, tuple[object, ...]] = {
    "cronitor:storm:ack:12": ("acknowledge storm", 12, "ann (discord)"),
    "cronitor:storm:mute:12": (
        "mute storm",
        12,
        timedelta(hours=4),
        "ann (discord)",
    ),
    "cronitor:storm:unmute:12": ("unmute storm", 12, "ann (discord)"),
}


async def found(custom_id: str) -> Any:
    """The item that a press on an old message leads to, as discord.py finds it."""
    matches = [
        (kind, match)
        for kind in (*buttons.ITEMS, *storm_buttons.ITEMS)
        if (match := kind.__discord_ui_compiled_template__.fullmatch(custom_id))
    ]
    [(kind, match)] = matches
    base = discord.ui.Button[discord.ui.View](custom_id=custom_id)
    item = await kind.from_custom_id(Press(Engine()).interaction, base, match)
    return chosen(item, ["4h"]) if isinstance(item, storm_buttons.MuteAll) else item


async def press(custom_id: str, engine: Engine, **fields: Any) -> Press:
    """Press it, as discord.py does: first the check, then the callback."""
    item, pressed = await found(custom_id), Press(engine, **fields)
    assert await item.interaction_check(pressed.interaction)
    await item.callback(pressed.interaction)
    return pressed


@pytest.mark.parametrize(("custom_id", "kind"), CUSTOM_IDS.items())
async def test_a_custom_id_leads_to_its_item(custom_id: str, kind: type[Any]) -> None:
    item = await found(custom_id)
    assert isinstance(item, kind)
    assert item.custom_id == custom_id
    assert item.is_persistent()
    assert kind in storm_buttons.ITEMS


@pytest.mark.parametrize("custom_id", ACTING)
async def test_operators_act_and_others_are_told_what_it_takes(custom_id: str) -> None:
    engine = Engine()
    pressed = await press(custom_id, engine, user=member())
    assert engine.asked == []
    assert "it takes the role" in pressed.contents[0]
    pressed = await press(custom_id, engine, user=member(OPERATORS))
    assert engine.asked == [ACTING[custom_id]]
    assert pressed.order[0] == "defer"


async def test_an_acknowledgement_is_seen_on_the_card_alone() -> None:
    pressed = await press("cronitor:storm:ack:12", Engine())
    assert pressed.order == ["defer"]


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        (["bob (discord)"], ["✋ **bob (discord)** has acknowledged it already"]),
        (
            ["bob (discord)", "cy (cli)"],
            ["✋ **bob (discord)**, **cy (cli)** have acknowledged it already"],
        ),
        (["ann (discord)"], []),
    ],
)
async def test_who_comes_second_is_told_who_was_first(
    owners: list[str], said: list[str]
) -> None:
    engine = Engine()
    engine.taken, engine.owners = 0, owners
    pressed = await press("cronitor:storm:ack:12", engine)
    assert pressed.contents == said


async def test_one_that_is_over_is_said_to_be() -> None:
    engine = Engine(raises=Conflict("storm 12 is over"))
    pressed = await press("cronitor:storm:ack:12", engine)
    assert pressed.contents == ["⚠️ storm 12 is over"]


@pytest.mark.parametrize(("value", "hours"), [("1h", 1), ("4h", 4), ("24h", 24)])
async def test_the_menu_mutes_for_what_was_chosen(value: str, hours: int) -> None:
    engine, menu = Engine(), chosen(storm_buttons.MuteAll(ONE), [value])
    pressed = Press(engine)
    await menu.callback(pressed.interaction)
    wanted = ("mute storm", 12, timedelta(hours=hours), "ann (discord)")
    assert engine.asked == [wanted]
    until = "until <t:1795417200:f> (<t:1795417200:R>)"
    assert pressed.contents == [
        f"🔇 node **nas** is muted {until}; what happens is still recorded"
    ]
    engine.muted *= 3
    pressed = Press(engine)
    await menu.callback(pressed.interaction)
    assert pressed.contents[0].startswith("🔇 3 jobs are muted until")


@pytest.mark.parametrize("values", [["2h"], []])
async def test_a_choice_of_another_version_is_refused(values: list[str]) -> None:
    engine, menu = Engine(), chosen(storm_buttons.MuteAll(ONE), values)
    pressed = Press(engine)
    await menu.callback(pressed.interaction)
    assert engine.asked == []
    assert "of another version" in pressed.contents[0]


async def test_why_is_for_everybody_and_for_their_eyes_alone() -> None:
    engine = Engine()
    pressed = await press("cronitor:storm:why:12", engine, user=member())
    assert pressed.order == ["defer, thinking", "follow up"]
    assert engine.asked == [("storm", 12)]
    assert pressed.said[0]["embed"].title == "Why 1 incident of node nas"
    assert pressed.contents == [""]
