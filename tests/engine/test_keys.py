"""Keys of the API: shown once, stored hashed, ended by time or by somebody."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Conflict, Invalid, NotFound
from storage.database import Queries
from tests.engine.house import ANN, House, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as home:
        yield home


async def add(
    home: House, name: str, *, reads_only: bool = False, lasts: timedelta | None = None
) -> str:
    made = await home.engine.keys.add(
        name, reads_only=reads_only, lasts=lasts, actor=ANN
    )
    return str(made["key"])


async def audited(home: House) -> list[tuple[str, str]]:
    entries = await home.reads.audit()
    return [(entry["action"], entry["subject"]) for entry in entries]


async def test_a_key_is_known_by_its_hash_alone(home: House, tmp_path: Path) -> None:
    secret = await add(home, "deploy")
    assert secret.startswith("crk_")
    assert len(secret) > 40
    found = home.engine.keys.find(secret)
    assert found is not None
    assert found.name == "deploy"
    for wrong in ("", secret[:-1], f"{secret}x", secret.upper(), "\udcff", found.hash):
        assert home.engine.keys.find(wrong) is None
    await home.db.backup(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        assert secret not in "\n".join(db.iterdump())
    assert await audited(home) == [("key_added", "deploy")]
    assert secret not in str(await home.reads.audit())
    assert secret not in str(home.engine.keys.listed())


async def test_a_removed_key_opens_nothing_and_its_name_is_free(home: House) -> None:
    first = await add(home, "deploy")
    await home.engine.keys.remove("deploy", ANN)
    assert home.engine.keys.find(first) is None
    assert home.engine.keys.is_empty
    second = await add(home, "deploy")
    assert home.engine.keys.find(second) is not None
    assert home.engine.keys.find(first) is None
    with pytest.raises(NotFound, match="cronitor key list"):
        await home.engine.keys.remove("absent", ANN)


async def test_a_key_ends_by_itself(home: House) -> None:
    secret = await add(home, "deploy", lasts=timedelta(hours=1))
    await home.advance(minutes=59)
    assert home.engine.keys.find(secret) is not None
    await home.advance(minutes=1)
    assert home.engine.keys.find(secret) is None
    assert home.engine.keys.is_empty
    (view,) = home.engine.keys.listed()
    assert view["expired"] is True


@pytest.mark.parametrize("name", ["", "A", "a b", "key", "readonly", "x" * 101])
async def test_odd_names_are_refused(home: House, name: str) -> None:
    with pytest.raises(Invalid, match="name: "):
        await add(home, name)


async def test_a_name_is_taken_once(home: House) -> None:
    await add(home, "deploy")
    with pytest.raises(Conflict, match="cronitor key remove deploy"):
        await add(home, "deploy")


async def uses(home: House) -> list[int | None]:
    async def query(q: Queries) -> list[int | None]:
        rows = await q.fetch_all("SELECT last_used_at FROM api_keys")
        return [row[0] for row in rows]

    return await home.db.read(query)


async def test_its_use_is_noted_once_an_hour(home: House) -> None:
    secret = await add(home, "deploy")
    seen = []
    for minutes in (0, 30, 29, 1, 59):
        home.clock.advance(timedelta(minutes=minutes))
        key = home.engine.keys.find(secret)
        assert key is not None
        await home.engine.keys.note_use(key)
        seen.append((await uses(home))[0])
    assert seen[0] == seen[1] == seen[2]
    assert seen[3] == seen[4] != seen[0]


async def test_keys_are_known_after_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        secret = await add(home, "deploy", reads_only=True)
    async with house(tmp_path) as again:
        found = again.engine.keys.find(secret)
        assert found is not None
        assert found.reads_only
