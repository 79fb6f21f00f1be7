"""One page of a long list: which one it is, and what is left of it meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.states import State
from bot.core.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which rows of a list a page has."""

    #: from 1; the nearest one that there is
    page: int
    #: 1 at the least: an empty list has an empty page
    pages: int
    offset: int


def window(total: int, page: int, size: int) -> Window:
    """The page that was asked for, or the last one if the list became shorter."""
    pages = max(1, -(-total // size))
    page = min(max(page, 1), pages)
    return Window(page=page, pages=pages, offset=(page - 1) * size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some entries of a list, in its order."""

    entries: Sequence[View]
    window: Window
    total: int


def of(found: Sequence[View], page: int, size: int) -> Page:
    """A page of a list that is there as a whole."""
    shown = window(len(found), page, size)
    entries = found[shown.offset : shown.offset + size]
    return Page(entries=entries, window=shown, total=len(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a list is of; None does not filter."""

    said: State | None = None
    tag: str | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, the worst first, and how many there are in all."""

    #: each with `recent`, the outcomes of its last slots, the newest last
    jobs: list[View]
    window: Window
    #: how many fit the filter
    total: int
    #: of all jobs of that tag and node, by the worst that is true of each
    counts: dict[State, int]
    filter: JobFilter = JobFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """Some incidents, the newest first."""

    incidents: list[View]
    window: Window
    #: how many fit the filter
    total: int
    #: whose they are; None: of all jobs
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some changes, the newest first."""

    entries: list[View]
    window: Window
    #: how many fit the filter
    total: int
