"""Every button and menu: who may, what it does, and that nothing gets out of it."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import pytest

from bot.core.kinds import IncidentId
from bot.core.roles import Rules
from bot.discord_ui import answers, buttons
from bot.errors import Conflict, NotFound, Unavailable
from tests.discord_ui.standins import (
    ADMINS,
    GONE,
    MESSAGE,
    OPERATORS,
    Engine,
    Press,
    chosen,
    member,
    refused,
)

ONE = IncidentId(12)
CUSTOM_IDS = {
    "cronitor:ack:12": buttons.Acknowledge,
    "cronitor:why:12": buttons.Why,
    "cronitor:unmute:12": buttons.Unmute,
    "cronitor:mute:12": buttons.MuteMenu,
    "cronitor:test:ack": buttons.TestAcknowledge,
    "cronitor:test:why": buttons.TestWhy,
}
ACTING: dict[str, tuple[object, ...]] = {
    "cronitor:ack:12": ("acknowledge", 12, "ann (discord)"),
    "cronitor:unmute:12": ("unmute", 12, "ann (discord)"),
    "cronitor:mute:12": ("mute", 12, timedelta(hours=4), "ann (discord)"),
}
LOOKING = [custom_id for custom_id in CUSTOM_IDS if custom_id not in ACTING]


async def found(custom_id: str) -> Any:
    """The item that a press on an old message leads to, as discord.py finds it."""
    matches = [
        (kind, match)
        for kind in buttons.ITEMS
        if (match := kind.__discord_ui_compiled_template__.fullmatch(custom_id))
    ]
    [(kind, match)] = matches
    base = discord.ui.Button[discord.ui.View](custom_id=custom_id)
    item = await kind.from_custom_id(Press(Engine()).interaction, base, match)
    return chosen(item, ["4h"]) if isinstance(item, buttons.MuteMenu) else item


async def press(custom_id: str, engine: Engine, **fields: Any) -> Press:
    """Press it, as discord.py does: first the check, then the callback."""
    item, pressed = await found(custom_id), Press(engine, **fields)
    assert await item.interaction_check(pressed.interaction)
    await item.callback(pressed.interaction)
    return pressed


# after a restart


@pytest.mark.parametrize(("custom_id", "kind"), CUSTOM_IDS.items())
async def test_a_custom_id_leads_to_its_item(custom_id: str, kind: type[Any]) -> None:
    item = await found(custom_id)
    assert isinstance(item, kind)
    assert item.custom_id == custom_id
    assert item.is_persistent()


def test_every_item_is_registered_once() -> None:
    assert set(buttons.ITEMS) == set(CUSTOM_IDS.values())
    assert len(buttons.ITEMS) == len(CUSTOM_IDS)


@pytest.mark.parametrize(
    "custom_id",
    [
        *("cronitor:ack:", "cronitor:ack:x", "cronitor:ack:-1", "cronitor:ack:1:2"),
        *("xcronitor:ack:1", "cronitor:ack:\u0661", "cronitor:ack:" + "9" * 19),
        *("cronitor:test:ack:1", "cronitor:other:1"),
    ],
)
def test_what_is_no_custom_id_of_ours_leads_nowhere(custom_id: str) -> None:
    for kind in buttons.ITEMS:
        assert not kind.__discord_ui_compiled_template__.fullmatch(custom_id)


# who may


@pytest.mark.parametrize("custom_id", ACTING)
@pytest.mark.parametrize("role", [OPERATORS, ADMINS])
async def test_operators_and_admins_act(custom_id: str, role: int) -> None:
    engine = Engine()
    pressed = await press(custom_id, engine, user=member(role))
    assert engine.asked == [ACTING[custom_id]]
    assert pressed.order[0] == "defer"


@pytest.mark.parametrize("custom_id", ACTING)
async def test_others_are_refused_and_told_what_it_takes(custom_id: str) -> None:
    engine = Engine()
    pressed = await press(custom_id, engine, user=member(manages=True))
    assert engine.asked == []
    assert pressed.order == ["answer"]
    assert pressed.contents == [
        "⛔ you may not do that: it takes the role <@&10> or the role <@&20>"
    ]


async def test_until_roles_are_set_manage_server_is_enough() -> None:
    engine = Engine(rules=Rules())
    await press("cronitor:ack:12", engine, user=member(manages=True))
    assert len(engine.asked) == 1


@pytest.mark.parametrize("custom_id", LOOKING)
async def test_everybody_may_look(custom_id: str) -> None:
    pressed = await press(custom_id, Engine(), user=member())
    assert len(pressed.contents) == 1
    assert "⛔" not in pressed.contents[0]


# what they do


async def test_an_acknowledgement_is_seen_on_the_card_alone() -> None:
    pressed = await press("cronitor:ack:12", Engine())
    assert pressed.order == ["defer"]


async def test_who_comes_second_is_told_who_was_first_and_when() -> None:
    engine = Engine()
    pressed = await press("cronitor:ack:12", engine, user=member(OPERATORS, name="bob"))
    assert pressed.contents == [
        "✋ **ann (discord)** has acknowledged it already, <t:1795402800:R>"
    ]
    engine.acknowledged_at = None
    pressed = await press("cronitor:ack:12", engine, user=member(OPERATORS, name="bob"))
    assert pressed.contents == ["✋ **ann (discord)** has acknowledged it already"]


async def test_why_is_answered_with_the_explanation() -> None:
    engine = Engine()
    pressed = await press("cronitor:why:12", engine)
    assert pressed.order == ["defer, thinking", "follow up"]
    assert engine.asked == [("explain", 12)]
    assert pressed.contents == [""]
    assert pressed.said[0]["embed"].title == "Why nightly: missed its deadline"


@pytest.mark.parametrize(
    ("value", "duration"),
    [
        ("1h", timedelta(hours=1)),
        ("4h", timedelta(hours=4)),
        ("24h", timedelta(hours=24)),
        ("recovery", None),
    ],
)
async def test_the_menu_mutes_for_what_was_chosen(
    value: str, duration: timedelta | None
) -> None:
    engine, menu = Engine(), chosen(buttons.MuteMenu(ONE), [value])
    engine.until_recovery = duration is None
    pressed = Press(engine)
    await menu.callback(pressed.interaction)
    assert engine.asked == [("mute", 12, duration, "ann (discord)")]
    end = "until <t:1795417200:f> (<t:1795417200:R>)"
    if duration is None:
        end = f"until it recovers, and {end} at the latest"
    assert pressed.contents == [
        f"🔇 **nightly** is muted {end}; what happens is still recorded"
    ]


def test_the_menu_offers_what_it_understands() -> None:
    assert [option.value for option in buttons.MuteMenu(ONE).item.options] == list(
        buttons.MUTES
    )
    without = buttons.MuteMenu(ONE, until_recovery=False)
    assert [option.value for option in without.item.options] == ["1h", "4h", "24h"]


@pytest.mark.parametrize("values", [["2h"], []])
async def test_a_choice_of_another_version_is_refused(values: list[str]) -> None:
    engine, menu = Engine(), chosen(buttons.MuteMenu(ONE), values)
    pressed = Press(engine)
    await menu.callback(pressed.interaction)
    assert engine.asked == []
    assert pressed.contents == [
        "⚠️ this menu is of another version: use `/job mute` instead"
    ]


async def test_the_end_of_a_mute_is_confirmed() -> None:
    pressed = await press("cronitor:unmute:12", Engine())
    assert pressed.contents == ["🔔 the mute of this job has ended"]


async def test_a_mute_that_has_ended_already_is_no_success() -> None:
    engine = Engine()
    engine.ended = []
    pressed = await press("cronitor:unmute:12", engine)
    assert pressed.contents == ["⚠️ no mute of this job is running any more"]


@pytest.mark.parametrize(
    ("custom_id", "label", "order"),
    [
        ("cronitor:test:ack", "Acknowledge", ["answer"]),
        ("cronitor:test:why", "Why?", ["defer, thinking", "follow up"]),
    ],
)
async def test_the_buttons_of_a_test_card_answer_the_person(
    custom_id: str, label: str, order: list[str]
) -> None:
    engine = Engine()
    pressed = await press(custom_id, engine, user=member(shown="Ann @everyone"))
    assert engine.asked == []
    assert engine.tests == [(MESSAGE, label, "ann")]
    assert pressed.order == order
    assert pressed.contents == ["✅ this button works, Ann @\u200beveryone"]


# what goes wrong


@pytest.mark.parametrize("custom_id", [*ACTING, "cronitor:why:12"])
@pytest.mark.parametrize(
    "exc", [NotFound("there is no incident 12"), Conflict("resolved"), Unavailable()]
)
async def test_what_the_engine_refuses_is_told(custom_id: str, exc: Exception) -> None:
    pressed = await press(custom_id, Engine(raises=exc))
    assert pressed.contents == [f"⚠️ {exc}"]


@pytest.mark.parametrize("custom_id", [*ACTING, "cronitor:why:12"])
async def test_a_bug_is_logged_and_the_person_knows(
    custom_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    pressed = await press(custom_id, Engine(raises=KeyError("oops")))
    assert pressed.contents == [f"⚠️ {answers.WENT_WRONG}"]
    [record] = caplog.records
    assert record.exc_info is not None


async def test_a_client_without_an_engine_is_an_error_like_any_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pressed = Press(object())
    await buttons.Acknowledge(ONE).callback(pressed.interaction)
    assert pressed.contents == [f"⚠️ {answers.WENT_WRONG}"]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("custom_id", CUSTOM_IDS)
@pytest.mark.parametrize(
    "exc", [refused(GONE), aiohttp.ClientConnectionError("cut"), RuntimeError("closed")]
)
async def test_an_interaction_that_cannot_be_answered_raises_nothing(
    custom_id: str, exc: Exception
) -> None:
    item, engine = await found(custom_id), Engine()
    pressed = Press(engine)
    pressed.fails(exc)
    await item.callback(pressed.interaction)
    assert engine.asked == []


async def test_an_answer_that_comes_too_late_leaves_the_deed_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    engine, pressed = Engine(), Press(Engine())
    pressed.interaction.client = engine
    pressed.interaction.followup.send.side_effect = refused(50027, 401)
    await (await found("cronitor:unmute:12")).callback(pressed.interaction)
    assert engine.asked == [ACTING["cronitor:unmute:12"]]
    assert [record.levelno for record in caplog.records] == [logging.INFO]


async def test_a_cancellation_is_not_swallowed() -> None:
    engine = Engine()
    engine.raises = asyncio.CancelledError()  # type: ignore[assignment]
    pressed = Press(engine)
    with pytest.raises(asyncio.CancelledError):
        await buttons.Acknowledge(ONE).callback(pressed.interaction)


async def test_what_silences_the_job_still_is_named() -> None:
    engine = Engine()
    left = {
        "scope": "all",
        "target": "",
        "until_at": "2026-11-23T07:00:00Z",
        "until_recovery": False,
    }
    engine.ended = [{"id": 1, "still": left}]
    pressed = await press("cronitor:unmute:12", engine)
    (said,) = pressed.contents
    assert said.startswith(
        "🔔 the mute of this job has ended, but it stays silent: **everything** is "
    )
