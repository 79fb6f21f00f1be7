"""What is kept is sent in order, each as the server lets it."""

from pathlib import Path

import pytest

from bot.node import flushes, places, settings
from bot.node.couriers import Courier
from bot.node.flushes import Flush
from bot.node.settings import Settings
from bot.node.spools import Spool, Unusable
from tests.node.factories import NOON, HandClock, place, report, soon
from tests.node.servers import OK, Scripted, answer, serving
from tests.node.test_couriers import at_of

MET = answer(200)


def kept(folder: Path, count: int = 3) -> Spool:
    """So many reports of noon and the seconds after it."""
    spool = Spool(str(folder / "spool"))
    for seconds in range(count):
        spool.put(report(at=NOON + seconds))
    return spool


def flushed(server: Scripted, spool: Spool, now: float = NOON + 60) -> Flush:
    """One pass."""
    clock = HandClock(now)
    courier = Courier(place(server.url), clock)
    flush = Flush(spool, courier, clock, until=soon(clock))
    flush.run()
    courier.close()
    return flush


def test_all_in_order_with_their_times(tmp_path: Path) -> None:
    spool = kept(tmp_path)
    with serving(MET, OK) as server:
        done = flushed(server, spool)
        assert [at_of(line) for line in server.lines()[1:]] == [
            NOON,
            NOON + 1,
            NOON + 2,
        ]
    assert (done.sent, done.dropped, done.left, done.lines) == (3, 0, 0, [])
    assert done.is_whole
    assert spool.names() == []


def test_an_empty_spool_asks_nobody(tmp_path: Path) -> None:
    with serving(OK) as server:
        assert flushed(server, Spool(str(tmp_path / "none"))).is_whole
        assert server.asked == []


def test_what_is_refused_is_dropped_and_said(tmp_path: Path) -> None:
    with serving(MET, OK, answer(400, "invalid at"), OK) as server:
        done = flushed(server, kept(tmp_path))
    assert (done.sent, done.dropped, done.left) == (2, 1, 0)
    assert done.lines == [
        "the start of backup is dropped: the server refused it: 400 invalid at"
    ]


def test_an_unknown_job_holds_up_no_other(tmp_path: Path) -> None:
    with serving(MET, answer(404), answer(404), OK) as server:
        done = flushed(server, kept(tmp_path))
    assert (done.sent, done.dropped, done.left) == (1, 0, 2)
    assert (len(done.troubles), done.lines) == (1, [])
    assert done.is_whole


def test_after_seven_days_it_is_dropped(tmp_path: Path) -> None:
    with serving(MET, OK) as server:
        done = flushed(server, kept(tmp_path), NOON + 7 * 86_400 + 1.5)
        assert len(server.asked) == 2
    assert (done.sent, done.dropped) == (1, 2)


def test_it_waits_when_the_server_asks_for_it(tmp_path: Path) -> None:
    with serving(MET, answer(429, Retry_After="1"), OK) as server:
        done = flushed(server, kept(tmp_path, 2))
        assert len(server.asked) == 4
    assert (done.sent, done.left, done.lines) == (2, 0, [])


@pytest.mark.parametrize(
    "said", [answer(503, Retry_After="3000"), answer(500), answer(302), b""]
)
def test_it_stops_where_waiting_is_of_no_use(tmp_path: Path, said: bytes) -> None:
    with serving(MET, OK, said) as server:
        done = flushed(server, kept(tmp_path))
    assert (done.sent, done.left, len(done.troubles)) == (1, 2, 1)
    assert not done.is_whole
    assert done.is_away == (said == b"")


def test_nobody_there(tmp_path: Path) -> None:
    spool = kept(tmp_path)
    with serving(b"") as server:
        done = flushed(server, spool)
        assert len(server.asked) == 1
    assert (done.sent, done.left, done.is_away) == (0, 3, True)


def test_it_makes_way_when_somebody_waits(tmp_path: Path) -> None:
    clock, spool = HandClock(NOON), kept(tmp_path)
    with serving(MET, OK) as server:
        courier = Courier(place(server.url), clock)
        flush = Flush(
            spool,
            courier,
            clock,
            until=soon(clock),
            stops=lambda: len(server.asked) > 1,
        )
        flush.run()
        courier.close()
    assert (flush.sent, flush.left, flush.is_whole) == (1, 2, False)


def test_a_wait_is_given_up_for_somebody(tmp_path: Path) -> None:
    clock, spool = HandClock(NOON), kept(tmp_path, 1)
    with serving(MET, answer(429, Retry_After="20")) as server:
        courier = Courier(place(server.url), clock)
        flush = Flush(
            spool,
            courier,
            clock,
            until=soon(clock),
            stops=lambda: len(server.asked) > 1,
        )
        flush.run()
        assert len(server.asked) == 2
        courier.close()
    assert (flush.sent, flush.left) == (0, 1)


def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path) -> None:
    spool = kept(tmp_path, 2)
    damaged = Path(spool.folder, spool.names()[0])
    damaged.write_bytes(b"\0")
    with serving(MET, OK) as server:
        done = flushed(server, spool)
    assert (done.sent, done.dropped, done.left) == (1, 1, 0)
    assert "is damaged" in done.lines[0]
    assert not damaged.exists()


def test_what_was_lost_is_said_once(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "spool"), most=1)
    for seconds in range(3):
        spool.put(report(at=NOON + seconds))
    with serving(MET, OK) as server:
        first, second = flushed(server, spool), flushed(server, spool)
    assert first.lines == ["the spool was full: its 2 oldest reports are lost"]
    assert (first.dropped, second.dropped, second.lines) == (2, 0, [])


def test_a_spool_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spool = Spool(str(tmp_path / "file" / "spool"))
    with serving(OK) as server, pytest.raises(Unusable, match="file"):
        flushed(server, spool)


def test_settings_that_are_wrong_say_so(tmp_path: Path) -> None:
    found = Settings()
    found.problem = "client.toml may be written by others"
    with pytest.raises(places.Unknown, match="written by others"):
        flushes.find(found)
    environ = {"CRONITOR_URL": "http://a", "CRONITOR_CLIENT_CONFIG": "/none"}
    assert flushes.find(settings.read(environ)).host == "a"
