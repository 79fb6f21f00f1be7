"""How a state and an outcome look on a terminal: a symbol and a colour each."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.states import State


@dataclass(frozen=True, slots=True)
class Look:
    """A word is never shown by colour alone: a symbol goes with it."""

    symbol: str
    #: for a terminal that has no more than ASCII
    ascii: str
    colour: str

    def mark(self, *, ascii_only: bool) -> str:
        """The symbol that the terminal can show."""
        return self.ascii if ascii_only else self.symbol


STATES = {
    State.DOWN: Look("✗", "x", "bold red"),
    State.UNKNOWN: Look("?", "?", "magenta"),
    State.FAILING: Look("!", "!", "yellow"),
    State.LATE: Look("…", "~", "yellow"),
    State.RUNNING: Look("▶", ">", "cyan"),
    State.NEW: Look("○", "o", "blue"),
    State.UP: Look("✓", "+", "green"),
    State.PAUSED: Look("‖", "=", "bright_black"),
}

OUTCOMES = {
    "ok": Look("✓", "+", "green"),
    "late": Look("…", "~", "yellow"),
    "missed": Look("_", "_", "red"),
    "failed": Look("✗", "x", "red"),
    "overran": Look("»", ">", "red"),
    "too_short": Look("«", "<", "red"),
    "lost": Look("!", "!", "red"),
    "unknown": Look("?", "?", "magenta"),
    "skipped": Look("·", ".", "bright_black"),
    "suppressed": Look("‖", "=", "bright_black"),
    "merged": Look("·", ".", "bright_black"),
}

#: how the status of an incident looks
STANDINGS = {
    "open": STATES[State.DOWN],
    "acknowledged": Look("◐", "o", "yellow"),
    "resolved": STATES[State.UP],
}


def outcome_look(outcome: str | None) -> Look:
    """The look of an outcome, also of one that this version does not know."""
    return OUTCOMES.get(outcome or "", OUTCOMES["unknown"])


def legend(outcomes: Iterable[str], *, ascii_only: bool) -> str:
    """What the symbols of a bar mean, as far as they are in it."""
    found = set(outcomes)
    return "  ".join(
        f"{look.mark(ascii_only=ascii_only)} {outcome.replace('_', ' ')}"
        for outcome, look in OUTCOMES.items()
        if outcome in found
    )
