"""A look is never a colour alone."""

from collections.abc import Mapping

import pytest

from bot.cli import looks


@pytest.mark.parametrize("found", [looks.STATES, looks.OUTCOMES, looks.STANDINGS])
def test_every_look_has_a_symbol_for_a_poor_terminal(
    found: Mapping[str, looks.Look],
) -> None:
    assert all(
        look.ascii.isascii() and len(look.symbol) == 1 for look in found.values()
    )


def test_states_differ_by_their_symbols_and_not_only_by_colour() -> None:
    for ascii_only in (False, True):
        marks = [look.mark(ascii_only=ascii_only) for look in looks.STATES.values()]
        assert len(set(marks)) == len(marks)


def test_a_legend_explains_what_is_in_the_bar_only() -> None:
    assert looks.legend(["ok", "too_short", "ok"], ascii_only=True) == (
        "+ ok  < too short"
    )


def test_an_outcome_of_a_newer_server_is_shown_as_unknown() -> None:
    assert looks.outcome_look("invented") == looks.OUTCOMES["unknown"]
