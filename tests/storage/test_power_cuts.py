"""A ping that was answered is there after a power cut, at whatever moment it comes.

The real server is watched at its writes, under load and over a kill and two stops; then
its directory is rebuilt as 400 cuts would have left it. `POWER_SEED` sets the seed,
which is printed.
"""

import asyncio
import contextlib
import itertools
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from storage.connections import Durability
from storage.database import Database
from tests.acceptance.server import PATIENCE_S, POLL_S, Server
from tests.discord_wire import patches
from tests.storage import power_cuts
from tests.storage.power_cuts import MOODS, Disk, Mood, Record

SEED = int(os.environ.get("POWER_SEED") or random.SystemRandom().randrange(10**6))
CLIENTS = 8
#: pings of one life, and how many cuts there are
PINGS = 150
CUTS = 400
#: some of them while the database is being made
BEGINNING, BEGINNING_CUTS = 200, 50
#: so that checkpoints, and new starts of the -wal file, come often
PATCHES = (
    "storage.checkpoints:WAL_BYTES=200000\nstorage.checkpoints:Checkpoints.IDLE_S=0.05"
)

needs_a_compiler = pytest.mark.skipif(
    sys.platform != "linux" or power_cuts.compiler() is None,
    reason="needs Linux and a C compiler (cc)",
)


