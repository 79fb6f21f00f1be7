"""`/incident` over the wire."""

from typing import Any

import pytest

from tests.cogs.desk import Desk


async def broken(at_desk: Desk, *slugs: str) -> None:
    """Let these fail, one a minute."""
    for slug in slugs:
        await at_desk.house.add(slug, every="1d")
        await at_desk.house.ping(slug, "fail")
        await at_desk.house.advance(minutes=1)


async def test_nothing_is_wrong(at_desk: Desk) -> None:
    answer = await at_desk.viewer.command("incident list")
    assert answer.is_ephemeral
    assert answer.text == "0 unresolved incidents\nNothing is wrong."


async def test_what_is_wrong_comes_newest_first(at_desk: Desk) -> None:
    await broken(at_desk, "backup", "report")
    await at_desk.admin.command("incident ack", incident="1")
    answer = await at_desk.viewer.command("incident list")
    lines = answer.text.splitlines()
    assert lines[0] == "2 unresolved incidents"
    assert lines[1] == "🔴 **#2** report failed"
    assert lines[3] == "🟠 **#1** backup failed"
    assert lines[4].endswith("acknowledged by ada (discord)")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("unresolved", ["#3", "#2"]),
        ("open", ["#3"]),
        ("acknowledged", ["#2"]),
        ("resolved", ["#1"]),
    ],
)
async def test_a_status_filters(
    at_desk: Desk, status: str, expected: list[str]
) -> None:
    await broken(at_desk, "a", "b", "c")
    await at_desk.house.ping("a")
    await at_desk.admin.command("incident ack", incident="2")
    answer = await at_desk.viewer.command("incident list", status=status)
    shown = [line.split("**")[1] for line in answer.text.splitlines() if "**" in line]
    assert shown == expected


@pytest.mark.parametrize("typed", ["1", "#1", " #1 ", "#1 backup failed"])
async def test_acknowledging_is_told_to_everybody(at_desk: Desk, typed: str) -> None:
    await broken(at_desk, "backup")
    answer = await at_desk.operator.command("incident ack", incident=typed)
    until = int(at_desk.house.clock.now().timestamp()) + 4 * 3600
    assert not answer.is_ephemeral
    assert answer.content == (
        "✋ **#1** backup failed: acknowledged by ola, "
        f"quiet until <t:{until}:f> (<t:{until}:R>)"
    )
    second = await at_desk.admin.command("incident ack", incident="1")
    assert second.content == (
        "✋ **#1** backup failed: acknowledged already, by ola (discord)"
    )


async def test_an_acknowledgement_may_hold_longer(at_desk: Desk) -> None:
    await broken(at_desk, "backup")
    options: dict[str, Any] = {"incident": "1", "for": "2d"}
    await at_desk.admin.command("incident ack", **options)
    (view,) = await at_desk.house.incidents()
    assert view["acknowledged_until"] == "2026-11-25T03:01:00Z"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"incident": "backup"}, "incident: 'backup' is no number (write it like 12"),
        ({"incident": "\u0661"}, "incident: '\u0661' is no number"),
        ({"incident": "9" * 16}, "incident: '9999"),
        ({"incident": "1", "for": "soon"}, "for: `soon` is no duration"),
        ({"incident": "1", "for": " "}, "for: a duration is missing"),
    ],
)
async def test_nonsense_is_refused_before_anything_is_told(
    at_desk: Desk, options: dict[str, Any], problem: str
) -> None:
    await broken(at_desk, "backup")
    answer = await at_desk.admin.command("incident ack", **options)
    assert answer.is_ephemeral
    assert answer.text.startswith(f"⚠️ {problem}")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"incident": "7"}, "there is no incident 7; see `/incident list`"),
        ({"incident": "1"}, "incident 1 is resolved already"),
        ({"incident": "2", "for": "31d"}, "for: must be more than nothing and 30 days"),
    ],
)
async def test_what_the_engine_refuses_is_told_to_one_alone(
    at_desk: Desk, options: dict[str, Any], problem: str
) -> None:
    await broken(at_desk, "backup", "report")
    await at_desk.house.ping("backup")
    answer = await at_desk.admin.command("incident ack", **options)
    assert (await at_desk.told(answer)).startswith(f"⚠️ {problem}")
