"""`/incident` over the wire."""

from typing import Any

import pytest

from tests.cogs.desk import Desk


async def offered(
    at_desk: Desk, command: str, option: str, typed: str
) -> list[tuple[str, str]]:
    """What is offered to an operator: what it sends, and its label."""
    answer = await at_desk.operator.autocomplete(command, option, typed)
    return [(str(each["value"]), str(each["name"])) for each in answer.choices]


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
        "✋ **#1** backup failed: acknowledged already, by ola (discord), "
        f"quiet until <t:{until}:f> (<t:{until}:R>)"
    )


async def test_whoever_has_it_may_give_it_another_end(at_desk: Desk) -> None:
    await broken(at_desk, "backup")
    await at_desk.operator.command("incident ack", incident="1")
    options: dict[str, Any] = {"incident": "1", "for": "24h"}
    answer = await at_desk.operator.command("incident ack", **options)
    until = int(at_desk.house.clock.now().timestamp()) + 24 * 3600
    assert f"acknowledged by ola, quiet until <t:{until}:f>" in answer.content


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


async def test_an_incident_is_shown_with_its_story(at_desk: Desk) -> None:
    await broken(at_desk, "backup")
    await at_desk.admin.command("incident ack", incident="1")
    await at_desk.operator.command("incident note", incident="1", text="**on it**")
    shown = await at_desk.viewer.command("incident show", incident="#1")
    assert shown.is_ephemeral
    lines = shown.text.splitlines()
    assert lines[0] == "🟠 #1 backup failed"
    assert "failed, warning: acknowledged by ada (discord)" in lines
    assert lines[-1].endswith("note: \\*\\*on it\\*\\* (ola (discord))")
    nobody = await at_desk.viewer.command("incident show", incident="7")
    assert "there is no incident 7" in nobody.text


async def test_why_is_for_everybody(at_desk: Desk) -> None:
    await broken(at_desk, "backup")
    shown = await at_desk.viewer.command("incident why", incident="1")
    assert shown.is_ephemeral
    assert "Why backup: failed" in shown.text
    assert "The job itself reported a failure." in shown.text


async def test_an_end_by_hand_is_told_to_everybody(at_desk: Desk) -> None:
    await broken(at_desk, "backup")
    answer = await at_desk.operator.command(
        "incident resolve", incident="1", reason="@everyone new disk"
    )
    assert answer.content == (
        "✅ **#1** backup failed: resolved by ola: @\u200beveryone new disk"
    )
    (view,) = await at_desk.house.reads.incidents(status="resolved", job=None, limit=9)
    assert view["resolution"] == "resolved by ola (discord): @everyone new disk"
    again = await at_desk.operator.command("incident resolve", incident="1")
    (told,) = await at_desk.wire.until(lambda: again.followups)
    assert told.is_ephemeral
    assert "incident 1 is resolved already" in told.text


async def test_a_note_is_told_to_everybody(at_desk: Desk) -> None:
    await broken(at_desk, "backup")
    answer = await at_desk.operator.command("incident note", incident="1", text="on it")
    assert answer.content == "📝 **#1** backup failed: on it (ola)"


async def test_incidents_that_are_over_are_offered_last(at_desk: Desk) -> None:
    await broken(at_desk, "backup", "report")
    await at_desk.house.ping("report")
    offered = (
        await at_desk.viewer.autocomplete("incident show", "incident", "")
    ).choices
    assert [each["value"] for each in offered] == ["1", "2"]
    offered = (
        await at_desk.viewer.autocomplete("incident show", "incident", "rep")
    ).choices
    assert [each["value"] for each in offered] == ["2"]
