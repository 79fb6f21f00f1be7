"""Runs that were asked about once more, and not started yet."""

from dataclasses import dataclass

#: the oldest is forgotten
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A run that somebody typed."""

    slug: str
    values: dict[str, str]
    #: of the command: a press that comes twice is one run
    key: str


class Questions:
    """In memory only: after a restart the command must be given again."""

    def __init__(self) -> None:
        self._open: dict[int, Wanted] = {}

    def add(self, asked_id: int, wanted: Wanted) -> None:
        """Ask about this."""
        self._open[asked_id] = wanted
        while len(self._open) > _MOST:
            oldest = next(iter(self._open))
            del self._open[oldest]

    def get(self, asked_id: int) -> Wanted | None:
        """What was asked about; None: it was answered, or is forgotten."""
        return self._open.get(asked_id)

    def take(self, asked_id: int) -> bool:
        """Whether this is the first answer."""
        return self._open.pop(asked_id, None) is not None
