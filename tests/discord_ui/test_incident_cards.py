"""An incident with its story: within the limits, whatever its words are."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord_ui import incident_cards, text
from tests.cli.factories import at, event, incident
from tests.discord_ui import sizes
from tests.discord_ui.hostile import check_harmless, pieces, strangers


def view(**changes: Any) -> dict[str, Any]:
    """An open incident as the API gives it."""
    return {**incident(), "around": [], **changes}


def story(count: int, said: str = "missed") -> list[dict[str, Any]]:
    """So many lines."""
    return [{**event(), "at": at(number), "text": said} for number in range(count)]


def test_a_short_story_is_told_whole() -> None:
    embed = incident_cards.card(view(story=story(5)))
    (field,) = embed.fields
    assert field.name == "Story"
    assert len(str(field.value).splitlines()) == 5


def test_of_a_long_story_beginning_and_end_are_told() -> None:
    embed = incident_cards.card(view(story=story(40)))
    lines = str(embed.fields[-1].value).splitlines()
    middle = next(line for line in lines if line.startswith("…"))
    assert lines.index(middle) == 3
    told = len(lines) - 1
    assert middle == f"… {40 - told} more …"
    assert text.length(str(embed.fields[-1].value)) <= text.FIELD_VALUE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"count": 3}, "3 bad, the last <t:"),
        ({"resolution": "resolved by ada"}, "resolved by ada"),
        ({"next_sound_at": at(60)}, "may sound again <t:"),
        ({"due_at": at(0)}, "due <t:"),
    ],
)
def test_what_is_known_is_said(changes: dict[str, Any], said: str) -> None:
    assert said in str(incident_cards.card(view(**changes)).description)


def test_what_was_around_it_is_a_list() -> None:
    embed = incident_cards.card(view(around=["It ran for 3 s.", "It was late."]))
    assert embed.fields[0].value == "• It ran for 3 s.\n• It was late."


@settings(max_examples=60, deadline=None)
@given(words=st.lists(strangers | st.text(max_size=5000), min_size=3, max_size=3))
def test_no_words_break_a_limit_or_mention_anybody(words: list[str]) -> None:
    shown = view(
        summary=words[0],
        note=words[1],
        resolution=words[2],
        around=words * 10,
        story=[{**event(), "text": words[2], "actor": words[0]} for _ in range(30)],
    )
    embed = incident_cards.card(shown)
    sizes.check(embed)
    for said in pieces(embed).values():
        check_harmless(said)
