"""No colour is ever alone, and no two things look the same in a bar."""

from bot.core.kinds import IncidentStatus, Outcome
from bot.core.states import State
from bot.discord_ui import symbols


def test_every_state_and_outcome_has_an_emoji_of_its_own() -> None:
    assert list(symbols.STATES) == list(symbols.COLOURS) == list(State)
    assert set(symbols.OUTCOMES) == set(Outcome)
    assert list(symbols.STANDINGS) == list(IncidentStatus)
    for emoji in (symbols.STATES, symbols.OUTCOMES, symbols.STANDINGS):
        assert len(set(emoji.values())) == len(emoji)


def test_a_legend_explains_what_is_in_the_bar_only() -> None:
    outcomes = ["too_short", "ok", "ok"]
    assert symbols.bar(outcomes) == "✂️✅✅"
    assert symbols.legend(outcomes) == "✅ ok, ✂️ too short"
