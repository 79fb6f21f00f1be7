"""How runs of real processes end, and what is kept of them."""

import asyncio
import itertools
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core import results
from bot.errors import NotFound
from bot.executors.base import Ending, EventKind, Refusal, Refused, State
from tests.executors.house import (
    PATIENCE_S,
    code,
    house,
    is_alive,
    order,
    refusals,
    script,
    text_of,
    until,
)


async def test_output_and_exit_code_are_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        started = await here.started(script("a", "echo out; echo err >&2; exit 3"))
        report = await here.ended("a")
        assert (report.ending, report.exit_code) == (Ending.EXITED, 3)
        assert report.signal is None
        assert report.pid == started.pid
        assert report.started_at == started.started_at
        assert report.ended_at is not None
        assert report.ended_at >= started.started_at
        assert await here.text("a") == b"out\nerr\n"
        assert report.output_size == len(b"out\nerr\n")


async def test_what_a_run_has_used_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        busy = "x = bytearray(64 << 20); sum(range(3_000_000))"
        report = await here.ran(code("a", busy))
        assert report.max_rss_bytes is not None
        assert report.max_rss_bytes > 64 << 20
        assert report.user_s is not None
        assert report.user_s > 0
        assert report.system_s is not None


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM"])
async def test_a_death_by_signal_is_told(tmp_path: Path, name: str) -> None:
    async with house(tmp_path) as here:
        report = await here.ran(script("a", f"kill -{name[3:]} $$"))
        assert (report.ending, report.exit_code) == (Ending.SIGNALLED, None)
        assert report.signal == signal.Signals[name]


