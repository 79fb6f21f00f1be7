"""`/job add`, `edit` and `remove` over the wire: forms, previews, second thoughts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.cogs.desk import Desk
from tests.discord_wire import components
from tests.discord_wire.interactions import Answer
from tests.discord_wire.messages import Message
from tests.discord_wire.server import Discord
from tests.engine.house import BOB, house


async def fill(at_desk: Desk, form: Answer, **values: Any) -> Answer:
    """Send a form."""
    return await at_desk.admin.submit(form, **values)


def severities(form: Answer) -> dict[str, bool]:
    """What a form lets one choose, and what is chosen."""
    menu = components.select(form.modal["components"], "severity")
    return {each["value"]: each.get("default", False) for each in menu["options"]}


def labels(answer: Answer) -> list[str]:
    """The buttons below it."""
    return [each["label"] for each in components.buttons(answer.components)]


async def told(at_desk: Desk, pressed: Answer, count: int = 1) -> list[Message]:
    """What was said after a press."""
    await at_desk.wire.until(lambda: len(pressed.followups) >= count)
    return pressed.followups


async def test_a_job_is_made_from_the_phone(at_desk: Desk) -> None:
    form = await at_desk.admin.command("job add")
    shown = await fill(
        at_desk,
        form,
        name="backup",
        schedule="0 3 * * *",
        timezone="Europe/Berlin",
        severity="critical",
        more="tags = db, nightly\ngrace = 10m",
    )
    assert shown.is_ephemeral
    assert "backup: is this right?" in shown.text
    assert "at 03:00 every day (0 3 \\* \\* \\* Europe/Berlin)\n" in shown.text
    assert shown.text.count("<t:") == 10
    assert labels(shown) == ["Create", "Change…"]
    assert await at_desk.house.reads.jobs() == []
    pressed = await at_desk.admin.press(shown, "Create")
    public, secret = await told(at_desk, pressed, 2)
    schedule = "0 3 \\* \\* \\* Europe/Berlin"
    assert public.content == f"🆕 **backup** added by ada: {schedule}"
    assert not public.is_ephemeral
    (job,) = await at_desk.house.reads.jobs()
    assert (job["tags"], job["severity"]) == (["db", "nightly"], "critical")
    assert job["grace"] == 600
    assert secret.is_ephemeral
    assert str(job["ping_url"]) in secret.content
    assert str(job["ping_url"]) not in public.text
    newest, *_ = await at_desk.house.reads.audit()
    assert (newest["action"], newest["actor"]) == ("job_added", "ada (discord)")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "Back up!"}, "slug: "),
        ({"schedule": "61 3 * * *"}, "cron: "),
        ({"schedule": "sometimes"}, "on_calendar: "),
        ({"timezone": "Berlin"}, "timezone: "),
        ({"more": "grace = soon"}, "grace: "),
        ({"more": "tag = db"}, "tag: "),
        ({"more": "nonsense"}, "more: "),
        ({"more": "severity = critical"}, "severity: is given twice"),
        ({"more": "command = rm"}, "may not be said in Discord"),
    ],
)
async def test_what_is_wrong_is_said_as_the_api_says_it_and_nothing_is_lost(
    at_desk: Desk, fields: dict[str, str], problem: str
) -> None:
    form = await at_desk.admin.command("job add")
    typed = {"name": "backup", "schedule": "every 1h", **fields}
    shown = await fill(at_desk, form, **typed)
    assert shown.is_ephemeral
    assert problem in shown.text
    assert labels(shown) == ["Change…"]
    again = await at_desk.admin.press(shown, "Change…")
    inputs = {
        each["custom_id"]: each.get("value")
        for each in components.walk(again.modal["components"])
        if each["type"] == components.TEXT_INPUT
    }
    assert {key: inputs[key] for key in typed} == typed
    right = await fill(
        at_desk,
        again,
        name="backup",
        more="",
        timezone="UTC",
        schedule="every 1h",
    )
    assert labels(right) == ["Create", "Change…"]
    assert "counted from its first ping on" in right.text


async def test_a_name_that_is_taken_is_said_when_it_is_made(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    form = await at_desk.admin.command("job add")
    shown = await fill(at_desk, form, name="backup", schedule="1h")
    pressed = await at_desk.admin.press(shown, "Create")
    (refused,) = await told(at_desk, pressed)
    assert refused.is_ephemeral
    assert "backup" in refused.text
    assert len(await at_desk.house.reads.jobs()) == 1


async def test_a_job_is_changed_and_what_differs_is_shown_before(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", tags=["db"])
    form = await at_desk.admin.command("job edit", job="backup")
    shown = await fill(at_desk, form, more="grace = 20m\ntags = db, web")
    assert "grace: (none) -> 20m" in shown.text
    assert 'tags: \\["db"\\] -> \\["db", "web"\\]' in shown.text
    assert labels(shown) == ["Save", "Change…"]
    (before,) = await at_desk.house.reads.jobs()
    assert before["tags"] == ["db"]
    pressed = await at_desk.admin.press(shown, "Save")
    (public,) = await told(at_desk, pressed)
    assert public.content == "✏️ **backup** changed by ada"
    (after,) = await at_desk.house.reads.jobs()
    assert (after["grace"], after["tags"]) == (1200, ["db", "web"])


async def test_an_untouched_form_changes_nothing(at_desk: Desk) -> None:
    await at_desk.house.add("backup", cron="0 3 * * *", timezone="Europe/Berlin")
    form = await at_desk.admin.command("job edit", job="backup")
    shown = await fill(at_desk, form)
    assert "nothing about backup would change" in shown.text
    assert labels(shown) == ["Change…"]


async def test_a_job_that_is_not_there_has_no_form(at_desk: Desk) -> None:
    answer = await at_desk.admin.command("job edit", job="missing")
    assert answer.is_ephemeral
    assert "there is no job" in answer.text


async def test_removing_asks_once_more(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    asked = await at_desk.admin.command("job remove", job="backup")
    assert asked.is_ephemeral
    assert "Its history is kept. Are you sure?" in asked.text
    assert len(await at_desk.house.reads.jobs()) == 1
    pressed = await at_desk.admin.press(asked, "Remove it")
    (public,) = await told(at_desk, pressed)
    assert public.content == "🗑️ **backup** removed by ada"
    assert await at_desk.house.reads.jobs() == []


async def test_two_who_create_the_same_make_one(at_desk: Desk) -> None:
    form = await at_desk.admin.command("job add")
    shown = await fill(at_desk, form, name="backup", schedule="1h")
    both = await asyncio.gather(
        *(at_desk.admin.press(shown, "Create") for _ in range(2))
    )
    await at_desk.wire.until(lambda: all(each.followups for each in both))
    assert len(await at_desk.house.reads.jobs()) == 1


async def test_a_form_that_outlives_the_bot_is_to_be_filled_in_again(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home, Discord() as wire:
        at_desk = Desk(home, wire, wire.add_role("ops"))
        async with at_desk.client():
            form = await at_desk.admin.command("job add")
        async with at_desk.client():
            answer = await fill(at_desk, form, name="backup", schedule="1h")
            assert "the bot restarted while the form was open" in answer.text
            assert await home.reads.jobs() == []


async def test_a_job_that_is_well_explains_itself(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.ping("backup")
    answer = await at_desk.viewer.command("job why", job="backup")
    assert answer.is_ephemeral
    assert "Why backup: no incident" in answer.text
    assert "When its deadline passes and nothing was heard" in answer.text


async def test_a_history_has_slots_runs_and_incidents(at_desk: Desk) -> None:
    await at_desk.house.add("backup", cron="0 * * * *")
    for suffix in ("start", "success", "start", "fail"):
        await at_desk.house.ping("backup", suffix)
        await at_desk.house.advance(minutes=5)
    answer = await at_desk.viewer.command("job history", job="backup")
    assert answer.is_ephemeral
    assert "Last slots: " in answer.text
    assert "❌ failed, ran 5 min, <t:" in answer.text
    assert "#1 backup failed, opened <t:" in answer.text


async def test_a_job_without_a_history_says_so(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    answer = await at_desk.viewer.command("job history", job="backup")
    assert answer.text.count("none yet") == 3


async def test_a_save_leaves_alone_what_others_changed_meanwhile(
    at_desk: Desk,
) -> None:
    await at_desk.house.add("backup", every="1h", grace="5m")
    form = await at_desk.admin.command("job edit", job="backup")
    shown = await fill(at_desk, form, more="grace = 5m\ntags = db")
    theirs = {"grace": "30m", "severity": "critical"}
    await at_desk.house.jobs.edit("backup", theirs, BOB)
    pressed = await at_desk.admin.press(shown, "Save")
    (public,) = await told(at_desk, pressed)
    assert public.content == "✏️ **backup** changed by ada"
    (after,) = await at_desk.house.reads.jobs()
    assert after["tags"] == ["db"]
    assert (after["grace"], after["severity"]) == (1800, "critical")


async def test_a_form_knows_what_it_was_opened_with(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", grace="5m")
    form = await at_desk.admin.command("job edit", job="backup")
    await at_desk.house.jobs.edit("backup", {"severity": "critical"}, BOB)
    shown = await fill(at_desk, form, more="grace = 5m\ntags = db")
    assert "tags: (none) ->" in shown.text
    assert "severity" not in shown.text
    again = await at_desk.admin.press(shown, "Change…")
    inputs = {
        each["custom_id"]: each.get("value")
        for each in components.walk(again.modal["components"])
        if each["type"] == components.TEXT_INPUT
    }
    assert set(str(inputs["more"]).split("\n")) == {"tags = db", "grace = 5m"}
    assert severities(again) == {"info": False, "warning": False, "critical": True}


async def test_what_both_change_is_shown_again_before_it_is_saved(
    at_desk: Desk,
) -> None:
    await at_desk.house.add("backup", every="1h", grace="5m", tags=["db"])
    form = await at_desk.admin.command("job edit", job="backup")
    shown = await fill(at_desk, form, more="grace = 20m\ntags = db")
    theirs = {"grace": "30m", "tags": ["web"]}
    await at_desk.house.jobs.edit("backup", theirs, BOB)
    pressed = await at_desk.admin.press(shown, "Save")
    (again,) = await told(at_desk, pressed)
    assert again.is_ephemeral
    assert "somebody else has changed grace meanwhile" in again.text
    assert "grace: 30m -> 20m" in again.text
    assert "tags" not in again.text
    (before,) = await at_desk.house.reads.jobs()
    assert before["grace"] == 1800
    pressed = await at_desk.admin.press(again, "Save")
    (public,) = await told(at_desk, pressed)
    assert public.content == "✏️ **backup** changed by ada"
    (after,) = await at_desk.house.reads.jobs()
    assert (after["grace"], after["tags"]) == (1200, ["web"])


async def test_the_severity_is_chosen_and_set_back(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", severity="critical")
    form = await at_desk.admin.command("job edit", job="backup")
    assert severities(form) == {"info": False, "warning": False, "critical": True}
    untouched = await fill(at_desk, form)
    assert "nothing about backup would change" in untouched.text
    form = await at_desk.admin.command("job edit", job="backup")
    shown = await fill(at_desk, form, severity="warning")
    assert "severity: critical -> (none)" in shown.text
    await told(at_desk, await at_desk.admin.press(shown, "Save"))
    (after,) = await at_desk.house.reads.jobs()
    assert after["severity"] == "warning"
