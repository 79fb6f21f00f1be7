"""A job's former ping URL is taken until the overlap ends."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.house import ANN, House, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as home:
        await home.add("backup", every="1h")
        yield home


async def rotate(home: House, overlap: timedelta = timedelta()) -> str:
    """Rotate; the former UUID."""
    former = home.uuids["backup"]
    view = await home.jobs.rotate("backup", ANN, overlap=overlap)
    home.uuids["backup"] = view["uuid"]
    return former


async def answer(home: House, uuid: str) -> str:
    home.uuids["other"] = uuid
    return (await home.ping("other")).answer


async def test_by_default_the_old_one_ends_at_once(home: House) -> None:
    former = await rotate(home)
    assert await answer(home, former) == "not_found"
    assert (await home.ping("backup")).answer == "ok"
    assert (await home.job("backup"))["former_ping_urls_until"] == []


async def test_both_are_taken_until_the_overlap_ends(home: House) -> None:
    former = await rotate(home, timedelta(hours=24))
    assert await answer(home, former) == "ok"
    assert (await home.ping("backup")).answer == "ok"
    shown = await home.job("backup")
    assert shown["former_ping_urls_until"] == ["2026-11-24T03:00:00Z"]
    assert former not in str(shown)
    assert [each["kind"] for each in shown["pings"]] == ["success", "success"]
    await home.advance(hours=24)
    assert await answer(home, former) == "not_found"
    assert (await home.job("backup"))["former_ping_urls_until"] == []
    assert (await home.ping("backup")).answer == "ok"


async def test_several_overlap_and_one_without_ends_all(home: House) -> None:
    first = await rotate(home, timedelta(hours=2))
    second = await rotate(home, timedelta(hours=1))
    assert await answer(home, first) == await answer(home, second) == "ok"
    assert len((await home.job("backup"))["former_ping_urls_until"]) == 2
    third = await rotate(home)
    for former in (first, second, third):
        assert await answer(home, former) == "not_found"


async def test_a_removed_job_takes_no_former_one(home: House) -> None:
    former = await rotate(home, timedelta(hours=24))
    await home.jobs.remove("backup", ANN)
    assert await answer(home, former) == "not_found"


async def test_the_audit_log_has_the_end_and_no_secret(home: House) -> None:
    former = await rotate(home, timedelta(hours=1))
    (entry, *_) = await home.reads.audit()
    assert entry["after"] == {
        "ping_url": "new",
        "former_until": "2026-11-23T04:00:00Z",
    }
    assert former not in str(entry)
