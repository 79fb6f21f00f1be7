"""Colour, word and emoji of an incident, each with its own."""

import pytest

from bot.discord_ui import looks
from bot.discord_ui.looks import Look
from tests.core.factories import HOUR, Act
from tests.discord_ui.factories import card, missed

ALL = [
    looks.OPEN,
    looks.ACKNOWLEDGED,
    looks.MUTED,
    looks.PAUSED,
    looks.RESOLVED,
    looks.UNHEARD,
]


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([], looks.OPEN),
        ([lambda life: life.acknowledge()], looks.ACKNOWLEDGED),
        ([lambda life: life.mute(HOUR)], looks.MUTED),
        ([lambda life: life.pause()], looks.PAUSED),
        ([lambda life: life.success()], looks.RESOLVED),
        (
            [lambda life: life.acknowledge(), lambda life: life.mute(HOUR)],
            looks.MUTED,
        ),
        ([lambda life: life.mute(HOUR), lambda life: life.pause()], looks.PAUSED),
        ([lambda life: life.mute(HOUR), lambda life: life.success()], looks.RESOLVED),
        ([lambda life: life.acknowledge(), lambda life: life.fail()], looks.OPEN),
    ],
)
def test_the_strongest_thing_that_is_true_shows(
    acts: list[Act], expected: Look
) -> None:
    life = missed()
    for act in acts:
        act(life)
    assert looks.of(card(life)) is expected


def test_no_two_looks_share_a_word_or_an_emoji() -> None:
    assert len({look.word for look in ALL}) == len(ALL)
    assert len({look.emoji for look in ALL}) == len(ALL)


def test_open_acknowledged_and_resolved_have_colours_of_their_own() -> None:
    colours = {look.colour for look in (looks.OPEN, looks.ACKNOWLEDGED, looks.RESOLVED)}
    assert len(colours) == 3
    assert looks.MUTED.colour == looks.PAUSED.colour
    assert looks.MUTED.colour not in colours