class Watched:
    """A server whose writes are recorded, and the pings that it has answered."""

    def __init__(self, folder: Path, durability: Durability) -> None:
        self.log, self.root = folder / "log", folder / "root"
        self.root.mkdir(parents=True)
        (folder / "path").mkdir()
        patch = Path(patches.__file__).read_text("utf-8")
        (folder / "path" / "sitecustomize.py").write_text(patch, "utf-8")
        path = [str(folder / "path"), os.environ.get("PYTHONPATH", "")]
        self.server = Server(
            self.root,
            LD_PRELOAD=str(power_cuts.build(folder)),
            POWER_LOG=str(self.log),
            POWER_ROOT=str(self.root),
            PYTHONPATH=os.pathsep.join(filter(None, path)),
            CRONITOR_SERVER__RATE_LIMIT="0",
            CRONITOR_STORAGE__DURABILITY=durability,
            **{patches.VARIABLE: PATCHES},
        )
        #: bodies in the order of their answers, by process and the client's port
        self.answered: dict[tuple[int, int], list[str]] = {}

    async def life(self, end: str) -> None:
        """Answer pings from several clients until it is stopped or killed."""
        await self.server.start()
        assert self.server.process is not None
        pid = self.server.process.pid
        if not self.server.rows("SELECT 1 FROM jobs"):
            for slug in ("good", "bad"):
                await self.server.add(slug, "--every", "1h")
        paths = [
            f"/ping/{uuid}" for (uuid,) in self.server.rows("SELECT uuid FROM jobs")
        ]
        ended = asyncio.Event()
        clients = [self._client(pid, n, paths, ended) for n in range(CLIENTS)]
        tasks = [asyncio.create_task(each) for each in clients]
        async with asyncio.timeout(PATIENCE_S):
            while self._count(pid) < PINGS:
                await asyncio.sleep(POLL_S)
        if end == "kill":
            await self.server.kill()
        ended.set()
        await asyncio.gather(*tasks)
        if end == "stop":
            assert await self.server.stop() == 0

    def _count(self, pid: int) -> int:
        return sum(len(b) for (life, _), b in self.answered.items() if life == pid)

    async def _client(
        self, pid: int, number: int, paths: Sequence[str], ended: asyncio.Event
    ) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        port = writer.get_extra_info("sockname")[1]
        answered = self.answered.setdefault((pid, port), [])
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            for count in itertools.count():
                if ended.is_set():
                    break
                body = f"{pid}-{number}-{count}"
                suffix = "/fail" if count % 7 == 3 else ""
                path = paths[count % 5 == 0] + suffix
                await _exchange(reader, writer, path, body)
                answered.append(body)
        writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: str
) -> None:
    """A ping and its answer on a connection that stays open."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(f"{head}{body}".encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200"), answer
    length = next(
        int(line.split(b":")[1])
        for line in answer.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    await reader.readexactly(length)


def acknowledged(records: Sequence[Record], watched: Watched) -> list[tuple[int, str]]:
    """Each answered ping, and before which record its answer was."""
    found = []
    waiting = {key: iter(bodies) for key, bodies in watched.answered.items()}
    for at, record in enumerate(records):
        if record.operation == "A":
            answered = waiting.get(power_cuts.answer_of(record), iter(()))
            found += [(at, body) for body in itertools.islice(answered, 1)]
    assert all(next(rest, None) is None for rest in waiting.values())
    return found


async def pings_after_cut(database: Path) -> list[str]:
    """The pings in what a cut has left, opened as the product does it."""
    opened = await Database.open(database, clock=SystemClock())
    await opened.close()
    with contextlib.closing(sqlite3.connect(database)) as db:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return db.execute(sql).fetchall()

        assert rows("PRAGMA integrity_check") == [("ok",)]
        assert rows("PRAGMA foreign_key_check") == []
        counted = "SELECT coalesce(sum(ping_count), 0) FROM job_states"
        assert rows(counted) == rows("SELECT count(*) FROM pings")
        return [body.decode() for (body,) in rows("SELECT body FROM pings")]


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder where what SQLite syncs costs nothing, if the machine has one."""
    shared = Path("/dev/shm")
    base = shared if os.access(shared, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(prefix="power-cuts-", dir=base) as folder:
        yield Path(folder)


async def cut(
    records: Sequence[Record], watched: Watched, folder: Path
) -> list[set[str]]:
    """What of the acknowledged pings is lost, for each of the cuts."""
    rng = random.Random(f"{SEED} cuts")
    answers = acknowledged(records, watched)
    assert len(answers) >= 3 * PINGS
    disk, done, lost = Disk(), 0, []
    moments = rng.choices(range(len(records)), k=CUTS - BEGINNING_CUTS)
    moments += rng.choices(range(BEGINNING), k=BEGINNING_CUTS)
    for number, at in enumerate(sorted(moments)):
        disk.feed(records[done : at + 1])
        done = at + 1
        root = folder / str(number)
        power_cuts.write_out(disk.after_cut(rng.choice(MOODS), rng), root)
        stored = await pings_after_cut(root / "data" / "cronitor.db")
        assert len(stored) == len(set(stored)), f"cut {number}: twice"
        lost.append({body for when, body in answers if when <= at} - set(stored))
        shutil.rmtree(root)
    return lost


@needs_a_compiler
@pytest.mark.slow
@pytest.mark.parametrize("durability", ["full", "normal"])
async def test_what_was_answered_survives_power_cuts(
    tmp_path_factory: pytest.TempPathFactory, in_memory: Path, durability: Durability
) -> None:
    # short: the path of the server's socket may have 103 characters
    watched = Watched(tmp_path_factory.mktemp("w"), durability)
    for end in ("stop", "kill", "stop"):
        await watched.life(end)
    # beside the data directory stands what the server prints
    records = [x for x in power_cuts.read(watched.log) if x.path != "output.txt"]
    lost = await cut(records, watched, in_memory)
    some = [each for each in lost if each]
    print(
        f"POWER_SEED={SEED} {durability}: {len(records)} records, "
        f"{sum(len(b) for b in watched.answered.values())} pings; {len(some)} of "
        f"{len(lost)} cuts lost some, {max(map(len, lost))} at the most"
    )
    # that "normal" loses some shows that the cuts are real ones
    assert (some == []) == (durability == "full")


async def test_a_database_that_was_torn_while_it_was_made_is_made_anew(
    path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(other, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size=1")
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE t (x)")
        # more than the cache holds: some is written before the commit
        db.executemany("INSERT INTO t VALUES (?)", [("x" * 4000,)] * 20)
        path.parent.mkdir()
        path.write_bytes(bytes(512) + other.read_bytes()[512:])
        journal = other.with_name(other.name + "-journal")
        shutil.copy(journal, path.with_name(path.name + "-journal"))
    assert await pings_after_cut(path) == []


def after(*records: Record, mood: Mood = Mood.DROPS) -> dict[str, bytes | None]:
    """What a cut leaves of these."""
    disk = Disk()
    disk.feed(records)
    return disk.after_cut(mood, random.Random(1))


def made(path: str) -> list[Record]:
    """A file whose name is on the disk."""
    return [Record("C", path, 0, b""), Record("F", "", 0, b"")]


def test_a_synced_write_stays_and_another_goes() -> None:
    writes = [Record("W", "a", 0, b"one"), Record("F", "a", 0, b"")]
    left = after(*made("a"), *writes, Record("W", "a", 3, b"two"))
    assert left == {"a": b"one"}


def test_an_unsynced_write_may_stay() -> None:
    left = after(*made("a"), Record("W", "a", 2, b"x"), mood=Mood.KEEPS)
    assert left == {"a": b"\0\0x"}


def test_a_torn_write_is_there_in_whole_sectors() -> None:
    written = b"x" * 4 * power_cuts.SECTOR
    seen = set()
    for seed in range(50):
        disk = Disk()
        disk.feed([*made("a"), Record("W", "a", 0, written)])
        left = disk.after_cut(Mood.TEARS, random.Random(seed))["a"] or b""
        pieces = [left[at : at + 512] for at in range(0, len(left), 512)]
        assert set(pieces) <= {written[:512], bytes(512)}
        seen.add(tuple(any(piece) for piece in pieces))
    assert {(), (True, True, True, True)} < seen


def test_a_name_that_was_not_synced_may_be_missing() -> None:
    synced = [Record("W", "a", 0, b"x"), Record("F", "a", 0, b"")]
    assert after(Record("C", "a", 0, b""), *synced) == {}
    assert after(Record("C", "a", 0, b""), *synced, mood=Mood.KEEPS) == {"a": b"x"}


def test_a_renamed_or_removed_file_comes_back_until_that_is_synced() -> None:
    renamed = [*made("a"), Record("R", "a", 0, b"b")]
    assert after(*renamed) == {"a": b""}
    assert after(*renamed, Record("F", "", 0, b"")) == {"b": b""}
    assert after(*made("a"), Record("U", "a", 0, b"")) == {"a": b""}


def test_a_file_in_a_directory_that_is_missing_is_missing() -> None:
    inside = [Record("C", "d/a", 0, b""), Record("F", "d", 0, b"")]
    assert after(Record("M", "d", 0, b""), *inside) == {}
    synced = Record("F", "", 0, b"")
    assert after(Record("M", "d", 0, b""), *inside, synced) == {"d": None, "d/a": b""}


def test_a_truncation_that_was_not_synced_may_be_missing() -> None:
    synced = [Record("W", "a", 0, b"xyz"), Record("F", "a", 0, b"")]
    cut_short = Record("T", "a", 1, b"")
    assert after(*made("a"), *synced, cut_short) == {"a": b"xyz"}
    assert after(*made("a"), *synced, cut_short, mood=Mood.KEEPS) == {"a": b"x"}
