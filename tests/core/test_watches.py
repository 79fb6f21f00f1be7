"""Changes of files: joined, told, and whose doing they are."""

from datetime import timedelta

from bot.core import watches
from bot.core.executions import Execution, ExecutionId, Stage, Trigger
from bot.core.kinds import JobId
from bot.core.watches import Change
from tests.core.factories import T0

SECOND = timedelta(seconds=1)
SETTLE = 2 * SECOND


def change(at: float, *paths: str, own: bool = False) -> Change:
    """Noticed so many seconds after T0."""
    moment = T0 + at * SECOND
    return Change(
        since=moment,
        at=moment,
        root="/in",
        paths=paths or ("/in/a",),
        count=len(paths) or 1,
        is_own=own,
    )


def run(begun: float | None, ended: float | None, stage: Stage) -> Execution:
    """One that began and ended so many seconds after T0."""
    return Execution(
        id=ExecutionId(1),
        job_id=JobId(1),
        key="k",
        trigger=Trigger.WATCH,
        stage=stage,
        queued_at=T0,
        ready_at=T0,
        started_at=None if begun is None else T0 + begun * SECOND,
        ended_at=None if ended is None else T0 + ended * SECOND,
        rid="r",
    )


def test_changes_are_joined_with_each_path_once() -> None:
    assert watches.joined(None, change(0)) == change(0)
    both = watches.joined(change(0, "/in/a"), change(1, "/in/a", "/in/b"))
    assert (both.since, both.at) == (T0, T0 + SECOND)
    assert (both.paths, both.count) == (("/in/a", "/in/b"), 2)


def test_of_very_many_paths_the_first_are_kept_and_all_counted() -> None:
    many = [f"/in/{n}" for n in range(150)]
    both = watches.joined(change(0, *many[:100]), change(1, *many[50:]))
    assert both.paths == tuple(many[:100])
    assert both.count == 150


def test_it_is_its_own_doing_only_if_all_of_it_is() -> None:
    own, other = change(0, own=True), change(0)
    assert watches.joined(own, own).is_own
    assert not watches.joined(own, other).is_own


def test_it_is_told_once_it_is_quiet_or_after_a_minute() -> None:
    first = change(0)
    assert watches.told_at(first, SETTLE) == T0 + SETTLE
    for at in range(1, 100):
        first = watches.joined(first, change(at))
    assert watches.told_at(first, SETTLE) == T0 + timedelta(minutes=1)
    assert watches.told_at(first, timedelta(hours=1)) == T0 + timedelta(hours=1)


def test_what_falls_into_a_run_or_just_after_it_is_its_own() -> None:
    def own(at: float, each: Execution) -> bool:
        return watches.is_own(change(at), [each], SETTLE)

    over = run(10, 20, Stage.ENDED)
    assert [own(at, over) for at in (9, 10, 20, 22, 23)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    going = run(10, None, Stage.RUNNING)
    assert (own(9, going), own(10, going), own(99, going)) == (False, True, True)
    assert own(0, run(None, None, Stage.STARTING))
    assert not own(0, run(None, None, Stage.WAITING))
    assert not own(0, run(None, 5, Stage.ENDED))
    assert not watches.is_own(change(0), [], SETTLE)


def test_paths_are_told_as_plain_lines() -> None:
    assert watches.text(["/in/a", "/in/b\nc\r\0"]) == "/in/a\n/in/b\\nc\\r"
    assert watches.text(["/in/\udcff"]) == "/in/�"
    long = watches.text([f"/in/{n:0>4000}" for n in range(10)])
    assert len(long) <= watches.TEXT_AT_MOST
    assert long.count("\n") == 3
