"""The first screen says what is on, what is off, where things are, and what is next."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Started
from bot.cli.banner import first_screen

STARTED = Started(
    url="http://127.0.0.1:8787",
    data_dir=Path("/data"),
    database=Path("/data/cronitor.db"),
    durability="full",
    config_path=None,
    jobs=0,
    api=False,
    webhook=False,
    discord="off",
    version="1.2.3",
)


def screen(started: Started, options: str = "", *, ascii_only: bool = False) -> str:
    return "\n".join(first_screen(started, options=options, ascii_only=ascii_only))


def test_without_settings_it_says_how_to_turn_on_what_is_off() -> None:
    assert screen(STARTED) == (
        """\
Cronitor 1.2.3 is up

  ✓ on   receiver   http://127.0.0.1:8787/ping/... takes the pings of jobs
  ✓ on   store      /data/cronitor.db
                    durability full: an answered ping survives a power cut
  ✓ on   log        incidents are told here
  · off  webhook    set notify.webhook_url in the settings
  · off  HTTP API   set api.key in the settings
  · off  Discord    set discord.token in the settings: docs/discord-setup.md

  data      /data
  settings  /data/config.toml, as soon as there is one

There are no jobs yet. Next, in another terminal:
  cronitor job add backup --every 1d

Ctrl-C stops it."""
    )


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"webhook": True}, "✓ on   webhook    notify.webhook_url"),
        ({"api": True}, "✓ on   HTTP API   with api.key, at /v1"),
        ({"discord": "on"}, "✓ on   Discord    connecting"),
        ({"discord": "nowhere"}, "type /setup there"),
        ({"durability": "normal"}, "a power cut may lose the last seconds"),
        ({"config_path": Path("/etc/c.toml")}, "settings  /etc/c.toml"),
        ({"jobs": 1}, "1 job watched. Next, in another terminal:\n  cronitor job list"),
        ({"jobs": 2}, "2 jobs watched."),
    ],
)
def test_it_says_what_is_different(change: dict[str, object], line: str) -> None:
    assert line in screen(replace(STARTED, **change))  # type: ignore[arg-type]


def test_the_next_command_finds_this_server() -> None:
    assert "  cronitor --data-dir /data job add" in screen(STARTED, "--data-dir /data ")


def test_a_poor_terminal_gets_ascii_in_eighty_columns() -> None:
    shown = screen(STARTED, ascii_only=True)
    assert shown.isascii()
    assert max(map(len, shown.splitlines())) <= 80


def test_the_next_command_is_the_one_that_the_shell_finds() -> None:
    lines = first_screen(
        STARTED, options="", program=".venv/bin/cronitor", ascii_only=False
    )
    assert "  .venv/bin/cronitor job add backup --every 1d" in lines
