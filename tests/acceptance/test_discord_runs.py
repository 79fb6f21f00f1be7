"""Runs at the wire: the real server, its supervisor, and people in Discord."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.server import PATIENCE_S, POLL_S, Json
from tests.acceptance.with_discord import Home, at_home
from tests.discord_wire.interactions import Answer
from tests.discord_wire.messages import Message
from tests.discord_wire.people import Person

SLOW = pytest.mark.slow
TOKEN = "ghp_" + "Aa0Bb1Cc2Dd3" * 3
JOBS = f"""
[[job]]
slug = "flaky"
kind = "command"
shell = true
command = '''
printf "\\033[31mcopying\\033[0m\\n10%%\\r99%%\\rcopied $CRONITOR_ARG_TARGET\\n"
echo token {TOKEN}
test -f FLAG
'''

[job.params]
target = ["daily", "full"]

[[job]]
slug = "slow"
kind = "command"
command = ["/bin/sleep", "600"]

[[job]]
slug = "loud"
kind = "command"
shell = true
command = "echo first; seq 100000; echo last"
allow_trigger = "viewer"

[[job]]
slug = "locked"
kind = "command"
command = ["/bin/true"]
allow_trigger = "nobody"
"""


async def applied(folder: Path, home: Home) -> Path:
    """The jobs of this page; the file that `flaky` wants to see."""
    flag, file = folder / "flag", folder / "jobs.toml"
    file.write_text(JOBS.replace("FLAG", str(flag)), "utf-8")
    code, _, err = await home.server.cli("apply", str(file), "--yes")
    assert code == 0, err
    return flag


def staff(home: Home) -> tuple[Person, Person, Person]:
    """Two who may start things, and an outsider."""
    person = home.discord.person
    ada = person("ada", manage_guild=True)
    return ada, person("bob", manage_guild=True), person("vic")


async def runs(home: Home, slug: str) -> list[Json]:
    """The newest first."""
    found: list[Json] = (await home.server.get(f"/v1/jobs/{slug}/runs"))["runs"]
    return found


async def until_stage(home: Home, slug: str, stage: str) -> Json:
    """The newest run, once it is so far."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await runs(home, slug)) or found[0]["stage"] != stage:
            await asyncio.sleep(POLL_S)
    return found[0]


async def failed(home: Home) -> Message:
    """`flaky` has failed with a value that is no default; its card."""
    await home.server.cli("run", "flaky", "--wait", "--param", "target=full")
    await home.until(home.cards)
    (card,) = home.cards()
    return card


async def told(home: Home, answer: Answer) -> str:
    """What the person alone is told after a press or an error."""
    await home.until(lambda: answer.followups, "the answer")
    (message,) = answer.followups
    assert message.is_ephemeral
    return message.text


