"""What stands below the bot's name."""

from typing import Any

import discord
import pytest

from bot.client import presence


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ({"new": 0, "up": 0, "down": 0, "paused": 0}, "0 jobs"),
        ({"new": 1, "up": 0, "down": 0, "paused": 0}, "1 job"),
        ({"new": 1, "up": 40, "down": 0, "paused": 1}, "42 jobs"),
        ({"new": 1, "up": 39, "down": 1, "paused": 1}, "42 jobs, 1 failing"),
    ],
)
def test_it_counts_the_jobs_and_those_that_fail(
    jobs: dict[str, Any], said: str
) -> None:
    assert presence.text({"jobs": jobs}) == said


def test_discord_says_watching_in_front_of_it() -> None:
    shown = presence.activity("42 jobs")
    assert shown.type is discord.ActivityType.watching
    assert shown.name == "42 jobs"
