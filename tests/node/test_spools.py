"""Reports on disk: whole or not at all, bounded, and nobody else's."""

import os
import stat
from pathlib import Path

import pytest

from bot.node import reports
from bot.node.reports import Corrupt
from bot.node.spools import Spool, Unusable
from tests.node.factories import NOON, report


def at(spool: Spool) -> list[float]:
    """When the kept reports were, in their order."""
    found = [spool.load(name) for name in spool.names()]
    return [each.at - NOON for each in found if each is not None]


def test_reports_are_kept_in_the_order_of_their_times(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "a" / "spool"))
    for seconds in (3, 1, 2, 0.000001, -1e9):
        spool.put(report(at=NOON + seconds))
    assert at(spool) == pytest.approx([-1e9, 0.000001, 1, 2, 3], abs=1e-6)
    assert not list(Path(spool.folder).glob("*.half"))


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "spool"))
    name = spool.put(report())
    assert stat.S_IMODE(os.stat(spool.folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(Path(spool.folder, name)).st_mode) == 0o600


@pytest.mark.parametrize("kind", ["open", "link", "file"])
def test_a_place_that_is_not_ours_is_not_used(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "spool"
    if kind == "open":
        path.mkdir()
        path.chmod(0o777)
    elif kind == "link":
        path.symlink_to(tmp_path)
    else:
        path.touch()
    with pytest.raises(Unusable, match="set CRONITOR_SPOOL"):
        Spool(str(path)).put(report())


def test_the_oldest_go_first_and_are_counted(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path), most=3)
    for seconds in range(5):
        spool.put(report(at=NOON + seconds))
    assert at(spool) == [2, 3, 4]
    assert (spool.take_lost(), spool.take_lost()) == (2, 0)


def test_large_ones_go_first_as_well(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path), most_bytes=3_000)
    for seconds in range(5):
        spool.put(report(at=NOON + seconds, body=bytes(1_000)))
    assert at(spool) == [3, 4]
    (tmp_path / "lost").write_text("x")
    assert spool.take_lost() == 0


def test_a_damaged_report_is_set_aside(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    name = spool.put(report())
    path = tmp_path / name
    path.write_bytes(reports.encode(report())[:-5])
    with pytest.raises(Corrupt):
        spool.load(name)
    moved = spool.set_aside(name)
    assert spool.names() == []
    assert Path(moved).exists()


def test_what_is_gone_is_no_failure(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "none"))
    assert spool.names() == []
    assert spool.load("x") is None
    spool.remove("x")
    assert spool.take_lost() == 0


def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(opened: int) -> None:
        raise OSError(28, "No space left on device")

    spool = Spool(str(tmp_path))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unusable, match="No space left"):
        spool.put(report())
    assert list(tmp_path.iterdir()) == []


def test_one_flush_at_a_time(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    first = spool.lock()
    assert first is not None
    assert spool.lock() is None
    os.close(first)
    again = spool.lock()
    assert again is not None
    os.close(again)
