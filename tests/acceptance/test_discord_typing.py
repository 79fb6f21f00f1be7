"""People type faster than anybody can look: each keystroke is answered all the same."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.with_discord import Home, at_home
from tests.benchmarks.bench_pings import resident_mb
from tests.discord_wire.interactions import Answer
from tests.discord_wire.people import Person

TYPISTS = 10
#: of each person, without waiting for an answer
TEXTS = ["", *("nightly-backup"[:n] for n in range(1, 15)), "nix"] * 3 + ["nightly"]


async def all_at_once(people: list[Person]) -> list[list[Answer]]:
    """The answers of each person's keystrokes, in the order in which they came."""

    async def keystrokes(person: Person) -> list[Answer]:
        typed = [person.autocomplete("job show", "job", text) for text in TEXTS]
        return list(await asyncio.gather(*typed))

    return list(await asyncio.gather(*map(keystrokes, people)))


def memory_mb(home: Home) -> float:
    """What the server has in memory."""
    assert home.server.process is not None
    return resident_mb(home.server.process.pid)


@pytest.mark.slow
async def test_keystrokes_are_answered_or_superseded(tmp_path: Path) -> None:
    async with at_home(tmp_path) as home:
        await home.add("nightly-backup")
        people = [home.discord.person(f"typist-{n}") for n in range(TYPISTS)]
        # a callback that does not come within three seconds would raise NoAnswer
        home.discord.rules.answer_within_s = 30
        await all_at_once(people)
        before = memory_mb(home)
        for answers in await all_at_once(people):
            assert len(answers) == len(TEXTS)
            offered = [[c["value"] for c in each.choices] for each in answers]
            assert offered[-1] == ["nightly-backup"]
            assert all(found in ([], ["nightly-backup"]) for found in offered)
        assert memory_mb(home) - before < 20
        assert "nothing can be offered" not in home.server.output()
