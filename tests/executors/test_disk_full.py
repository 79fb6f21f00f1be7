"""A disk that is full: runs go on, and what can be kept is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.executors.base import Ending, Refusal, Refused, Started
from tests.acceptance import disks
from tests.executors.house import PATIENCE_S, POLL_S, House, house, order, script


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    with disks.tmpfs(tmp_path / "disk", 4) as disk:
        async with house(disk) as opened:
            yield opened


async def test_a_run_outlives_a_disk_that_is_full(here: House) -> None:
    go = here.folder.parent / "go"
    wait = f"while [ ! -e {go} ]; do sleep 0.05; done"
    noisy = "yes | head -c 300000; sleep 0.3"
    text = f"echo first; {wait}; {noisy}; {noisy}; rm {go}; {wait}; echo last; exit 3"
    await here.start(script("a", text))
    await here.said("a", b"first")
    filler = disks.fill(here.folder.parent)
    # a name without content needs no room
    go.touch()
    async with asyncio.timeout(PATIENCE_S):
        while not (await here.report("a")).output_error:
            await asyncio.sleep(POLL_S)
        while go.exists():
            await asyncio.sleep(POLL_S)
    filler.unlink()
    go.touch()
    report = await here.ended("a")
    assert (report.ending, report.exit_code) == (Ending.EXITED, 3)
    assert report.output_error == "No space left on device"
    assert report.output_size == 600_000 + len(b"first\nlast\n")
    chunks = await here.executor.output("a")
    assert chunks[0].data.startswith(b"first\n")
    assert chunks[-1].data.endswith(b"last\n")
    assert sum(len(chunk.data) for chunk in chunks) < report.output_size


async def test_what_cannot_be_written_down_is_not_started(here: House) -> None:
    mark = here.folder.parent / "ran"
    filler = disks.fill(here.folder.parent)
    answers: list[Started | Refused] = []
    for n in range(100):
        # the last page of the journal may have room for a few
        answers += await here.start(script(f"r{n}{'x' * 100}", f"echo > {mark}{n}"))
        if isinstance(answers[-1], Refused):
            break
    refused = answers[-1]
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.NOT_RECORDED
    assert refused.reason == "No space left on device"
    assert await here.executor.reports([refused.id]) == []
    for answer in answers[:-1]:
        assert (await here.ended(answer.id)).ending is Ending.EXITED
    filler.unlink()
    await here.started(script(refused.id, "exit 3"))
    # what waited for room is on disk now, and outlives the supervisor
    assert (await here.ended(refused.id)).exit_code == 3
    await here.disconnect()
    await asyncio.sleep(1.5)
    await here.kill_supervisor()
    await here.connect()
    reports = {x.id: x for x in await here.executor.reports()}
    assert reports.keys() == {answer.id for answer in answers}
    assert {x.ending for x in reports.values()} == {Ending.EXITED}


async def test_a_supervisor_can_be_started_on_a_full_disk(here: House) -> None:
    await here.ran(order("a", "true"))
    disks.fill(here.folder.parent)
    await here.kill_supervisor()
    assert (await here.report("a")).ending is Ending.EXITED
