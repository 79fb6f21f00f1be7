"""Turning pages: at the ends, after a restart, and when jobs have gone."""

import functools
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.kinds import MuteScope
from tests.cogs.desk import Desk
from tests.discord_wire import components
from tests.discord_wire.interactions import Answer
from tests.discord_wire.server import Discord
from tests.engine.house import ANN, house


async def fill(at_desk: Desk, count: int) -> None:
    """So many jobs."""
    tables = [{"slug": f"job-{n:02}", "every": "1h"} for n in range(count)]
    await at_desk.house.engine.jobs.apply(tables, prune=True, actor=ANN)


def is_second(answer: Answer) -> bool:
    """It has turned to the second page, which is the last."""
    return "page 2 of 2" in answer.text


def buttons(answer: Answer) -> dict[str, tuple[str, bool]]:
    """Where each button leads, and whether it may be pressed."""
    return {
        each["label"]: (each["custom_id"], not each.get("disabled"))
        for each in components.buttons(answer.components)
    }


async def test_pages_are_turned_in_the_same_message(at_desk: Desk) -> None:
    await fill(at_desk, 25)
    first = await at_desk.viewer.command("job list")
    assert buttons(first) == {
        "Previous": ("cronitor:jobs:0:all", False),
        "Next": ("cronitor:jobs:2:all", True),
    }
    second = await at_desk.viewer.press(first, "Next")
    await at_desk.wire.until(lambda: "page 2 of 3" in second.text)
    assert second.message is first.message
    assert second.message.is_ephemeral
    assert "**job-10**" in second.text
    third = await at_desk.viewer.press(second, "Next")
    await at_desk.wire.until(lambda: "page 3 of 3" in third.text)
    assert buttons(third) == {
        "Previous": ("cronitor:jobs:2:all", True),
        "Next": ("cronitor:jobs:4:all", False),
    }
    back = await at_desk.viewer.press(third, "Previous")
    await at_desk.wire.until(lambda: "page 2 of 3" in back.text)
    assert len(at_desk.wire.messages()) == 0


async def test_a_filter_goes_with_the_pages(at_desk: Desk) -> None:
    await fill(at_desk, 25)
    for n in range(12):
        await at_desk.house.engine.jobs.pause(f"job-{n:02}", ANN)
    first = await at_desk.viewer.command("job list", status="paused")
    assert buttons(first)["Next"] == ("cronitor:jobs:2:paused", True)
    second = await at_desk.viewer.press(first, "Next")
    await at_desk.wire.until(lambda: "page 2 of 2" in second.text)
    assert "paused: 12 of 25 jobs" in second.text
    assert "**job-11**" in second.text


async def test_a_page_that_vanished_is_the_last_one_and_keeps_its_buttons(
    at_desk: Desk,
) -> None:
    await fill(at_desk, 25)
    second = await at_desk.viewer.command("job list", page=2)
    await fill(at_desk, 3)
    shown = await at_desk.viewer.press(second, "Next")
    await at_desk.wire.until(lambda: "3 jobs" in shown.text)
    assert buttons(shown) == {
        "Previous": ("cronitor:jobs:0:all", False),
        "Next": ("cronitor:jobs:2:all", False),
    }
    await fill(at_desk, 12)
    again = await at_desk.viewer.command("job list")
    turned = await at_desk.viewer.press(again, "Next")
    await at_desk.wire.until(lambda: "page 2 of 2" in turned.text)


async def test_a_button_works_after_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as home, Discord() as wire:
        found = Desk(home, wire, wire.add_role("ops"))
        await fill(found, 25)
        async with found.client():
            first = await found.viewer.command("job list")
        async with found.client():
            second = await found.viewer.press(first, "Next")
            await wire.until(lambda: "page 2 of 3" in second.text)


async def test_a_button_of_another_version_shows_everything(at_desk: Desk) -> None:
    await fill(at_desk, 12)
    first = await at_desk.viewer.command("job list")
    for button in components.buttons(first.message.components):
        button["custom_id"] = button["custom_id"].replace(":all", ":sleepy")
    second = await at_desk.viewer.press(first, "Next")
    await at_desk.wire.until(lambda: "page 2 of 2" in second.text)
    assert buttons(second)["Previous"] == ("cronitor:jobs:1:all", True)