@pytest.mark.slow
async def test_run_again_after_a_restart_is_one_run_for_two_who_press(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        flag = await applied(tmp_path, home)
        ada, bob, vic = staff(home)
        card = await failed(home)
        assert card.labels == ["Acknowledge", "Why?", "Run again", "Output"]
        assert "copied full" in card.text
        assert TOKEN not in card.text
        assert "10%" not in card.text
        refused = await vic.press(card, "Run again")
        assert (await told(home, refused)).startswith("⛔")
        await home.until_ready(1)
        await home.server.kill()
        await home.server.start()
        await home.until_ready(2)
        flag.touch()
        both = await asyncio.gather(
            ada.press(card, "Run again"), bob.press(card, "Run again")
        )
        await home.until(lambda: all(each.followups for each in both))
        said = [each.followups[0] for each in both]
        public, private = sorted(said, key=lambda message: message.is_ephemeral)
        assert not public.is_ephemeral
        assert private.is_ephemeral
        assert "was started by" in private.content
        await home.until(lambda: public.content.startswith("✅"), "the end")
        await home.until(lambda: card.content.startswith("🟢"), "the recovery")
        assert card.labels == ["Why?", "Output"]
        newest, first = await runs(home, "flaky")
        assert newest["end"] == "ok"
        assert newest["params"] == first["params"] == {"target": "full"}
        assert newest["by"] in ("ada (discord)", "bob (discord)")
        assert newest["by"].split()[0] in public.content
        assert home.discord.requests.mentioning(TOKEN) == []


async def test_the_output_of_an_incident_is_a_file_for_whoever_asks(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        await applied(tmp_path, home)
        _, _, vic = staff(home)
        card = await failed(home)
        answer = await vic.press(card, "Output")
        assert answer.is_ephemeral
        assert "failed, exit code 1 after" in answer.content
        assert answer.message.files == {
            "flaky-1.txt": b"copying\ncopied full\ntoken ***\n"
        }
        why = await vic.press(card, "Why?")
        assert "copied full" in why.text
        assert TOKEN not in why.text
        assert home.discord.requests.mentioning(TOKEN) == []


async def test_a_card_of_a_heartbeat_job_has_nothing_to_run(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        body = f"10%\r100%\r\n\x1b[31mred\x1b[0m PASSWORD=hunter2\n{TOKEN}"
        card = await home.broken(body=body)
        assert card.labels == ["Acknowledge", "Why?"]
        assert "100%\nred PASSWORD=***\n***" in card.text
        assert home.discord.requests.mentioning("hunter2") == []


async def test_a_run_is_started_chosen_for_and_cancelled(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        flag = await applied(tmp_path, home)
        flag.touch()
        ada, bob, vic = staff(home)
        offered = await ada.autocomplete("job run", "params", "", job="flaky")
        values = [each["value"] for each in offered.choices]
        assert values == ["target=daily", "target=full"]
        answer = await ada.command("job run", job="flaky", params=values[1])
        await home.until(lambda: answer.content.startswith("✅"), "the end")
        assert "started by ada (target=full): ok after" in answer.content
        wrong = await ada.command("job run", job="flaky", params="target=x")
        assert "is none of daily, full" in await told(home, wrong)
        locked = await ada.command("job run", job="locked")
        assert "on the server only" in await told(home, locked)
        refused = await vic.command("job run", job="slow")
        assert "for the grade operator" in await told(home, refused)

        slow = await ada.command("job run", job="slow")
        await until_stage(home, "slow", "running")
        blocked = await bob.command("job run", job="slow")
        assert "/job cancel slow ends it" in await told(home, blocked)
        outsider = await vic.command("job cancel", job="slow")
        assert outsider.text.startswith("⛔")
        await bob.command("job cancel", job="slow")
        await home.until(lambda: slow.content.startswith("⏹️"), "the end")
        assert "cancelled by bob (discord)" in slow.content
        newest = await until_stage(home, "slow", "ended")
        assert newest["cancelled_by"] == "bob (discord)"
        audit = (await home.server.get("/v1/audit"))["audit"]
        assert {"bob (discord)"} == {
            each["actor"] for each in audit if each["action"] == "run_cancelled"
        }
        assert await home.server.incidents() == []


@pytest.mark.parametrize("most", [pytest.param(10_000_000, marks=SLOW), 50_000])
async def test_a_log_is_sent_whole_or_with_its_head_and_tail(
    tmp_path: Path, most: int
) -> None:
    async with at_home(tmp_path) as home:
        await applied(tmp_path, home)
        home.discord.rules.file_bytes = most
        _, _, vic = staff(home)
        answer = await vic.command("job run", job="loud")
        await home.until(lambda: answer.content.startswith("✅"), "the end")
        log = await vic.command("job log", job="loud")
        assert log.is_ephemeral
        assert "99999\n100000\nlast" in log.content
        (data,) = log.message.files.values()
        assert data.startswith(b"first\n1\n2\n")
        assert data.endswith(b"100000\nlast\n")
        assert (b"are left out here" in data) is (most == 50_000)
        assert len(data) <= most


@SLOW
async def test_a_run_outlives_the_bot_and_its_line_stays(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        await applied(tmp_path, home)
        ada, _, _ = staff(home)
        answer = await ada.command("job run", job="slow")
        await until_stage(home, "slow", "running")
        await home.until_ready(1)
        await home.server.kill()
        await home.server.start()
        await home.until_ready(2)
        assert answer.content.startswith("▶️ **slow** run #1 started by ada")
        ended = await ada.command("job cancel", job="slow")
        assert "#1" in ended.content
        newest = await until_stage(home, "slow", "ended")
        assert newest["end"] == "cancelled"


@pytest.mark.slow
async def test_a_long_output_of_a_heartbeat_job_is_a_file_after_a_restart_too(
    tmp_path: Path,
) -> None:
    async with at_home(tmp_path) as home:
        lines = "".join(f"line {n}\n" for n in range(2000))
        card = await home.broken(body=f"first {TOKEN}\n{lines}PASSWORD=hunter2\n")
        assert card.labels == ["Acknowledge", "Why?", "Output"]
        assert "first" not in card.text
        await home.until_ready(1)
        await home.server.kill()
        await home.server.start()
        await home.until_ready(2)
        answer = await home.discord.person("vic").press(card, "Output")
        assert answer.is_ephemeral
        assert "incident #1: what the newest ping sent" in answer.content
        expected = f"first ***\n{lines}PASSWORD=***\n"
        assert answer.message.files == {"backup-incident-1.txt": expected.encode()}
        assert home.discord.requests.mentioning(TOKEN) == []
        assert home.discord.requests.mentioning("hunter2") == []
