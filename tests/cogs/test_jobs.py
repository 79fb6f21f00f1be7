"""`/job` over the wire: who sees what, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core.kinds import MuteScope
from bot.discord_ui import text
from tests.cogs.desk import Desk
from tests.engine.house import ANN

HOSTILE = "@everyone `x` **y** <@1> [a](https://b.c) " + "😀" * 50

UNKNOWN = f"⚠️ there is no job '@{text.BREAK}everyone'; see `/job list`"


async def mute(at_desk: Desk, job: str, length: str, **more: Any) -> Any:
    """Let the admin mute a job."""
    return await at_desk.admin.command("job mute", job=job, **{"for": length, **more})


async def test_no_jobs(at_desk: Desk) -> None:
    answer = await at_desk.viewer.command("job list")
    assert answer.is_ephemeral
    assert answer.text.startswith("no jobs\nThere are none yet.")
    assert answer.components == []


async def test_one_job(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    answer = await at_desk.viewer.command("job list")
    assert answer.is_ephemeral
    assert answer.text == "1 job: 1 new\n⚪ **backup** new\nno ping yet"
    assert answer.components == []


async def test_the_worst_comes_first_and_a_status_filters(at_desk: Desk) -> None:
    for slug in ("a", "b", "c"):
        await at_desk.house.add(slug, every="1h")
        await at_desk.house.ping(slug)
    await at_desk.house.ping("c", "fail")
    answer = await at_desk.viewer.command("job list")
    lines = answer.text.splitlines()
    assert lines[:2] == ["3 jobs: 1 down, 2 up", "🔴 **c** down #1"]
    down = await at_desk.viewer.command("job list", status="down")
    assert down.text.startswith("down: 1 of 3 jobs\n🔴 **c** down #1\n")
    late = await at_desk.viewer.command("job list", status="late")
    assert late.text == "late: 0 of 3 jobs\nNo job is late."


async def test_one_job_in_full(at_desk: Desk) -> None:
    await at_desk.house.add("backup", cron="0 3 * * *", timezone="Europe/Berlin")
    await at_desk.house.ping("backup", "fail")
    await mute(at_desk, "backup", "1h", reason="disk is full")
    answer = await at_desk.viewer.command("job show", job="Backup ")
    assert answer.is_ephemeral
    for part in (
        "down #1, muted",
        "at 03:00 every day",
        "Europe/Berlin",
        "grace 30 min",
        "Incident #1",
        "Muted: job backup: by ada (discord), until",
        "disk is full",
        "cronitor job show backup",
    ):
        assert part in answer.text


async def test_a_pause_and_its_end_are_told_to_everybody(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.ping("backup")
    paused = await at_desk.admin.command("job pause", job="backup")
    again = await at_desk.operator.command("job pause", job="backup")
    resumed = await at_desk.operator.command("job resume", job="backup")
    watched = await at_desk.admin.command("job resume", job="backup")
    assert [each.content for each in (paused, again, resumed, watched)] == [
        "⏸️ **backup** paused by ada",
        "⏸️ **backup** is paused already, by ada (discord)",
        "▶️ **backup** resumed by ola: up",
        "▶️ **backup** is not paused: up",
    ]
    assert len(at_desk.wire.messages()) == 4
    assert not any(each.is_ephemeral for each in (paused, again, resumed))
    notes = [(n["action"], n["actor"]) for n in await at_desk.house.reads.audit()]
    assert notes[:2] == [
        ("job_resumed", "ola (discord)"),
        ("job_paused", "ada (discord)"),
    ]


@pytest.mark.parametrize(
    ("length", "seconds"), [("1h", 3600), ("2d12h", 216_000), (" 30m ", 1800)]
)
async def test_a_mute_of_any_length(at_desk: Desk, length: str, seconds: int) -> None:
    await at_desk.house.add("backup", every="1h")
    answer = await mute(at_desk, "backup", length)
    until = int(at_desk.house.clock.now().timestamp()) + seconds
    assert answer.content == (
        f"🔇 **backup** muted by ada until <t:{until}:f> (<t:{until}:R>)"
    )
    (running,) = await at_desk.house.reads.mutes()
    assert running["created_by"] == "ada (discord)"


async def test_a_mute_until_recovery_is_for_a_job_that_is_down(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    refused = await mute(at_desk, "backup", "Until recovery")
    assert await at_desk.told(refused) == (
        "⚠️ backup is well: give a duration such as 4h instead"
    )
    await at_desk.house.ping("backup", "fail")
    answer = await mute(at_desk, "backup", "until recovery")
    assert "until it recovers, at the latest <t:" in answer.content


@pytest.mark.parametrize(
    ("length", "problem"),
    [
        ("31d", "for: is too far away (30 days at most"),
        ("soon", "for: `soon` is no duration (write it like 30s, 5m"),
        ("0", "for: lies in the past"),
        ("x" * 100, "for: `xxxx"),
    ],
)
async def test_a_length_that_is_none_is_refused_to_one_alone(
    at_desk: Desk, length: str, problem: str
) -> None:
    await at_desk.house.add("backup", every="1h")
    answer = await mute(at_desk, "backup", length)
    assert answer.is_ephemeral
    assert answer.text.startswith(f"⚠️ {problem}")
    assert await at_desk.house.reads.mutes() == []


async def test_unmuting_ends_the_mutes_of_this_job_alone(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", tags=["db"])
    await mute(at_desk, "backup", "1h")
    await mute(at_desk, "backup", "4h")
    answer = await at_desk.admin.command("job unmute", job="backup")
    assert answer.content == "🔔 **backup** unmuted by ada"
    assert await at_desk.house.reads.mutes() == []
    await at_desk.house.engine.mutes.add(
        MuteScope.TAG, "db", duration=timedelta(hours=1), actor=ANN
    )
    await mute(at_desk, "backup", "1h")
    answer = await at_desk.admin.command("job unmute", job="backup")
    assert answer.content.startswith(
        "🔔 **backup** unmuted by ada, but it stays silent: tag **db** is muted "
    )
    refused = await at_desk.admin.command("job unmute", job="backup")
    told = await at_desk.wire.until(lambda: refused.followups)
    assert told[0].text == "⚠️ backup has no mute of its own; `/status` lists all"


@pytest.mark.parametrize("command", ["pause", "resume", "mute", "unmute"])
async def test_an_unknown_job_is_an_error_for_one_alone(
    at_desk: Desk, command: str
) -> None:
    options: dict[str, Any] = {"for": "1h"} if command == "mute" else {}
    answer = await at_desk.admin.command(f"job {command}", job="@everyone", **options)
    assert await at_desk.told(answer) == UNKNOWN


async def test_an_unknown_job_cannot_be_shown(at_desk: Desk) -> None:
    answer = await at_desk.viewer.command("job show", job="@everyone")
    assert answer.is_ephemeral
    assert answer.text == UNKNOWN


async def test_hostile_names_mention_nobody_and_break_nothing(at_desk: Desk) -> None:
    slug = "_".join("abcdefghijklmnopqrstuvwxyz" * 2)[:100]
    await at_desk.house.add(
        slug, every="1h", name=HOSTILE[:90], description=HOSTILE * 20
    )
    await at_desk.house.ping(slug, "fail")
    answers = [
        await at_desk.admin.command("job list"),
        await at_desk.admin.command("job show", job=slug),
        await at_desk.admin.command("job pause", job=slug),
        await at_desk.admin.command("job resume", job=slug),
        await mute(at_desk, slug, "1h", reason=HOSTILE * 5),
        await at_desk.admin.command("job unmute", job=slug),
    ]
    for answer in answers:
        assert not answer.message.pings.everyone
        assert not answer.message.pings.users
        assert "@everyone" not in answer.text


async def test_an_error_that_nobody_foresaw_is_told_and_logged(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(at_desk.house.engine.jobs, "pause", broken)
    answer = await at_desk.admin.command("job pause", job="backup")
    assert await at_desk.told(answer) == ("⚠️ something went wrong; it is in the log")
    assert "boom" in caplog.text


async def test_ten_thousand_jobs_stay_within_all_limits(at_desk: Desk) -> None:
    tables = [
        {"slug": f"job-{n:05}", "every": "1h", "name": f"Number {n}"}
        for n in range(10_000)
    ]
    await at_desk.house.engine.jobs.apply(tables, prune=False, actor=ANN)
    first = await at_desk.viewer.command("job list")
    assert first.text.startswith("10000 jobs: 10000 new\n⚪ **job-00000** new")
    assert first.text.endswith("page 1 of 1000")
    last = await at_desk.viewer.command("job list", page=99_999)
    assert "**job-09999**" in last.text
    assert last.text.endswith("page 1000 of 1000")
    before = await at_desk.viewer.press(last, "Previous")
    await at_desk.wire.until(lambda: before.text.endswith("page 999 of 1000"))
    offered = await at_desk.viewer.autocomplete("job show", "job", "number 99")
    assert len(offered.choices) == 25
    assert offered.seconds < 3
