"""What is not well although the server goes on; whoever notices it says so here."""

from collections.abc import Callable

#: what is wrong with a part now; None: nothing
Question = Callable[[], str | None]


class Health:
    """Faults by the part that has them, each in one line for a person."""

    def __init__(self) -> None:
        self._faults: dict[str, str] = {}
        self._questions: dict[str, Question] = {}

    def report(self, part: str, fault: str) -> None:
        """A part is not well; another fault takes the place of the one before."""
        self._faults[part] = fault

    def clear(self, part: str) -> None:
        """A part is well again."""
        self._faults.pop(part, None)

    def ask(self, part: str, question: Question) -> None:
        """Ask this whenever the faults are wanted: what stands still cannot report."""
        self._questions[part] = question

    def faults(self) -> dict[str, str]:
        """Every fault there is now, by part."""
        found = dict(self._faults)
        for part, question in self._questions.items():
            fault = question()
            if fault is not None:
                found[part] = fault
        return dict(sorted(found.items()))