async def test_output_needs_no_newline_and_no_reader(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.start(script("a", "printf half; sleep 60"))
        await here.said("a", b"half")
        assert (await here.report("a")).state is State.RUNNING


async def test_a_child_that_closes_its_output_is_not_over(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        text = "echo before; exec >&- 2>&-; sleep 0.5; exit 4"
        await here.start(script("a", text))
        await here.said("a", b"before")
        assert (await here.ended("a")).exit_code == 4


async def test_a_daemon_does_not_keep_a_run_from_ending(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        daemon = "(while :; do head -c 9999 /dev/zero; sleep 0.01; done) & echo $!"
        report = await here.ran(script("a", f"{daemon}; exit 5"))
        assert (report.ending, report.exit_code) == (Ending.EXITED, 5)
        pid = int((await here.text("a")).split(b"\n")[0].strip(b"\0"))
        size = report.output_size
        # it goes on, far beyond what the pipe holds, and nobody keeps what it says
        await asyncio.sleep(0.5)
        assert is_alive(pid)
        assert (await here.report("a")).output_size == size
        assert len(await here.text("a")) == size
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not is_alive(pid))


async def test_pieces_have_their_times(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.ran(script("a", "echo one; sleep 0.4; echo two"))
        one, two = await here.executor.output("a")
        assert (one.offset, one.data) == (0, b"one\n")
        assert (two.offset, two.data) == (4, b"two\n")
        assert (two.at - one.at).total_seconds() > 0.2
        (rest,) = await here.executor.output("a", 6)
        assert (rest.offset, rest.data, rest.at) == (6, b"o\n", two.at)


async def test_of_a_large_output_head_and_tail_are_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        text = "head -c 500000000 /dev/zero | tr '\\0' x; echo last"
        report = await here.ran(script("a", f"echo first; {text}"))
        assert report.exit_code == 0
        assert report.output_size == 6 + 500_000_000 + 5
        chunks = await here.executor.output("a")
        kept = text_of(chunks)
        assert kept.startswith(b"first\nxxxx")
        assert kept.endswith(b"xxxx" + b"last\n")
        assert 800_000 < len(kept) <= 1_000_000
        gaps = [b.offset - a.end for a, b in itertools.pairwise(chunks)]
        assert sum(gaps) == report.output_size - len(kept)
        files = (here.folder / "output").iterdir()
        assert sum(file.stat().st_size for file in files) <= 1_000_000


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_child_may_write_five_gigabytes(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.start(script("a", "head -c 5000000000 /dev/zero; echo last"))
        pid = await here.pid()
        async with asyncio.timeout(500):
            while (await here.report("a")).state is not State.ENDED:
                status = Path(f"/proc/{pid}/status").read_text()
                rss = int(status.partition("VmRSS:")[2].split()[0])
                assert rss < 64_000
                await asyncio.sleep(0.2)
        assert (await here.text("a")).endswith(b"\0last\n")


async def test_secrets_are_on_no_disk(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        text = "printf 'key: top'; sleep 0.3; echo 'secret, and topsecret'"
        given = script("a", text, masks=(b"topsecret",))
        await here.ran(given)
        assert await here.text("a") == b"key: ***, and ***\n"
        found = [
            path
            for path in here.folder.rglob("*")
            if path.is_file() and b"topsecret" in path.read_bytes()
        ]
        assert found == []


async def test_an_output_can_be_followed(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.start(script("a", "for i in 1 2 3; do echo $i; sleep 0.3; done"))
        async with asyncio.timeout(PATIENCE_S):
            seen = [chunk async for chunk in here.executor.follow("a")]
            again = [chunk async for chunk in here.executor.follow("a", 2)]
        assert text_of(seen) == b"1\n2\n3\n"
        assert len(seen) == 3
        assert text_of(again) == b"2\n3\n"
        with pytest.raises(NotFound):
            await anext(here.executor.follow("b"))


async def test_an_id_is_run_once(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        count = script("a", f"echo x >> {tmp_path}/count")
        first, second = await here.start(count, count)
        assert not isinstance(first, Refused)
        assert isinstance(second, Refused)
        assert second.why is Refusal.SEEN
        await here.ended("a")
        (third,) = await here.start(count)
        assert isinstance(third, Refused)
        assert third.why is Refusal.SEEN
        assert (tmp_path / "count").read_text() == "x\n"
        await here.executor.forget(["a"])
        assert await here.executor.reports() == []
        assert await here.executor.output("a") == []
        assert refusals(await here.start(count)) == {Refusal.SEEN}
        assert (tmp_path / "count").read_text() == "x\n"


async def test_a_run_that_goes_on_is_not_forgotten(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.start(order("a", "sleep", "60"))
        await here.executor.forget(["a", "b"])
        assert (await here.report("a")).state is State.RUNNING


async def test_news_come_by_themselves(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        events = here.executor.events()
        first = await anext(events)
        assert first.kind is EventKind.CONNECTED
        await here.start(script("a", "echo x; sleep 0.5"))
        told = [first]
        async with asyncio.timeout(PATIENCE_S):
            while told[-1].kind is not EventKind.ALIVE:
                told.append(await anext(events))
        by_kind = {event.kind: event for event in told}
        assert EventKind.STARTED in by_kind
        assert by_kind[EventKind.GREW].output_size == 2
        assert by_kind[EventKind.ENDED].report == await here.report("a")
        await events.aclose()  # type: ignore[attr-defined]


async def test_a_thousand_start_at_the_same_instant(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        many = [script(f"r{n}", f"echo {n}; exit {n % 7}") for n in range(1000)]
        answers = await here.start(*many)
        assert [type(each).__name__ for each in answers] == ["Started"] * 1000
        for n in range(1000):
            report = await here.ended(f"r{n}")
            assert (report.ending, report.exit_code) == (Ending.EXITED, n % 7)
        assert await here.text("r789") == b"789\n"


async def test_what_a_fast_command_writes_is_not_older_than_its_start(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        for n in range(40):
            file = tmp_path / f"f{n}"
            started = await here.started(order(f"a{n}", "/usr/bin/touch", str(file)))
            await here.ended(f"a{n}")
            stamp_us = file.stat().st_mtime_ns // 1000
            written_at = epoch + timedelta(microseconds=stamp_us)
            assert results.is_written(written_at, started.started_at)
