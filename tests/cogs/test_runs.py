"""Runs from Discord: started, asked about, ended, read, and refused."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.discord_ui import runs
from bot.engine.runner import RunPlan
from tests.cogs.desk import Desk, desk
from tests.discord_wire.interactions import Answer, CallbackType
from tests.discord_wire.messages import Message
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock

PARAMS = {"target": ["daily", "full"], "mode": ["two words", "one"]}


@dataclass
class Works:
    """A desk whose engine runs things."""

    desk: Desk
    executor: FakeExecutor

    async def add(self, slug: str = "nightly", **fields: Any) -> None:
        """A job that is run by hand alone."""
        table: dict[str, Any] = {"kind": "command", "command": ["/bin/true"]}
        await self.desk.house.add(slug, **(table | {"cron": "0 * * * *"} | fields))

    async def settle(self) -> None:
        await self.desk.house.settle()

    async def end(self, code: int = 0, **more: Any) -> None:
        """The run that goes on ends, and that is seen."""
        self.executor.end(code=code, **more)
        await self.settle()

    async def runs(self, slug: str = "nightly") -> list[dict[str, Any]]:
        """The newest first."""
        return [dict(each) for each in await self.desk.house.engine.runs.of_job(slug)]

    async def until(self, message: Message, words: str) -> None:
        """Wait until a message says so."""
        await self.desk.wire.until(lambda: words in message.content)


@pytest.fixture(name="works")
async def works_(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Works]:
    """The bot is connected, and nothing is defined."""
    monkeypatch.setattr("bot.engine.runs.LOOK_S", 0.01)
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with desk(tmp_path, clock=clock, runs=RunPlan(executor=executor)) as found:
        yield Works(found, executor)


def private(answer: Answer) -> str:
    """What the person alone reads, after the placeholder went away."""
    assert answer.message.is_deleted
    (told,) = answer.followups
    assert told.is_ephemeral
    return told.text


async def asked(works: Works, answer: Answer) -> str:
    """The same, once it is there."""
    await works.desk.wire.until(lambda: answer.followups)
    return private(answer)


async def test_everybody_reads_who_started_a_run_and_how_it_ended(works: Works) -> None:
    await works.add(params=PARAMS)
    olga = works.desk.operator
    answer = await olga.command("job run", job="nightly", params="target=full")
    assert not answer.is_ephemeral
    assert answer.content.startswith("▶️ **nightly** run #1 started by ola (")
    assert "target=full" in answer.content
    await works.settle()
    (order,) = works.executor.begun
    values = dict(order.env)
    assert values["CRONITOR_ARG_TARGET"] == "full"
    assert values["CRONITOR_ARG_MODE"] == "two words"
    await works.end(code=3, after=timedelta(seconds=5))
    await works.until(answer.message, "failed, exit code 3 after 5 s")
    assert answer.content.startswith("❌ **nightly** run #1, started by ola (")
    assert works.desk.wire.messages() == [answer.message]
    newest, *_ = await works.desk.house.reads.audit()
    assert (newest["action"], newest["actor"]) == ("run_wished", "ola (discord)")


ENDS = {
    "ok": ({"code": 0}, "✅", "ok after"),
    "signal": ({"signal": 9}, "❌", "failed, signal 9"),
}


@pytest.mark.parametrize("how", ENDS)
async def test_the_line_says_each_end(works: Works, how: str) -> None:
    more, symbol, words = ENDS[how]
    await works.add()
    answer = await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    await works.end(**more)
    await works.until(answer.message, words)
    assert answer.content.startswith(symbol)


async def test_attempts_are_one_run_and_the_last_one_counts(works: Works) -> None:
    await works.add(retries=1, retry_base="1s")
    answer = await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    await works.end(code=1)
    await works.desk.house.advance(seconds=2)
    await works.end(code=0)
    await works.until(answer.message, "ok after 0 s, attempt 2")


async def test_what_takes_longer_than_discord_allows_is_said_to_go_on(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "WATCHED_S", 0.05)
    await works.add()
    answer = await works.desk.admin.command("job run", job="nightly")
    await works.until(answer.message, "still goes on")
    assert "`/job log` shows it" in answer.content


REFUSED = {
    "target=x; rm": "params: ",
    "target=x": "is none of daily, full",
    "size=1": "known: target, mode",
    "full": "'full' names no value",
    "'target=full": "a quote has no end",
    "target=full target=full": "given twice",
}


@pytest.mark.parametrize("typed", REFUSED)
async def test_values_beyond_the_declared_choices_are_refused(
    works: Works, typed: str
) -> None:
    await works.add(params=PARAMS)
    answer = await works.desk.operator.command("job run", job="nightly", params=typed)
    assert REFUSED[typed] in await works.desk.told(answer)
    assert await works.runs() == []


async def test_a_heartbeat_job_is_not_run_by_anybody_here(works: Works) -> None:
    await works.desk.house.add("backup", every="1h")
    answer = await works.desk.admin.command("job run", job="backup")
    assert "it is a heartbeat job" in await works.desk.told(answer)


GRADES = [
    ("viewer", "viewer", ""),
    ("operator", "viewer", "the role <@&"),
    ("operator", "operator", ""),
    ("admin", "operator", "for the grade admin"),
    ("admin", "admin", ""),
    ("nobody", "admin", "is started on the server only"),
]


@pytest.mark.parametrize(("allowed", "who", "refusal"), GRADES)
async def test_the_job_says_who_may_start_it(
    works: Works, allowed: str, who: str, refusal: str
) -> None:
    await works.add(allow_trigger=allowed)
    person = getattr(works.desk, who)
    answer = await person.command("job run", job="nightly")
    if refusal:
        told = await asked(works, answer)
        assert told.startswith("⛔")
        assert refusal in told
        assert works.desk.wire.messages() == []
    assert bool(await works.runs()) is not bool(refusal)


async def test_a_run_in_the_way_is_named_with_the_way_out(works: Works) -> None:
    await works.add()
    await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    answer = await works.desk.operator.command("job run", job="nightly")
    await works.desk.wire.until(lambda: answer.followups)
    (told,) = answer.followups
    assert told.is_ephemeral
    assert "is still going (/job cancel nightly ends it)" in told.text


async def test_another_run_while_one_goes_on_is_asked_about(works: Works) -> None:
    await works.add(overlap="allow", max_parallel=5)
    await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    olga = works.desk.operator
    answer = await olga.command("job run", job="nightly")
    assert "both go on side by side" in await asked(works, answer)
    assert len(await works.runs()) == 1
    (question,) = answer.followups
    both = await asyncio.gather(
        olga.press(question, "Run anyway"), olga.press(question, "Run anyway")
    )
    await works.desk.wire.until(lambda: all(each.followups for each in both))
    assert len(await works.runs()) == 2
    said = [each.followups[0] for each in both]
    assert sorted(message.is_ephemeral for message in said) == [False, True]
    await works.desk.wire.until(lambda: "Done" in question.labels)


async def test_a_question_is_answered_by_whoever_may(works: Works) -> None:
    await works.add(overlap="queue", allow_trigger="operator")
    await works.desk.admin.command("job run", job="nightly")
    answer = await works.desk.operator.command("job run", job="nightly")
    assert "waits until that is over" in await asked(works, answer)
    (question,) = answer.followups
    works.desk.wire.guild.members[works.desk.operator.id].role_ids.clear()
    pressed = await works.desk.operator.press(question, "Run anyway")
    await works.desk.wire.until(lambda: pressed.followups)
    assert pressed.followups[0].text.startswith("⛔")
    assert len(await works.runs()) == 1


async def test_a_cancelled_run_says_by_whom(works: Works) -> None:
    await works.add()
    started = await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    answer = await works.desk.operator.command("job cancel", job="nightly")
    assert answer.content.startswith("⏹️ **nightly** run #1: ended by ola")
    await works.settle()
    await works.until(started.message, "cancelled by ola (discord)")
    (run,) = await works.runs()
    assert (run["end"], run["cancelled_by"]) == ("cancelled", "ola (discord)")
    newest, *_ = await works.desk.house.reads.audit()
    assert (newest["action"], newest["actor"]) == ("run_cancelled", "ola (discord)")
    again = await works.desk.operator.command("job cancel", job="nightly")
    await works.desk.wire.until(lambda: again.followups)
    assert "no run that waits or goes on" in again.followups[0].text


async def test_an_outsider_ends_nothing(works: Works) -> None:
    await works.add()
    await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    answer = await works.desk.viewer.command("job cancel", job="nightly")
    assert answer.text.startswith("⛔")
    assert works.executor.cancelled == []


async def offered(
    works: Works, command: str, option: str, typed: str, **more: Any
) -> Any:
    """The values."""
    answer = await works.desk.viewer.autocomplete(command, option, typed, **more)
    assert answer.type is CallbackType.CHOICES
    return [choice["value"] for choice in answer.choices]


async def test_jobs_are_offered_that_the_command_is_for(works: Works) -> None:
    await works.add("idle")
    await works.add("going")
    await works.desk.house.add("heartbeat", every="1h")
    await works.desk.admin.command("job run", job="going")
    assert await offered(works, "job run", "job", "") == ["going", "idle"]
    assert await offered(works, "job cancel", "job", "") == ["going"]
    assert await offered(works, "job log", "job", "") == ["going", "idle"]


async def test_declared_choices_are_offered(works: Works) -> None:
    await works.add(params=PARAMS)
    found = await offered(works, "job run", "params", "", job="nightly")
    assert found == [
        "target=daily 'mode=two words'",
        "target=daily mode=one",
        "target=full 'mode=two words'",
        "target=full mode=one",
    ]
    found = await offered(
        works, "job run", "params", "target=full mode=o", job="nightly"
    )
    assert found == ["target=full mode=one"]
    assert await offered(works, "job run", "params", "", job="nix") == []
    assert await offered(works, "job run", "params", "") == []
    await works.desk.house.add("heartbeat", every="1h")
    assert await offered(works, "job run", "params", "", job="heartbeat") == []


async def test_runs_are_offered_by_number(works: Works) -> None:
    await works.add()
    for _ in range(2):
        await works.desk.admin.command("job run", job="nightly")
        await works.settle()
        await works.end(code=4)
    found = await works.desk.viewer.autocomplete("job log", "run", "", job="nightly")
    assert [each["value"] for each in found.choices] == [2, 1]
    assert found.choices[0]["name"].startswith("#2 failed, exit code 4 · 2026-")
    assert await offered(works, "job log", "run", "1", job="nightly") == [1]
    assert await offered(works, "job log", "run", "", job="nix") == []


OUTPUT = b"\x1b[31mred\x1b[0m\n10%\r99%\rdone\npassword=hunter2\n```\n@everyone\n"
SHOWN = b"red\ndone\npassword=***\n```\n@everyone\n"


async def test_the_log_is_for_one_person_with_the_whole_as_a_file(works: Works) -> None:
    await works.add()
    await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    await works.end(output=OUTPUT)
    options: list[dict[str, Any]] = [{}, {"run": 1}]
    for more in options:
        answer = await works.desk.viewer.command("job log", job="nightly", **more)
        assert answer.is_ephemeral
        assert "**nightly** run #1: ok after" in answer.content
        assert "password=***" in answer.content
        assert answer.content.count("```") == 2
        assert answer.message.files == {"nightly-1.txt": SHOWN}
        assert not answer.message.pings.everyone


async def test_a_long_output_is_cut_to_what_discord_takes(works: Works) -> None:
    works.desk.wire.rules.file_bytes = 5000
    await works.add()
    await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    await works.end(output=b"head\n" + b"line\n" * 5000 + b"tail\n")
    answer = await works.desk.viewer.command("job log", job="nightly")
    (data,) = answer.message.files.values()
    assert len(data) <= 5000
    assert data.startswith(b"head\n")
    assert data.endswith(b"tail\n")
    assert b"are left out here" in data


async def test_a_run_that_goes_on_shows_what_it_has_printed(
    works: Works,
) -> None:
    await works.add()
    await works.desk.admin.command("job run", job="nightly")
    await works.settle()
    (number,) = works.executor.going()
    empty = await works.desk.viewer.command("job log", job="nightly")
    assert "nothing is stored of its output" in empty.content
    works.executor.printed[number] = b"begun"
    answer = await works.desk.viewer.command("job log", job="nightly")
    assert "it goes on, since" in answer.content
    assert answer.message.files == {"nightly-1.txt": b"begun"}


async def test_what_has_no_log_says_so(works: Works) -> None:
    await works.add()
    await works.add("other")
    await works.desk.admin.command("job run", job="other")
    for more, words in (
        ({"job": "nightly"}, "nightly has not run yet"),
        ({"job": "nightly", "run": 1}, "nightly has no run 1; see `/job log`"),
        ({"job": "nightly", "run": 99}, "there is no run 99"),
        ({"job": "nix"}, "there is no job 'nix'"),
    ):
        answer = await works.desk.viewer.command("job log", **more)
        assert words in answer.text
        assert answer.is_ephemeral
