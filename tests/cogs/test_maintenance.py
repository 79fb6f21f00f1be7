"""`/maintenance` over the wire."""

from typing import Any

import pytest

from tests.cogs.desk import Desk

HOUR: dict[str, Any] = {"for": "1h"}


async def offered(
    at_desk: Desk, command: str, option: str, typed: str
) -> list[tuple[str, str]]:
    """What is offered to an operator: what it sends, and its label."""
    answer = await at_desk.operator.autocomplete(command, option, typed)
    return [(str(each["value"]), str(each["name"])) for each in answer.choices]


async def test_work_is_announced_with_its_times(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    said = await at_desk.operator.command(
        "maintenance add", job="backup", reason="new disk", **HOUR
    )
    assert not said.is_ephemeral
    now = int(at_desk.house.clock.now().timestamp())
    assert said.content.splitlines() == [
        "🛠️ maintenance #1 of **backup** announced by ola: new disk",
        f"from <t:{now}:f> (<t:{now}:R>) to <t:{now + 3600}:f> (<t:{now + 3600}:R>)",
    ]
    listed = await at_desk.viewer.command("maintenance list")
    assert listed.is_ephemeral
    assert listed.text.splitlines() == [
        "1 planned work",
        f"🛠️ **#1** job backup goes on, ends <t:{now + 3600}:R>",
        "by ola (discord) · new disk",
    ]


async def test_work_that_comes_again_and_again(at_desk: Desk) -> None:
    options: dict[str, Any] = {"cron": "0 2 * * SUN", "timezone": "Europe/Berlin"}
    await at_desk.house.add("backup", every="1h", tags=["db"])
    said = await at_desk.operator.command(
        "maintenance add", tag="db", **options, **HOUR
    )
    assert len(said.content.splitlines()) == 7
    assert said.content.splitlines()[-1] == "It covers 1 job"
    listed = await at_desk.viewer.command("maintenance list")
    assert "#1** tag db begins <t:" in listed.text


async def test_work_for_everything_asks_once_more(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    asked = await at_desk.operator.command("maintenance add", everything=True, **HOUR)
    assert asked.is_ephemeral
    assert "planned work for all 1 jobs" in asked.text
    assert "Are you sure?\nfrom <t:" in asked.text
    assert await at_desk.house.reads.maintenance() == []
    pressed = await at_desk.operator.press(asked, "Announce it for all")
    (said,) = await at_desk.wire.until(lambda: pressed.followups)
    assert not said.is_ephemeral
    assert said.content.startswith("🛠️ maintenance #1 of **everything** announced by")
    (window,) = await at_desk.house.reads.maintenance()
    assert window["scope"] == "all"


async def test_work_for_everything_and_more_is_refused_before(at_desk: Desk) -> None:
    answer = await at_desk.operator.command(
        "maintenance add", everything=True, node="nas", **HOUR
    )
    assert "give one of job, tag, node" in answer.text


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "give one of job, tag, node"),
        ({"job": "missing", **HOUR}, "there is no job"),
        ({"node": "nas"}, "for"),
        ({"node": "nas", "from": "tomorrow", **HOUR}, "from: "),
        ({"node": "nas", "timezone": "Berlin", **HOUR}, "timezone: "),
        ({"node": "nas", "cron": "x", **HOUR}, "cron: "),
    ],
)
async def test_nonsense_is_refused_in_the_words_of_the_api(
    at_desk: Desk, options: dict[str, Any], problem: str
) -> None:
    answer = await at_desk.operator.command("maintenance add", **options)
    assert problem in await at_desk.told(answer)
    assert await at_desk.house.reads.maintenance() == []


async def test_work_is_ended_early(at_desk: Desk) -> None:
    await at_desk.admin.command("maintenance add", node="nas", **HOUR)
    answer = await at_desk.operator.command("maintenance remove", window="#1")
    assert answer.content == "🛠️ maintenance #1 of node **nas** ended by ola"
    again = await at_desk.operator.command("maintenance remove", window="1")
    (told,) = await at_desk.wire.until(lambda: again.followups)
    assert told.is_ephemeral
    assert "there is no maintenance window 1" in told.text
    empty = await at_desk.viewer.command("maintenance list")
    assert empty.text.endswith("No work is planned.")


async def test_what_there_is_is_offered(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", node="nas")
    await at_desk.admin.command("maintenance add", node="nas", **HOUR)
    nodes = (
        await at_desk.operator.autocomplete("maintenance add", "node", "N")
    ).choices
    assert [each["value"] for each in nodes] == ["nas"]
    windows = (
        await at_desk.operator.autocomplete("maintenance remove", "window", "nas")
    ).choices
    assert [each["name"] for each in windows] == ["#1 node nas"]
    zones = (
        await at_desk.operator.autocomplete("maintenance add", "timezone", "berl")
    ).choices
    assert [each["value"] for each in zones] == ["Europe/Berlin"]
    typed = await at_desk.operator.autocomplete("maintenance add", "for", "30")
    offered = typed.choices
    assert [each["value"] for each in offered] == ["30m"]
