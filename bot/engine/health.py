"""What is not well although the server goes on; whoever notices it says so here."""


class Health:
    """Faults by the part that has them, each in one line for a person."""

    def __init__(self) -> None:
        self._faults: dict[str, str] = {}

    def report(self, part: str, fault: str) -> None:
        """A part is not well; another fault takes the place of the one before."""
        self._faults[part] = fault

    def clear(self, part: str) -> None:
        """A part is well again."""
        self._faults.pop(part, None)

    def faults(self) -> dict[str, str]:
        """Every fault there is now, by part."""
        return dict(sorted(self._faults.items()))
