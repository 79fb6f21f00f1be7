"""The reserve of disk space: made, let go of, and made again."""

from pathlib import Path

import pytest

from storage.ballast import Ballast
from storage.checkpoints import WAL_BYTES

MB = 1_000_000


@pytest.fixture
def ballast(tmp_path: Path) -> Ballast:
    return Ballast(tmp_path / "cronitor.db", 3 * MB)


def test_it_is_made_in_full_for_the_owner_alone(ballast: Ballast) -> None:
    assert ballast.make()
    assert ballast.held() == 3 * MB
    assert ballast.path.stat().st_mode & 0o777 == 0o600
    assert ballast.path.stat().st_blocks * 512 >= 3 * MB
    assert not ballast.was_freed


def test_what_was_left_by_a_kill_is_completed(ballast: Ballast) -> None:
    ballast.path.write_bytes(b"x" * MB)
    ballast.path.chmod(0o644)
    assert ballast.make()
    assert ballast.held() == 3 * MB
    assert ballast.path.stat().st_mode & 0o777 == 0o600


def test_it_is_let_go_of_and_made_again(ballast: Ballast) -> None:
    ballast.make()
    ballast.free()
    assert (ballast.held(), ballast.was_freed) == (0, True)
    ballast.free()
    assert ballast.make()
    assert ballast.held() == 3 * MB


@pytest.mark.parametrize(
    ("free", "held"),
    [(WAL_BYTES + 10 * MB, 3 * MB), (WAL_BYTES + 2 * MB, 2 * MB), (WAL_BYTES, 0)],
)
def test_with_little_room_it_is_smaller_or_none(
    ballast: Ballast, monkeypatch: pytest.MonkeyPatch, free: int, held: int
) -> None:
    monkeypatch.setattr(ballast, "room", lambda: free)
    assert ballast.make() is (held > 0)
    assert ballast.held() == held


def test_a_place_that_cannot_be_written_has_none(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "cronitor.db", 3 * MB)
    ballast.path.symlink_to("/dev/full")
    assert not ballast.make()


@pytest.mark.parametrize(("free", "frees"), [(0, True), (MB, False)])
def test_it_makes_room_for_opening(
    ballast: Ballast, monkeypatch: pytest.MonkeyPatch, free: int, frees: bool
) -> None:
    ballast.make()
    monkeypatch.setattr(ballast, "room", lambda: free)
    ballast.free_to_open()
    assert ballast.was_freed is frees