async def test_what_goes_wrong_is_told_and_the_page_stays(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    await fill(at_desk, 25)
    first = await at_desk.viewer.command("job list")
    monkeypatch.setattr(at_desk.house.engine.reads, "job_page", broken)
    pressed = await at_desk.viewer.press(first, "Next")
    (told,) = await at_desk.wire.until(lambda: pressed.followups)
    assert told.is_ephemeral
    assert told.text == "⚠️ something went wrong; it is in the log"
    assert "page 1 of 3" in first.text
    assert "boom" in caplog.text


async def test_incidents_have_pages_too(at_desk: Desk) -> None:
    await fill(at_desk, 12)
    for view in await at_desk.house.reads.jobs():
        at_desk.house.uuids[view["slug"]] = view["uuid"]
        await at_desk.house.ping(view["slug"], "fail")
    first = await at_desk.viewer.command("incident list")
    assert first.is_ephemeral
    assert buttons(first) == {
        "Previous": ("cronitor:incidents:0:unresolved", False),
        "Next": ("cronitor:incidents:2:unresolved", True),
    }
    second = await at_desk.viewer.press(first, "Next")
    await at_desk.wire.until(lambda: "page 2 of 2" in second.text)
    assert "**#1**" in second.text
    await at_desk.house.ping("job-00")
    opened = await at_desk.viewer.command("incident list", status="open", page=2)
    assert buttons(opened)["Previous"] == ("cronitor:incidents:1:open", True)
    assert "11 open incidents" in opened.text


async def test_a_tag_and_a_node_go_with_the_pages(at_desk: Desk) -> None:
    tables = [
        {"slug": f"job-{n:02}", "every": "1h", "tags": ["a:b"] if n % 2 else []}
        for n in range(24)
    ]
    tables.append({"slug": "other", "every": "1h", "node": "nas"})
    await at_desk.house.engine.jobs.apply(tables, prune=True, actor=ANN)
    first = await at_desk.viewer.command("job list", tag="a:b")
    assert first.text.startswith("tag a:b · 12 jobs: 12 new")
    assert buttons(first)["Next"] == ("cronitor:jobs:2:all:t:a:b", True)
    second = await at_desk.viewer.press(first, "Next")
    await at_desk.wire.until(lambda: "page 2 of 2" in second.text)
    assert "**job-23**" in second.text
    assert "**job-22**" not in second.text
    of_node = await at_desk.viewer.command("job list", node="nas")
    assert of_node.text.startswith("node nas · 1 job: 1 new")
    none = await at_desk.viewer.command("job list", node="nas", tag="a:b")
    assert none.text.endswith("There is no such job.")


async def test_a_filter_that_no_button_can_carry_turns_pages_by_number(
    at_desk: Desk,
) -> None:
    tables = [
        {"slug": f"job-{n:02}", "every": "1h", "tags": ["db"], "node": "nas"}
        for n in range(12)
    ]
    await at_desk.house.engine.jobs.apply(tables, prune=True, actor=ANN)
    shown = await at_desk.viewer.command("job list", tag="db", node="nas", page=2)
    assert "page 2 of 2" in shown.text
    assert shown.components == []


async def test_incidents_of_one_job_have_pages(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.add("other", every="1h")
    for _ in range(11):
        await at_desk.house.ping("backup", "fail")
        await at_desk.house.ping("backup")
        await at_desk.house.advance(minutes=11)
    await at_desk.house.ping("other", "fail")
    first = await at_desk.viewer.command(
        "incident list", status="resolved", job="backup"
    )
    assert "resolved incidents of backup" in first.text
    assert "other" not in first.text
    none = await at_desk.viewer.command("incident list", job="other")
    assert none.text.startswith("1 unresolved incident of other")
    missing = await at_desk.viewer.command("incident list", job="missing")
    assert "there is no job" in missing.text


async def test_the_job_goes_with_the_pages_of_its_incidents(at_desk: Desk) -> None:
    await fill(at_desk, 12)
    for view in await at_desk.house.reads.jobs():
        at_desk.house.uuids[view["slug"]] = view["uuid"]
        await at_desk.house.ping(view["slug"], "fail")
    first = await at_desk.viewer.command("incident list")
    for button in components.buttons(first.message.components):
        button["custom_id"] += ":job-03"
    second = await at_desk.viewer.press(first, "Next")
    await at_desk.wire.until(lambda: "incident of job-03" in second.text)
    assert buttons(second)["Next"] == ("cronitor:incidents:2:unresolved:job-03", False)


async def test_mutes_and_planned_work_have_pages(at_desk: Desk) -> None:
    await fill(at_desk, 12)
    hour = timedelta(hours=1)
    for n in range(12):
        slug = f"job-{n:02}"
        await at_desk.house.engine.mutes.add(
            MuteScope.JOB, slug, duration=hour, actor=ANN
        )
        await at_desk.house.engine.maintenance.add({"job": slug, "for": "1h"}, ANN)
    for what, last in (("mute", "job job-11"), ("maintenance", "job job-11")):
        first = await at_desk.viewer.command(f"{what} list")
        assert "page 1 of 2" in first.text
        assert last not in first.text
        second = await at_desk.viewer.press(first, "Next")
        await at_desk.wire.until(functools.partial(is_second, second))
        assert last in second.text
        again = await at_desk.viewer.command(f"{what} list", page=2)
        assert again.text == second.text
