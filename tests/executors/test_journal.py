"""What stands in a journal after anything that can happen to it."""

import errno
import os
from pathlib import Path
from threading import Event

import pytest

from bot.executors import journal, recovery
from bot.executors.journal import Journal, Syncer
from bot.executors.ledger import REFUSED, REFUSED_US, RETRY_S, Ledger
from bot.executors.recovery import Recalled
from bot.executors.supervised import Run

NOTHING = Recalled({}, {}, {})


def report(run_id: str) -> dict[str, str]:
    return {"id": run_id, "ending": "exited"}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    assert journal.read(path) == []
    written = Journal(path)
    written.open([{"k": "seen", "id": "a"}])
    written.write([{"k": "seen", "id": "b"}, {"k": "gone", "ids": ["é"]}])
    assert [x["k"] for x in journal.read(path)] == ["seen", "seen", "gone"]
    assert written.lines == 3


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_line_that_was_cut_off_is_none(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal"
    written = Journal(str(path))
    written.open([{"k": "seen", "id": "a"}])
    written.write([{"k": "seen", "id": "b", "limit": 1_000_000}])
    path.write_bytes(path.read_bytes()[:-cut])
    assert [x["id"] for x in journal.read(str(path))] == ["a"]


def test_what_is_no_record_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'garbage\n[1]\n\xff\n{"k":"seen","id":"a"}\n{"k":"new"}\n')
    recalled = recovery.recall(journal.read(str(path)))
    assert list(recalled.begun) == ["a"]


def half(file: int, data: bytes) -> int:
    return os.pwrite(file, data[: len(data) // 2], os.fstat(file).st_size)


def test_a_full_disk_leaves_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "journal")
    written = Journal(path)
    written.open([{"k": "seen", "id": "a"}])
    with monkeypatch.context() as full:
        full.setattr(os, "write", half)
        with pytest.raises(OSError, match="No space"):
            written.write([{"k": "seen", "id": "b"}])
        written.open([{"k": "seen", "id": "c"}])
    written.write([{"k": "seen", "id": "d"}])
    assert [x["id"] for x in journal.read(path)] == ["a", "d"]


def test_on_a_full_disk_the_old_file_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"k":"seen","id":"a"}\n{"k":"se')
    written = Journal(str(path))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as full:
        full.setattr(os, "replace", refuse)
        written.open([])
    written.write([{"k": "seen", "id": "b"}])
    assert [x["id"] for x in journal.read(str(path))] == ["a", "b"]


def run(run_id: str) -> Run:
    return Run(run_id, "/nowhere", limit=5, masked=False)


def order(run_id: str) -> dict[str, object]:
    return {"id": run_id, "limit": 5, "masks": ["x"]}


def test_a_ledger_is_found_again(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    ledger = Ledger(path, "boot")
    ledger.open(NOTHING, 0)
    ledger.see(map(order, ["a", "b", "c", "d"]), 17)
    for run_id in ("a", "b"):
        ledger.start(run(run_id), 99)
    ledger.end(report("a"))
    ledger.end(report("d"))
    assert [x["id"] for x in ledger.forget(["d", "c", "x"], 17)] == ["d"]
    ledger.commit(0)
    ended, begun, gone = recovery.recall(journal.read(path))
    assert gone.keys() == {"d"}
    assert ended == {"a": report("a")}
    assert set(begun) == {"b", "c"}
    assert begun["b"]["pipe"] == 99
    assert (begun["b"]["masked"], begun["b"]["boot"]) == (True, "boot")


def test_a_ledger_waits_for_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "journal")
    ledger = Ledger(path, "boot")
    ledger.open(NOTHING, 0)
    ledger.see([order("a")], 17)
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda *_: 0)
        ledger.end(report("a"))
        ledger.commit(0)
        with pytest.raises(OSError, match="No space"):
            ledger.see([order("b")], 17)
    behind = []
    for now in (RETRY_S / 2, RETRY_S):
        ledger.commit(now)
        behind.append(ledger.is_behind)
    assert behind == [True, False]
    assert recovery.recall(journal.read(path)) == ({"a": report("a")}, {}, {})


def test_a_journal_does_not_grow_for_ever(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    ledger = Ledger(path, "boot")
    ledger.open(NOTHING, 0)
    for n in range(3000):
        ledger.see([order(f"r{n}")], 17)
        ledger.end(report(f"r{n}"))
        if n > 10:
            ledger.forget([f"r{n}"], 17)
        ledger.commit(n)
    assert len(journal.read(path)) < journal.WORTH_IT + 100
    assert len(recovery.recall(journal.read(path)).ended) == 11


def test_a_file_that_is_not_there_is_no_fault_of_the_sync(tmp_path: Path) -> None:
    journal.sync(str(tmp_path / "nothing"))


def test_the_disk_is_asked_in_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = Event()
    monkeypatch.setattr(journal, "sync", lambda _: synced.set())
    Syncer(str(tmp_path)).soon()
    assert synced.wait(30)


def test_a_disk_that_refuses_a_sync_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(file: int) -> None:
        asked.append(file)
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", refuse)
    (tmp_path / "journal").touch()
    journal.sync(str(tmp_path / "journal"))
    assert asked


def test_what_was_forgotten_is_remembered_for_some_days(tmp_path: Path) -> None:
    path, day_us = str(tmp_path / "journal"), 24 * 3600 * 1_000_000
    ledger = Ledger(path, "boot")
    ledger.open(NOTHING, 0)
    for n, run_id in enumerate(["a", "b", "c"]):
        ledger.see([order(run_id)], 17)
        ledger.end(report(run_id))
        ledger.forget([run_id], n * day_us)
    ledger.commit(0)
    for _ in range(2):
        # the first reads what was appended, the second what was written anew
        ledger = Ledger(path, "boot")
        ledger.open(recovery.recall(journal.read(path)), REFUSED_US + day_us)
        assert [ledger.knows(each) for each in "abcx"] == [False, True, True, False]
    ledger.open(Recalled({}, {}, {"d": 1}), REFUSED_US + 2 * day_us)
    assert [ledger.knows(each) for each in "abcd"] == [False, False, True, False]


def test_of_what_was_forgotten_only_so_much_is_remembered(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    ledger = Ledger(path, "boot")
    ledger.open(NOTHING, 0)
    for at in range(0, REFUSED + 1000, 1000):
        ids = [f"r{n}" for n in range(at, at + 1000)]
        ledger.see(map(order, ids), 17)
        for each in ids:
            ledger.end(report(each))
        ledger.forget(ids, 17)
        ledger.commit(at)
    assert not ledger.knows("r0")
    assert ledger.knows("r1000")
    assert len(recovery.recall(journal.read(path)).gone) >= REFUSED
    # it is one line for an hour, so that it is not written anew all the time
    ledger.open(NOTHING, 17)
    assert len(journal.read(path)) == 1
