"""Run again and Output: who may, what is said, and that nothing gets out of them."""

from typing import Any

import discord
import pytest

from bot.core.kinds import IncidentId
from bot.core.roles import Grade
from bot.discord_ui import run_buttons, runs, text
from bot.errors import Conflict, CronitorError, NotFound
from tests.discord_ui.standins import (
    ADMINS,
    GONE,
    OPERATORS,
    Engine,
    Press,
    member,
    refused,
)

ONE = IncidentId(12)
KINDS = {
    "cronitor:again:12": run_buttons.RunAgain,
    "cronitor:output:12": run_buttons.Output,
}


async def found(custom_id: str) -> Any:
    """The item that a press on an old message leads to, as discord.py finds it."""
    [(kind, match)] = [
        (kind, match)
        for kind in run_buttons.ITEMS
        if (match := kind.__discord_ui_compiled_template__.fullmatch(custom_id))
    ]
    base = discord.ui.Button[discord.ui.View](custom_id=custom_id)
    return await kind.from_custom_id(Press(Engine()).interaction, base, match)


async def press(custom_id: str, engine: Engine, **fields: Any) -> Press:
    item, pressed = await found(custom_id), Press(engine, **fields)
    assert await item.interaction_check(pressed.interaction)
    await item.callback(pressed.interaction)
    return pressed


@pytest.mark.parametrize("custom_id", KINDS)
async def test_a_custom_id_leads_to_its_item(custom_id: str) -> None:
    item = await found(custom_id)
    assert isinstance(item, KINDS[custom_id])
    assert item.custom_id == custom_id
    assert item.is_persistent()


@pytest.mark.parametrize(
    ("grade", "role", "words"),
    [
        (Grade.VIEWER, 0, ""),
        (Grade.OPERATOR, OPERATORS, ""),
        (Grade.OPERATOR, 0, "for the grade operator"),
        (Grade.ADMIN, OPERATORS, "for the grade admin"),
        (Grade.ADMIN, ADMINS, ""),
        (None, ADMINS, "is started on the server only"),
    ],
)
async def test_the_job_says_who_may_run_it(
    grade: Grade | None, role: int, words: str
) -> None:
    engine = Engine()
    engine.trigger_grade = grade
    pressed = await press("cronitor:again:12", engine, user=member(role))
    if words:
        (told,) = pressed.contents
        assert told.startswith("⛔")
        assert words in told
        assert engine.asked == []
    else:
        assert engine.asked == [("run_again", 12, "ann (discord)")]
    for errand in engine.errands:
        errand.close()


async def test_everybody_reads_who_pressed_and_how_it_ended() -> None:
    engine = Engine()
    pressed = await press("cronitor:again:12", engine)
    assert pressed.order == ["defer", "follow up"]
    (said,) = pressed.said
    assert said["content"] == "▶️ **nightly** run #7 started by ann"
    assert "ephemeral" not in said
    assert said["allowed_mentions"].to_dict() == {"parse": []}
    (errand,) = engine.errands
    await errand
    edit = pressed.message.edit.call_args.kwargs
    assert edit["content"] == "✅ **nightly** run #7, started by ann: ok after 3 s"
    assert edit["allowed_mentions"].to_dict() == {"parse": []}


async def test_who_comes_second_is_told_who_was_first() -> None:
    engine = Engine()
    engine.is_new = False
    pressed = await press("cronitor:again:12", engine)
    assert pressed.contents == [
        "▶️ **nightly** run #7 was started by ann (discord) already: "
        "it waits for its turn"
    ]
    assert engine.errands == []


@pytest.mark.parametrize("custom_id", KINDS)
async def test_an_error_is_told_to_whoever_pressed(custom_id: str) -> None:
    engine = Engine(raises=Conflict("nightly is not started: @everyone"))
    pressed = await press(custom_id, engine)
    (told,) = pressed.contents
    assert told == f"⚠️ nightly is not started: @{text.BREAK}everyone"


@pytest.mark.parametrize("exc", [NotFound("no such run"), refused(GONE)])
async def test_an_end_that_cannot_be_told_is_left_untold(exc: Exception) -> None:
    engine = Engine()
    pressed = await press("cronitor:again:12", engine)
    if isinstance(exc, CronitorError):
        engine.raises = exc
    pressed.message.edit.side_effect = exc
    (errand,) = engine.errands
    await errand


async def test_the_output_is_for_one_person_as_a_file() -> None:
    engine = Engine()
    pressed = await press("cronitor:output:12", engine, user=member())
    assert pressed.order == ["defer, thinking", "follow up"]
    (told,) = pressed.contents
    assert told == ("📄 **nightly** run #7: it waits for its turn\n```\nline\n```")
    file = pressed.said[0]["file"]
    assert file.filename == "nightly-7.txt"
    assert file.fp.read() == b"line\n"


async def test_no_output_is_no_file() -> None:
    engine = Engine()
    engine.output = "\n"
    pressed = await press("cronitor:output:12", engine)
    assert "file" not in pressed.said[0]
    assert "nothing is stored of its output" in pressed.contents[0]


@pytest.mark.parametrize(
    ("output", "limit"), [("é" * 50_000, 1000), ("a\n" * 50_000, 999)]
)
async def test_no_file_is_larger_than_discord_takes(output: str, limit: int) -> None:
    engine = Engine()
    engine.output = output
    item, pressed = await found("cronitor:output:12"), Press(engine)
    pressed.interaction.filesize_limit = limit
    await item.callback(pressed.interaction)
    data = pressed.said[0]["file"].fp.read()
    assert len(data) <= limit
    assert "are left out here" in data.decode()
    assert text.length(pressed.contents[0]) <= text.CONTENT


ENDINGS: list[tuple[dict[str, Any], str]] = [
    ({}, "it waits for its turn"),
    ({"started_at": "2026-11-23T03:00:00Z"}, "it goes on, since <t:1795402800:R>"),
    ({"end": "ok", "duration": 61.0}, "ok after 1 min 1 s"),
    (
        {"end": "failed", "exit_status": 3, "duration": 2.0},
        "failed, exit code 3 after 2 s",
    ),
    ({"end": "failed", "signal": 9}, "failed, signal 9"),
    (
        {"end": "not_started", "reason": "no *such* file"},
        "not started: no \\*such\\* file",
    ),
    (
        {"end": "cancelled", "signal": 15, "cancelled_by": "bob (cli)"},
        "cancelled by bob (cli)",
    ),
    ({"end": "ok", "attempt": 2}, "ok, attempt 2"),
]


@pytest.mark.parametrize(("fields", "words"), ENDINGS)
def test_each_end_has_its_words(fields: dict[str, Any], words: str) -> None:
    assert runs.ending(Engine().run | fields) == words


async def test_what_a_ping_sent_is_named_after_its_incident() -> None:
    engine = Engine()
    engine.run = {"job": "nightly", "incident": 12}
    pressed = await press("cronitor:output:12", engine, user=member())
    assert pressed.contents == [
        "📄 **nightly** incident #12: what the newest ping sent\n```\nline\n```"
    ]
    assert pressed.said[0]["file"].filename == "nightly-incident-12.txt"
