"""What became of a report, by what the server answers."""

from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.node import couriers, places
from bot.node.couriers import Courier
from tests.node.factories import NOON, HandClock, place, report, soon
from tests.node.servers import OK, answer, serving


def at_of(line: str) -> float:
    """When a report says that it was."""
    return float(parse_qs(urlsplit(line).query)["at"][0])


@pytest.mark.parametrize(
    ("said", "what", "wait_s"),
    [
        (OK, couriers.TAKEN, 0),
        (answer(201), couriers.TAKEN, 0),
        (answer(400, "invalid at"), couriers.REFUSED, 0),
        (answer(405), couriers.REFUSED, 0),
        (answer(413), couriers.REFUSED, 0),
        (answer(404, "not found"), couriers.UNKNOWN, 0),
        (answer(429, Retry_After="7"), couriers.LATER, 7),
        (answer(503, Retry_After="99999999"), couriers.LATER, 3_600),
        (answer(503, Retry_After="soon"), couriers.LATER, 0),
        (answer(302), couriers.LATER, 0),
        (answer(500), couriers.LATER, 0),
        (b"", couriers.AWAY, 0),
    ],
)
def test_each_answer_has_its_verdict(said: bytes, what: str, wait_s: int) -> None:
    clock = HandClock()
    with serving(said) as server:
        courier = Courier(place(server.url), clock)
        verdict = courier.deliver(report(), until=soon(clock), late=False)
    assert (verdict.what, verdict.wait_s) == (what, wait_s)
    assert (verdict.said == "") == (what == couriers.TAKEN)
    assert "key" not in verdict.said.replace("this key", "")
    courier.close()


def test_a_late_report_says_when_by_the_servers_clock() -> None:
    clock = HandClock(NOON)
    kept = report(boot=clock.boot, since_boot=clock.up)
    clock.advance(100)
    date = formatdate(clock.wall + 3_600, usegmt=True)
    with serving(answer(200, Date=date), OK) as server:
        courier = Courier(place(server.url), clock)
        for _ in range(2):
            courier.deliver(kept, until=soon(clock), late=True)
        asked, *sent = server.lines()
        assert asked == "/healthz"
        assert [at_of(line) for line in sent] == [NOON + 3_600] * 2
        courier.close()


@pytest.mark.parametrize("date", ["", "nonsense", "Thu, 26 Foo 2026 12:00:00 GMT"])
def test_clocks_that_agree_move_nothing(date: str) -> None:
    clock = HandClock(NOON)
    with serving(answer(200, Date=date or formatdate(NOON + 2, usegmt=True)), OK) as s:
        courier = Courier(place(s.url), clock)
        courier.deliver(report(), until=soon(clock), late=True)
        assert at_of(s.lines()[1]) == NOON
        courier.close()


@given(st.integers(0, 4_000_000_000))
def test_the_date_of_an_answer_is_read(moment: int) -> None:
    assert couriers._moment(formatdate(moment, usegmt=True)) == moment


def test_what_is_too_old_is_not_sent() -> None:
    clock = HandClock(NOON + 7 * 86_400 + 1)
    courier = Courier(place("http://127.0.0.1:9"), clock)
    verdict = courier.deliver(report(), until=soon(clock), late=True)
    assert verdict.what == couriers.REFUSED


def test_without_a_key_nothing_is_sent_by_slug() -> None:
    clock = HandClock()
    courier = Courier(place("http://127.0.0.1:9", ""), clock)
    verdict = courier.deliver(report(), until=soon(clock), late=False)
    assert verdict.what == couriers.UNKNOWN
    assert "CRONITOR_PING_KEY" in verdict.said


@pytest.mark.parametrize("create", [True, False])
def test_over_the_socket_a_job_is_made_if_asked(tmp_path: Path, create: bool) -> None:
    clock, path = HandClock(), str(tmp_path / "s")
    with serving(answer(404), answer(201), OK, unix=path) as server:
        courier = Courier(places.Place(shown="s", socket_path=path), clock)
        verdict = courier.deliver(report(create=create), until=soon(clock), late=False)
        courier.close()
        ping = "/v1/jobs/backup/ping"
        expected = [ping, "/v1/jobs", ping] if create else [ping]
        assert server.lines() == expected
    assert verdict.what == (couriers.TAKEN if create else couriers.UNKNOWN)
