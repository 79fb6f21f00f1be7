"""How a job stands and what its slots became: a word, a symbol and a colour each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

View = Mapping[str, Any]


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


#: worst first: the order of a list
STATES = {
    "down": Look("✗", "x", "bold red"),
    "unknown": Look("?", "?", "magenta"),
    "failing": Look("!", "!", "yellow"),
    "late": Look("…", "~", "yellow"),
    "running": Look("▶", ">", "cyan"),
    "new": Look("○", "o", "blue"),
    "up": Look("✓", "+", "green"),
    "paused": Look("‖", "=", "bright_black"),
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
    "open": STATES["down"],
    "acknowledged": Look("◐", "o", "yellow"),
    "resolved": STATES["up"],
}


def word(job: View) -> str:
    """The worst that is true of a job; never `up` while something is the matter."""
    if job["status"] in ("down", "paused"):
        return str(job["status"])
    for derived in ("unknown", "failing", "late"):
        if job[derived]:
            return derived
    if job["status"] == "new":
        return "new"
    return "running" if job["running"] else "up"


def words(job: View) -> str:
    """The state in full: `down #12, running`, `failing 1/3`, `late, muted`."""
    worst = word(job)
    said = [_numbered(worst, job)]
    said += [
        each
        for each in ("failing", "late", "running")
        if job[each] and each != worst and job["status"] != "paused"
    ]
    if job["muted_until"]:
        said.append("muted")
    return ", ".join(said)


def _numbered(worst: str, job: View) -> str:
    if worst == "down" and job["incident"]:
        return f"down #{job['incident']}"
    if worst == "failing":
        return f"failing {job['failures_in_a_row']}/{job['failure_tolerance']}"
    return worst


def worst_first(jobs: Iterable[View]) -> list[View]:
    """Jobs in the order in which a person must look at them."""
    order = list(STATES)
    return sorted(jobs, key=lambda job: (order.index(word(job)), job["slug"]))


def counted(jobs: Iterable[View]) -> str:
    """`5 jobs: 1 down, 4 up`."""
    found = [word(job) for job in jobs]
    parts = [f"{found.count(state)} {state}" for state in STATES if state in found]
    plural = "" if len(found) == 1 else "s"
    return f"{len(found)} job{plural}: {', '.join(parts)}"


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
