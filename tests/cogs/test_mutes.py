"""`/mute` over the wire."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.roles import Grade
from tests.cogs.desk import Desk
from tests.discord_wire import components
from tests.discord_wire.interactions import Answer
from tests.discord_wire.server import Discord
from tests.engine.house import house

HOUR: dict[str, Any] = {"for": "1h"}


async def offered(
    at_desk: Desk, command: str, option: str, typed: str
) -> list[tuple[str, str]]:
    """What is offered to an operator: what it sends, and its label."""
    answer = await at_desk.operator.autocomplete(command, option, typed)
    return [(str(each["value"]), str(each["name"])) for each in answer.choices]


async def fill(at_desk: Desk) -> None:
    """Two jobs, one of them with a tag."""
    await at_desk.house.add("backup", every="1h", tags=["db"])
    await at_desk.house.add("report", every="1h")


async def sure(at_desk: Desk, answer: Answer) -> Answer:
    """Press the only button."""
    (button,) = components.buttons(answer.components)
    return await at_desk.operator.press(answer, button["label"])


async def test_a_tag_is_muted_and_listed_with_owner_and_reason(at_desk: Desk) -> None:
    await fill(at_desk)
    said = await at_desk.operator.command("mute add", tag="db", reason="disk", **HOUR)
    until = int(at_desk.house.clock.now().timestamp()) + 3600
    end = f"<t:{until}:f> (<t:{until}:R>)"
    assert said.content.splitlines() == [
        f"🔇 tag **db** muted by ola until {end}: disk",
        "It covers 1 job",
    ]
    listed = await at_desk.viewer.command("mute list")
    assert listed.is_ephemeral
    assert listed.text.splitlines()[:2] == [
        "1 mute",
        f"🔇 **#1** tag db until <t:{until}:R>",
    ]
    assert listed.text.endswith("· disk")


async def test_a_node_is_muted(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", node="nas")
    typed = await at_desk.operator.autocomplete("mute add", "node", "n", **HOUR)
    assert [choice["value"] for choice in typed.choices] == ["nas"]
    said = await at_desk.operator.command("mute add", node="nas", **HOUR)
    assert said.content.startswith("🔇 node **nas** muted by ola until ")


async def test_nothing_is_muted(at_desk: Desk) -> None:
    assert (await at_desk.viewer.command("mute list")).text == (
        "0 mutes\nNothing is muted."
    )


async def test_everything_asks_once_more_and_then_is_told_to_all(
    at_desk: Desk,
) -> None:
    await fill(at_desk)
    options: dict[str, Any] = {"everything": True, "reason": "move", **HOUR}
    asked = await at_desk.operator.command("mute add", **options)
    assert asked.is_ephemeral
    assert asked.text.startswith("This silences all 2 jobs")
    assert await at_desk.house.reads.mutes() == []
    pressed = await sure(at_desk, asked)
    (told,) = await at_desk.wire.until(lambda: pressed.followups)
    assert not told.is_ephemeral
    assert told.content.startswith("🔇 **everything** muted by ola until ")
    (mute,) = await at_desk.house.reads.mutes()
    assert (mute["scope"], mute["reason"]) == ("all", "move")
    await at_desk.wire.until(
        lambda: components.buttons(asked.components)[0]["label"] == "Done"
    )
    (button,) = components.buttons(asked.components)
    assert button["disabled"]


async def test_the_second_press_asks_for_the_grade_again(at_desk: Desk) -> None:
    await fill(at_desk)
    asked = await at_desk.operator.command("mute add", everything=True, **HOUR)
    questions = at_desk.bot.questions
    (token,) = questions._open
    questions._open[token] = replace(questions._open[token], need=Grade.ADMIN)
    pressed = await sure(at_desk, asked)
    (told,) = await at_desk.wire.until(lambda: pressed.followups)
    assert told.is_ephemeral
    assert told.text.startswith("⛔ you may not do that")
    assert await at_desk.house.reads.mutes() == []


async def test_a_question_is_answered_once(at_desk: Desk) -> None:
    await fill(at_desk)
    asked = await at_desk.operator.command("mute add", everything=True, **HOUR)
    both = await asyncio.gather(*(sure(at_desk, asked) for _ in range(2)))
    await at_desk.wire.until(lambda: all(each.followups for each in both))
    told = [message for each in both for message in each.followups]
    refused, done = sorted(told, key=lambda message: not message.is_ephemeral)
    assert "answered already" in refused.text
    assert done.content.startswith("🔇 **everything** muted by ola")
    assert len(await at_desk.house.reads.mutes()) == 1


async def test_after_a_restart_a_question_is_to_be_asked_again(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home, Discord() as wire:
        at_desk = Desk(home, wire, wire.add_role("ops"))
        async with at_desk.client():
            asked = await at_desk.operator.command("mute add", everything=True, **HOUR)
        async with at_desk.client():
            pressed = await sure(at_desk, asked)
            (told,) = await wire.until(lambda: pressed.followups)
            assert told.is_ephemeral
            assert "try again" in told.text
            assert await home.reads.mutes() == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"node": "nas", "tag": "db"},
        {"job": "backup", "tag": "db"},
        {"tag": "db", "everything": True},
    ],
)
async def test_it_is_exactly_one_thing(at_desk: Desk, options: dict[str, Any]) -> None:
    await fill(at_desk)
    answer = await at_desk.operator.command("mute add", **options, **HOUR)
    assert answer.is_ephemeral
    assert "it must be one of four" in answer.text
    assert await at_desk.house.reads.mutes() == []


@pytest.mark.parametrize("typed", ["1", "#1", "#1 tag db · ola (discord)"])
async def test_a_mute_is_ended_by_its_number(at_desk: Desk, typed: str) -> None:
    await fill(at_desk)
    await at_desk.admin.command("mute add", tag="db", **HOUR)
    answer = await at_desk.operator.command("mute remove", mute=typed)
    assert answer.content == "🔔 tag **db** unmuted by ola"
    assert await at_desk.house.reads.mutes() == []


async def test_a_mute_that_is_not_there(at_desk: Desk) -> None:
    answer = await at_desk.operator.command("mute remove", mute="9")
    assert "there is no running mute 9" in await at_desk.told(answer)
    nonsense = await at_desk.operator.command("mute remove", mute="db")
    assert nonsense.text.startswith("⚠️ mute: 'db' is no number")


async def test_what_there_is_is_offered(at_desk: Desk) -> None:
    await fill(at_desk)
    await at_desk.admin.command("mute add", tag="db", **HOUR)
    assert await offered(at_desk, "mute add", "tag", "D") == [("db", "db")]
    found = await offered(at_desk, "mute remove", "mute", "db")
    assert found == [("1", "#1 tag db · ada (discord)")]
    assert (
        await at_desk.operator.autocomplete("mute remove", "mute", "x")
    ).choices == []


async def test_a_tag_or_a_node_that_no_job_has_is_warned_about(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", tags=["db"], node="nas")
    said = await at_desk.operator.command("mute add", tag="dbb", **HOUR)
    assert said.content.splitlines()[1:] == [
        "⚠️ No job has the tag dbb now: did you mean db?"
    ]
    said = await at_desk.operator.command("mute add", node="NAS", **HOUR)
    assert said.content.splitlines()[1:] == [
        "⚠️ No job has the node NAS now: did you mean nas?"
    ]
    said = await at_desk.operator.command("maintenance add", tag="dbb", **HOUR)
    assert said.content.splitlines()[-1] == (
        "⚠️ No job has the tag dbb now: did you mean db?"
    )


async def test_the_end_of_a_mute_names_what_silences_it_still(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", tags=["db"])
    await at_desk.operator.command("mute add", tag="db", **HOUR)
    await at_desk.operator.command("mute add", job="backup", **HOUR)
    said = await at_desk.operator.command("mute remove", mute="2")
    assert said.content.startswith(
        "🔔 **backup** unmuted by ola, but it stays silent: tag **db** is muted "
    )
    said = await at_desk.operator.command("mute remove", mute="1")
    assert said.content == "🔔 tag **db** unmuted by ola"
