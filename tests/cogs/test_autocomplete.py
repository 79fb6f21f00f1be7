"""What is offered while somebody types: quick, short, and never an error."""

import asyncio
from typing import Any

import pytest

from cogs import _autocomplete
from tests.cogs.desk import Desk

ODD = [
    "",
    " ",
    "x" * 5000,
    "😀" * 2500,
    "\u202eאבג\u200f",
    "'; DROP TABLE jobs; --",
    "%_*?[",
    "a\x00b",
    "\ud800",
    "#",
    "#" * 50,
    "9" * 400,
    "²",
]
COMPLETED = [
    ("job show", "job"),
    ("job pause", "job"),
    ("job resume", "job"),
    ("job mute", "job"),
    ("job mute", "for"),
    ("job unmute", "job"),
    ("job run", "job"),
    ("job run", "params"),
    ("job cancel", "job"),
    ("job log", "job"),
    ("job log", "run"),
    ("incident ack", "incident"),
    ("incident ack", "for"),
]


async def offered(at_desk: Desk, command: str, option: str, typed: str) -> list[str]:
    """The labels."""
    answer = await at_desk.viewer.autocomplete(command, option, typed)
    return [str(choice["name"]) for choice in answer.choices]


async def test_jobs_are_offered_with_how_they_stand(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h", name="Nightly *copy*")
    await at_desk.house.add("db-backup", every="1h")
    await at_desk.house.ping("db-backup", "fail")
    found = await at_desk.viewer.autocomplete("job show", "job", "Backup")
    assert found.choices == [
        {"name": "backup (Nightly *copy*) · new", "value": "backup"},
        {"name": "db-backup · down", "value": "db-backup"},
    ]


async def test_a_command_offers_what_it_is_for(at_desk: Desk) -> None:
    for slug in ("a", "b", "c"):
        await at_desk.house.add(slug, every="1h")
    hour: dict[str, Any] = {"for": "1h"}
    await at_desk.admin.command("job pause", job="a")
    await at_desk.admin.command("job mute", job="b", **hour)
    assert await offered(at_desk, "job resume", "job", "") == ["a · paused"]
    assert await offered(at_desk, "job unmute", "job", "") == ["b · new"]
    assert len(await offered(at_desk, "job pause", "job", "")) == 3


async def test_no_more_than_discord_takes_and_no_label_too_long(at_desk: Desk) -> None:
    for n in range(30):
        slug = f"{n:02}{'x' * 98}"
        await at_desk.house.add(slug, every="1h", name="😀" * 60)
        await at_desk.house.ping(slug, "fail")
    names = await offered(at_desk, "job show", "job", "")
    assert len(names) == 25
    assert all(name.endswith("… · down") for name in names)
    assert len(await offered(at_desk, "incident ack", "incident", "")) == 25


async def test_incidents_are_offered_in_words(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.ping("backup", "fail")
    for typed in ("", "#1", "1", "back"):
        found = await at_desk.viewer.autocomplete("incident ack", "incident", typed)
        assert found.choices == [{"name": "#1 backup failed", "value": "1"}]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["1h", "4h", "24h", "until recovery"]),
        ("4", ["4h"]),
        ("Until", ["until recovery"]),
        ("90m", ["1h30m"]),
        ("90d", []),
        ("recovery", []),
        ("soon", []),
    ],
)
async def test_lengths_of_a_mute(
    at_desk: Desk, typed: str, expected: list[str]
) -> None:
    found = await at_desk.viewer.autocomplete("job mute", "for", typed)
    assert [choice["value"] for choice in found.choices] == expected


async def test_lengths_of_an_acknowledgement(at_desk: Desk) -> None:
    found = await at_desk.viewer.autocomplete("incident ack", "for", "")
    assert [choice["value"] for choice in found.choices] == ["1h", "4h", "24h"]


@pytest.mark.parametrize(("command", "option"), COMPLETED)
async def test_odd_input_is_no_error(
    at_desk: Desk, command: str, option: str, caplog: pytest.LogCaptureFixture
) -> None:
    await at_desk.house.add("backup", every="1h")
    await at_desk.house.ping("backup", "fail")
    for typed in ODD:
        found = await at_desk.viewer.autocomplete(command, option, typed)
        assert len(found.choices) <= 25
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    ("command", "option", "asked"),
    [
        ("job show", "job", "jobs_like"),
        ("incident ack", "incident", "incidents_like"),
    ],
)
async def test_an_error_offers_nothing_and_is_logged(
    at_desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    command: str,
    option: str,
    asked: str,
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(at_desk.house.engine.reads, asked, broken)
    assert await offered(at_desk, command, option, "b") == []
    assert "boom" in caplog.text


async def test_an_answer_that_takes_too_long_offers_nothing(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(_autocomplete, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(at_desk.house.engine.reads, "jobs_like", hanging)
    assert await offered(at_desk, "job show", "job", "b") == []
