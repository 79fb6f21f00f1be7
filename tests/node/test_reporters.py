"""A run is told beside the command, and what was not taken is kept."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.node.couriers import Courier
from bot.node.reporters import Reporter
from bot.node.reports import Report
from bot.node.spools import Spool
from tests.node.factories import NOON, HandClock, place, report
from tests.node.servers import OK, Scripted, answer, serving

MET = answer(200)


def told(server: Scripted, spool: Spool, *, after: float = 1.0) -> Reporter:
    """A run that is told from its start to its end."""
    clock = HandClock(NOON)
    courier = Courier(place(server.url), clock)
    reporter = Reporter(courier, spool, clock)
    start = report()
    reporter.start(start)
    clock.advance(after)
    reporter.end(report("0", rid=start.rid, at=clock.wall))
    courier.close()
    return reporter


def said(spool: Spool) -> list[str]:
    """What the kept reports say."""
    found = [spool.load(name) for name in spool.names()]
    return [each.said for each in found if each is not None]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty one."""
    return Spool(str(tmp_path / "spool"))


def test_start_and_end_over_one_connection(spool: Spool) -> None:
    with serving(OK) as server:
        reporter = told(server, spool)
        start, end = (urlsplit(line) for line in server.lines())
        assert server.connections == 1
    assert start.path == "/ping/key/backup/start"
    assert end.path == "/ping/key/backup/0"
    assert "at" not in parse_qs(start.query) | parse_qs(end.query)
    assert (reporter.lines, spool.names()) == ([], [])


@pytest.mark.parametrize(
    ("answers", "kept", "line"),
    [
        ([answer(503)], ["start", "0"], "answered 503"),
        ([answer(429), OK], [], ""),
        ([OK, answer(503)], ["0"], "answered 503"),
        ([answer(404)], ["start", "0"], "knows no job backup"),
        ([answer(400, "no")], [], "the end (0) of backup is dropped"),
        ([b""], ["start", "0"], "cannot reach"),
    ],
)
def test_what_is_not_taken_is_kept(
    spool: Spool, answers: list[bytes], kept: list[str], line: str
) -> None:
    with serving(*answers) as server:
        reporter = told(server, spool)
    lines = "; ".join(reporter.lines)
    assert said(spool) == kept
    assert line in lines
    assert (lines == "") == (line == "")


def test_nobody_known_keeps_both(spool: Spool) -> None:
    clock = HandClock(NOON)
    reporter = Reporter(None, spool, clock)
    reporter.start(report())
    assert said(spool) == ["start"]
    reporter.end(report("3", at=NOON + 1))
    assert said(spool) == ["start", "3"]
    assert reporter.lines == ["reports of this run kept for later: 2"]


def test_a_spool_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spool = Spool(str(tmp_path / "file" / "spool"))
    with serving(answer(503)) as server:
        lines = told(server, spool).lines
    assert any("the end (0) of backup is lost" in line for line in lines)


def test_earlier_reports_are_sent_as_well_or_left_to_somebody(spool: Spool) -> None:
    earlier: list[Report] = [report(at=NOON - 60 + x, job=f"j{x}") for x in range(3)]
    for each in earlier:
        spool.put(each)
    with serving(OK) as server:
        reporter = told(server, spool)
        jobs = [line.split("/")[3] for line in server.lines() if line[:6] == "/ping/"]
    sent = [job for job in jobs if job != "backup"]
    assert sent == ["j0", "j1", "j2"][: len(sent)]
    assert len(spool.names()) == 3 - len(sent)
    assert reporter.leaves_work == (len(sent) < 3)


def test_a_fault_in_the_thread_keeps_the_reports(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Courier, "deliver", fail)
    with serving(OK) as server:
        reporter = told(server, spool)
    assert said(spool) == ["start", "0"]
    assert "unexpected ZeroDivisionError: a bug" in reporter.lines
