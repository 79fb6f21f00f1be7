"""The rows of a report's picture, gathered some jobs at a time: the worst are kept."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.core.kinds import JobId, Outcome
from bot.core.models import Job
from bot.core.summaries import MOST_ROWS, WORST_FIRST, Cell, Rest, Row

#: job, column, outcome and how often
Tally = tuple[int, int, str, int]

RANK = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}
#: what is no more than that nothing happened, or all went well
_PLAIN = frozenset({Outcome.OK, Outcome.MERGED, Outcome.SKIPPED})
#: ranks of what makes a job notable by itself; others come after these
DOWN, RECOVERED, UNLIKE_USUAL, PLAIN = range(4)

#: what a ping may have made of a slot or a run
_REPORTED = frozenset(
    {
        *(Outcome.OK, Outcome.LATE, Outcome.FAILED, Outcome.TOO_SHORT),
        *(Outcome.OVERRAN, Outcome.MERGED),
    }
)

_Cells = Counter[tuple[int, Outcome]]


@dataclass(frozen=True, slots=True)
class _Ranked:
    order: tuple[int, int, int, str]
    job: Job
    row: Row


class Board:
    """Takes the jobs of a period batch by batch; its size does not grow with them."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._kept: list[_Ranked] = []
        self._rest: _Cells = Counter()
        self._left_out = 0
        #: what became of everything
        self.outcomes: Counter[Outcome] = Counter()
        #: jobs with any outcome
        self.active = 0

    def add(
        self,
        jobs: Iterable[Job],
        tallies: Iterable[Tally],
        notable: Mapping[JobId, int],
    ) -> None:
        """Take these jobs with all their tallies; `notable` has ranks such as DOWN."""
        by_job: dict[int, _Cells] = {}
        for job_id, column, outcome, count in tallies:
            cells = by_job.setdefault(job_id, Counter())
            cells[column, Outcome(outcome)] += count
        for job in jobs:
            self._take(job, by_job.get(job.id, Counter()), notable.get(job.id, PLAIN))
        if len(self._kept) > 2 * self._most:
            self._shorten()

    def _take(self, job: Job, cells: _Cells, notable: int) -> None:
        bad = 0
        for (_, outcome), count in cells.items():
            self.outcomes[outcome] += count
            bad += count if outcome not in _PLAIN else 0
        self.active += bool(cells)
        worst = worst_of(outcome for _, outcome in cells)
        row = Row(
            slug=job.slug,
            label=job.label,
            cells=_listed(cells),
            worst=worst,
            is_interesting=notable < PLAIN or bad > 0,
        )
        # those that did nothing come last
        rank = len(RANK) if worst is None else RANK[worst]
        self._kept.append(_Ranked((notable, rank, -bad, job.slug), job, row))

    def _shorten(self) -> None:
        self._kept.sort(key=lambda each: each.order)
        for each in self._kept[self._most :]:
            for cell in each.row.cells:
                self._rest[cell.column, cell.outcome] += cell.count
        self._left_out += len(self._kept[self._most :])
        del self._kept[self._most :]

    def rows(self) -> list[tuple[Job, Row]]:
        """The rows that are kept, the worst first."""
        self._shorten()
        return [(each.job, each.row) for each in self._kept]

    def rest(self) -> Rest:
        """All other jobs together."""
        self._shorten()
        worst = worst_of(outcome for _, outcome in self._rest)
        return Rest(jobs=self._left_out, cells=_listed(self._rest), worst=worst)


def worst_of(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The worst of them; None of none."""
    return min(outcomes, key=RANK.__getitem__, default=None)


def _listed(cells: _Cells) -> tuple[Cell, ...]:
    """By column, and in a column the worst first."""
    ordered = sorted(cells.items(), key=lambda each: (each[0][0], RANK[each[0][1]]))
    return tuple(
        Cell(column=column, outcome=outcome, count=count)
        for (column, outcome), count in ordered
    )


def overlaid(
    row: Row, *, down: Iterable[int], maintained: Iterable[int], muted: Iterable[int]
) -> Row:
    """The row with the columns in which something held for the job."""
    return replace(
        row,
        down=tuple(sorted(set(down))),
        maintained=tuple(sorted(set(maintained))),
        muted=tuple(sorted(set(muted))),
    )


def with_lone_reports(known: Iterable[Tally], pings: Iterable[Tally]) -> list[Tally]:
    """What is known of jobs, and the reports that neither took a slot nor ended a run.

    `known` are their slots, and runs without one; `pings` say `ok` for a success and
    `failed` for a failure. Of a job only as many are lone as it has more of a verdict
    than is known of: they are put where most is missing, since a slot may stand in
    another column than the ping that took it.
    """
    found = list(known)
    missing: dict[tuple[int, bool], Counter[int]] = {}
    for job_id, column, outcome, count in pings:
        cells = missing.setdefault((job_id, outcome == Outcome.FAILED), Counter())
        cells[column] += count
    surplus = {key: cells.total() for key, cells in missing.items()}
    for job_id, column, outcome, count in found:
        key = job_id, outcome == Outcome.FAILED
        if key in missing and outcome in _REPORTED:
            missing[key][column] -= count
            surplus[key] -= count
    for (job_id, is_failed), cells in missing.items():
        left = surplus[job_id, is_failed]
        for column, count in cells.most_common():
            lone = min(count, left)
            if lone <= 0:
                break
            outcome = Outcome.FAILED if is_failed else Outcome.OK
            found.append((job_id, column, outcome, lone))
            left -= lone
    return found
