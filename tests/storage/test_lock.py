"""One server for one database, and a dead one does not stand in the way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import StorageError
from storage.lock import Lock
from tests.tree import ROOT

NOW = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)

HOLD = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from storage.lock import Lock
lock = Lock.acquire(Path(sys.argv[1]), command="cronitor up", now=datetime.now(UTC))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "cronitor.db"


def acquire(database: Path, command: str = "cronitor up") -> Lock:
    return Lock.acquire(database, command=command, now=NOW)


@pytest.fixture
def holder(database: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_opener_reads_who_has_it(database: Path) -> None:
    lock = acquire(database, "cronitor up --port 1")
    with pytest.raises(StorageError) as refused:
        acquire(database)
    lock.release()
    assert str(refused.value) == (
        f"{database} is already in use by process {os.getpid()} (cronitor up --port 1),"
        " started 2025-03-01T12:30:00+00:00; stop it or choose another --data-dir"
    )


def test_another_process_is_named(
    database: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(StorageError, match=f"process {holder.pid} "):
        acquire(database)


def test_a_killed_holder_is_out_of_the_way(
    database: Path, holder: subprocess.Popen[str]
) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    acquire(database).release()


def test_a_child_of_the_holder_does_not_keep_it(database: Path) -> None:
    lock = acquire(database)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.release()
        acquire(database).release()
        child.communicate()


def test_released_twice_is_released_once(database: Path) -> None:
    first = acquire(database)
    first.release()
    second = acquire(database)
    first.release()
    with pytest.raises(StorageError):
        acquire(database)
    second.release()


def test_a_shorter_text_leaves_nothing_of_a_longer_one(database: Path) -> None:
    # as one who was killed has left it
    database.with_name("cronitor.db.lock").write_text("a very long command" * 100)
    lock = acquire(database, "x")
    with pytest.raises(StorageError, match=r"\(x\), started"):
        acquire(database)
    lock.release()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "\x00\xff"])
def test_a_holder_that_has_not_said_who_it_is(database: Path, text: str) -> None:
    lock = acquire(database)
    database.with_name("cronitor.db.lock").write_text(text)
    with pytest.raises(StorageError, match="in use by another process"):
        acquire(database)
    lock.release()


def test_only_the_owner_may_read_it(database: Path) -> None:
    path = database.with_name("cronitor.db.lock")
    path.touch(mode=0o644)
    lock = acquire(database)
    assert path.stat().st_mode & 0o777 == 0o600
    lock.release()


def test_a_lock_file_that_cannot_be_opened(database: Path) -> None:
    database.with_name("cronitor.db.lock").mkdir()
    with pytest.raises(StorageError, match=r"Is a directory; choose another --data"):
        acquire(database)
