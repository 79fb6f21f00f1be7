"""The whole of it at a glance."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import discord

from bot.core.states import State
from bot.discord_ui import reports, symbols
from tests.cli.factories import at
from tests.discord_ui import sizes


def overview(
    faults: Mapping[str, str] = MappingProxyType({}), **changes: Any
) -> discord.Embed:
    """A report of a quiet day."""
    view: dict[str, Any] = {
        "states": {State.UP: 3},
        "incidents": {"open": 0, "acknowledged": 0},
        "mutes": [],
        "backlog": {},
        "version": "0.2.0",
        "started_at": at(),
    }
    return reports.overview(view | changes, "connected", faults)


def fields(embed: discord.Embed) -> dict[str | None, str | None]:
    """What stands under each name."""
    return {field.name: field.value for field in embed.fields}


def test_a_quiet_day() -> None:
    embed = overview()
    assert embed.title == "🟢 3 jobs: 3 up"
    assert fields(embed) == {
        "Incidents": "none",
        "Muted": "nothing",
        "Waiting to be delivered": "nothing",
        "Discord": "connected",
        "Server": "0.2.0, since <t:1769860800:f> (<t:1769860800:R>)",
    }


def test_a_bad_day() -> None:
    mute = {
        "scope": "tag",
        "target": "@everyone",
        "created_by": "bob (cli)",
        "until_at": at(60),
        "until_recovery": False,
    }
    embed = overview(
        states={State.UP: 1, State.DOWN: 2},
        incidents={"open": 1, "acknowledged": 1},
        mutes=[mute] * 7,
        backlog={"log": 3, "discord": 1},
    )
    assert embed.title == "🔴 3 jobs: 2 down, 1 up"
    assert embed.colour == symbols.COLOURS[State.DOWN]
    shown = fields(embed)
    assert shown["Incidents"] == "1 open, 1 acknowledged"
    assert shown["Waiting to be delivered"] == "3 for log, 1 for discord"
    muted = (shown["Muted"] or "").splitlines()
    assert muted[0] == "tag @\u200beveryone, by bob (cli), until <t:1769860860:R>"
    assert (len(muted), muted[-1]) == (6, "and 2 more")


def test_what_is_not_well_is_said() -> None:
    embed = overview({"channel": "it is gone", "*": "@everyone"})
    assert fields(embed)["Not well"] == (
        "⚠️ channel: it is gone\n⚠️ \\*: @\u200beveryone"
    )


def test_without_jobs_nothing_is_bad() -> None:
    embed = overview(states={})
    assert embed.title == "🟢 no jobs"


def test_a_hostile_report_fits() -> None:
    mute = {
        "scope": "tag",
        "target": "*" * 100,
        "created_by": "`" * 100,
        "until_at": at(60),
        "until_recovery": True,
    }
    sizes.check(
        overview(
            {"*" * 200: "`" * 2000}, mutes=[mute] * 1000, backlog={"_" * 50: 10**9}
        )
    )
