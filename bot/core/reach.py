"""What a mute or planned work covers, and what its author may have meant."""

import difflib
from collections.abc import Callable, Iterable

from bot.core.states import View

#: names that are offered where none fits
_MOST = 3
_LIKENESS = 0.6
#: no more of a name is compared
_LONGEST = 100


def near(typed: str, known: Iterable[str]) -> list[str]:
    """The names that are most like it, whatever their case; the likeliest first."""
    by_key: dict[str, list[str]] = {}
    for name in known:
        by_key.setdefault(name[:_LONGEST].casefold(), []).append(name)
    wanted = typed[:_LONGEST].casefold()
    found = difflib.get_close_matches(wanted, by_key, n=_MOST, cutoff=_LIKENESS)
    return [name for key in found for name in by_key[key]][:_MOST]


def words(view: View, shown: Callable[[str], str]) -> str:
    """How many jobs it covers, or that it covers none; empty for a single job.

    `view` has `scope`, `target`, `jobs` and `near`; `shown` makes a name harmless.
    """
    scope = str(view["scope"])
    if scope == "job":
        return ""
    jobs = view["jobs"]
    if jobs or scope == "all":
        return f"it covers {jobs} job{'' if jobs == 1 else 's'}"
    said = f"no job has the {scope} {shown(str(view['target']))} now"
    meant = list(map(shown, view["near"]))
    return f"{said}: did you mean {' or '.join(meant)}?" if meant else said
