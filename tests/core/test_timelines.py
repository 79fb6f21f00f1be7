"""The rows of a picture: the worst are kept, the others are added up."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.core import timelines
from bot.core.kinds import JobId, Outcome
from bot.core.models import Job
from bot.core.summaries import Cell, Row
from bot.core.timelines import DOWN, RECOVERED, UNLIKE_USUAL, Board, Tally
from tests.core.factories import job


def named(number: int, slug: str = "") -> Job:
    """A job of that number."""
    made = job(slug=slug or f"job-{number:03}", name="")
    return replace(made, id=JobId(number))


def test_cells_are_by_column_and_in_one_the_worst_first() -> None:
    board = Board()
    tallies: list[Tally] = [(1, 5, "ok", 3), (1, 5, "missed", 1), (1, 2, "late", 1)]
    board.add([named(1, "backup")], tallies, {})
    ((found, row),) = board.rows()
    assert found.id == 1
    assert row == Row(
        slug="backup",
        label="backup",
        cells=(
            Cell(column=2, outcome=Outcome.LATE, count=1),
            Cell(column=5, outcome=Outcome.MISSED, count=1),
            Cell(column=5, outcome=Outcome.OK, count=3),
        ),
        worst=Outcome.MISSED,
        is_interesting=True,
    )
    assert board.outcomes == {Outcome.OK: 3, Outcome.MISSED: 1, Outcome.LATE: 1}
    assert board.active == 1


def test_the_worst_comes_first_and_what_did_nothing_last() -> None:
    board = Board()
    tallies: list[Tally] = [
        (1, 0, "ok", 9),
        (2, 0, "failed", 1),
        (3, 0, "failed", 2),
        (4, 0, "lost", 1),
        (6, 0, "ok", 1),
        (7, 0, "ok", 1),
        (8, 0, "ok", 1),
    ]
    notable = {
        JobId(6): DOWN,
        JobId(7): RECOVERED,
        JobId(8): UNLIKE_USUAL,
    }
    board.add([named(n) for n in range(1, 9)], tallies, notable)
    order = [row.slug for _, row in board.rows()]
    assert order == [f"job-00{n}" for n in (6, 7, 8, 4, 3, 2, 1, 5)]
    rows = [row for _, row in board.rows()]
    assert [row.is_interesting for row in rows] == [True] * 6 + [False] * 2
    assert rows[-1].worst is None
    assert board.active == 7


def test_what_has_no_row_is_added_up() -> None:
    board = Board(most=2)
    for n in range(1, 8):
        board.add([named(n)], [(n, n % 2, "failed" if n == 4 else "ok", n)], {})
    assert [row.slug for _, row in board.rows()] == ["job-004", "job-001"]
    rest = board.rest()
    assert rest.jobs == 5
    assert rest.worst is Outcome.OK
    assert rest.cells == (
        Cell(column=0, outcome=Outcome.OK, count=2 + 6),
        Cell(column=1, outcome=Outcome.OK, count=3 + 5 + 7),
    )
    assert board.outcomes == {Outcome.OK: 24, Outcome.FAILED: 4}


def test_of_nothing_there_is_no_worst() -> None:
    assert timelines.worst_of([]) is None
    assert Board().rest().worst is None


def test_what_held_for_a_job_is_laid_over_its_row() -> None:
    row = timelines.overlaid(
        Row(slug="a", label="a"), down=[3, 2, 3], maintained=[5], muted=range(2)
    )
    assert (row.down, row.maintained, row.muted) == ((2, 3), (5,), (0, 1))


def test_a_ping_that_ended_a_run_is_not_counted_again() -> None:
    known: list[Tally] = [(1, 0, "ok", 2), (1, 0, "late", 1), (1, 1, "failed", 1)]
    pings: list[Tally] = [
        (1, 0, "ok", 5),
        (1, 1, "failed", 1),
        (2, 0, "failed", 2),
        (1, 1, "ok", 1),
    ]
    assert timelines.with_lone_reports(known, pings) == [
        *known,
        (1, 0, "ok", 2),
        (1, 1, "ok", 1),
        (2, 0, "failed", 2),
    ]


def test_a_ping_that_took_a_slot_of_the_hour_before_is_not_counted_again() -> None:
    known: list[Tally] = [(1, 0, "ok", 1), (1, 4, "missed", 9), (1, 5, "failed", 1)]
    pings: list[Tally] = [(1, 1, "ok", 1), (1, 6, "failed", 2), (1, 7, "failed", 1)]
    assert timelines.with_lone_reports(known, pings) == [*known, (1, 6, "failed", 2)]
    assert timelines.with_lone_reports(known, pings[:1]) == known


tallies = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.integers(0, 24),
        st.sampled_from([str(each) for each in Outcome]),
        st.integers(1, 5),
    ),
    max_size=80,
)


@given(tallies, st.integers(1, 12), st.integers(1, 10))
def test_in_batches_of_any_size_it_is_the_same(
    found: list[Tally], most: int, size: int
) -> None:
    jobs = [named(n) for n in range(1, 31)]
    whole, parts = Board(most), Board(most)
    whole.add(jobs, found, {JobId(3): DOWN})
    for first in range(0, len(jobs), size):
        batch = jobs[first : first + size]
        ids = {each.id for each in batch}
        mine = [tally for tally in found if tally[0] in ids]
        parts.add(batch, mine, {JobId(3): DOWN})
    assert parts.rows() == whole.rows()
    assert parts.rest() == whole.rest()
    assert parts.outcomes == whole.outcomes
    assert len(whole.rows()) == most
    cells = [cell for _, row in whole.rows() for cell in row.cells]
    counted = sum(cell.count for cell in (*cells, *whole.rest().cells))
    assert counted == sum(count for *_, count in found)
