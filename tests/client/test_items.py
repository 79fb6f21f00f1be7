"""Every custom id is of one item alone: discord.py calls all that match."""

import importlib
from typing import Any

import pytest

from bot.client import client
from bot.discord_ui import buttons, questions, run_buttons, storm_buttons

ITEMS: list[Any] = [
    *(*buttons.ITEMS, *questions.ITEMS, *run_buttons.ITEMS, *storm_buttons.ITEMS),
    *(
        item
        for name in client.COGS
        for item in getattr(importlib.import_module(name), "ITEMS", ())
    ),
]
TOKENS = ("1234567890123456", "12345678901234ab", "abcdefabcdefabcd", "7")
WORDS = ("ack", "why", "mute", "unmute", "output", "again", "back", "sure")


def _taking(custom_id: str) -> list[str]:
    return [
        item.__name__
        for item in ITEMS
        if item.__discord_ui_compiled_template__.fullmatch(custom_id)
    ]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("token", TOKENS)
def test_a_custom_id_is_of_one_item_at_the_most(word: str, token: str) -> None:
    assert len(_taking(f"cronitor:{word}:{token}")) <= 1


@pytest.mark.parametrize("token", TOKENS[:3])
def test_every_form_has_its_way_back(token: str) -> None:
    custom_id = questions.Again(token).custom_id
    assert _taking(custom_id) == ["Again"]


def test_the_buttons_of_older_messages_go_where_they_went() -> None:
    assert _taking("cronitor:again:17") == ["RunAgain"]
    assert _taking("cronitor:again:12345678901234ab") == ["Again"]
