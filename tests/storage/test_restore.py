"""Somebody puts a backup in the place of the database."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import Invalid, StorageError
from storage import restore
from storage.restore import Offer
from tests import databases
from tests.fakes import T0
from tests.storage import damage
from tests.storage.test_restoration import kept, put
from tests.tree import ROOT


@pytest.fixture
async def backup(path: Path) -> Path:
    """A backup of `old`, beside a database that has gone on to `new`."""
    target = path.parent / "kept.db"
    async with databases.opened(path) as db:
        await put(db, "old")
        await db.backup(target)
        await put(db, "new")
    return target


def agree(offer: Offer) -> None:
    """Yes, whatever it is."""


async def value(path: Path) -> str:
    async with databases.opened(path) as db:
        return (await kept(db))["test"]


async def test_it_takes_the_place_and_the_former_is_kept(
    path: Path, backup: Path
) -> None:
    offers: list[Offer] = []
    aside = restore.restore(backup, path, now=T0, by="ann", agree=offers.append)
    assert aside == path.with_name("cronitor.db.replaced-20261123T030000Z")
    assert await value(path) == "old"
    assert await value(aside) == "new"
    assert backup.exists()
    (offer,) = offers
    assert offer.contents.counts == {"jobs": 0, "pings": 0, "incidents": 0}
    assert offer.present is not None
    assert aside.stat().st_mode & 0o777 == path.stat().st_mode & 0o777 == 0o600


async def test_who_does_not_agree_changes_nothing(path: Path, backup: Path) -> None:
    def refuse(_: Offer) -> None:
        raise Invalid

    with pytest.raises(Invalid):
        restore.restore(backup, path, now=T0, by="ann", agree=refuse)
    assert await value(path) == "new"
    assert [each.name for each in path.parent.glob(".*")] == []


async def test_a_running_server_is_not_disturbed(path: Path, backup: Path) -> None:
    async with databases.opened(path) as db:
        with pytest.raises(StorageError, match="already in use by process"):
            restore.restore(backup, path, now=T0, by="ann", agree=agree)
        assert (await kept(db))["test"] == "new"


async def test_it_goes_where_nothing_was(tmp_path: Path, backup: Path) -> None:
    fresh = tmp_path / "other" / "cronitor.db"
    assert restore.restore(backup, fresh, now=T0, by="ann", agree=agree) is None
    assert await value(fresh) == "old"


async def test_it_takes_the_place_of_a_damaged_one(path: Path, backup: Path) -> None:
    damage.nothing_at_the_start(path)
    offers: list[Offer] = []
    restore.restore(backup, path, now=T0, by="ann", agree=offers.append)
    assert offers[0].present is None
    assert await value(path) == "old"


@pytest.mark.parametrize("spoil", damage.SPOILED)
async def test_a_damaged_backup_is_refused(
    path: Path, backup: Path, spoil: damage.Spoil
) -> None:
    spoil(backup)
    with pytest.raises(StorageError, match="is no sound backup"):
        restore.restore(backup, path, now=T0, by="ann", agree=agree)
    assert await value(path) == "new"
    assert [each.name for each in path.parent.glob(".*")] == []


@pytest.mark.parametrize(
    ("pragma", "message"),
    [("application_id", "no database of Cronitor"), ("user_version", "newer cronitor")],
)
async def test_a_strange_backup_is_refused(
    path: Path, backup: Path, pragma: str, message: str
) -> None:
    with closing(sqlite3.connect(backup)) as db:
        db.execute(f"PRAGMA {pragma} = 9999")
    with pytest.raises(StorageError, match=message):
        restore.restore(backup, path, now=T0, by="ann", agree=agree)


async def test_odd_files_are_refused(path: Path, backup: Path) -> None:
    for odd in (path, path.parent, path.with_name("absent.db")):
        with pytest.raises(Invalid, match=r"file: .*\(name a backup\)"):
            restore.restore(odd, path, now=T0, by="ann", agree=agree)


def run_child(path: Path, backup: Path, step: int) -> bool:
    """Whether the child has come to its end, as opposed to being killed."""
    command = [sys.executable, "-m", "tests.storage.restoring_child"]
    done = subprocess.run(
        [*command, path, backup, str(step)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode == 0


@pytest.mark.slow
async def test_a_kill_at_any_step_leaves_the_old_or_the_new(
    path: Path, backup: Path, tmp_path: Path
) -> None:
    # what a crash has left in the -wal belongs to the old one
    async with databases.opened(path) as db:
        await put(db, "newest")
        for name in ("cronitor.db", "cronitor.db-wal"):
            (tmp_path / "crashed").mkdir(exist_ok=True)
            shutil.copy(path.with_name(name), tmp_path / "crashed" / name)
    found = []
    for step in range(1, 500):
        place = tmp_path / f"step-{step}"
        shutil.copytree(tmp_path / "crashed", place)
        ended = run_child(place / "cronitor.db", backup, step)
        found.append(await value(place / "cronitor.db"))
        with closing(sqlite3.connect(place / "cronitor.db")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if ended:
            break
    assert found[-1] == "old"
    assert found == sorted(found), "once the new one is there, it stays"
    assert found.count("newest") > 5
    assert found.count("old") > 3
