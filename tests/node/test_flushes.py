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


def many(folder: Path, count: int) -> Spool:
    """One report of each of so many jobs."""
    spool = Spool(str(folder / "spool"))
    for each in range(count):
        spool.put(report(job=f"j{each}", at=NOON + each))
    return spool


def jobs_of(server: Scripted) -> list[str]:
    """Whose reports were brought, in this order."""
    return [x.split("?")[0].split("/")[3] for x in server.lines() if x[:6] == "/ping/"]


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
def test_later_reports_of_a_job_wait_behind_one_that_is_put_off(
    tmp_path: Path, said: bytes
) -> None:
    with serving(MET, OK, said) as server:
        done = flushed(server, kept(tmp_path))
        assert len(server.asked) == (3 if said else 4)
    assert (done.sent, done.left, len(done.troubles)) == (1, 2, 1)
    assert done.is_whole == (said != b"")
    assert done.is_away == (said == b"")


@pytest.mark.parametrize("said", [answer(403), answer(500), answer(503), answer(302)])
def test_one_that_is_put_off_holds_up_no_other_job(tmp_path: Path, said: bytes) -> None:
    spool = Spool(str(tmp_path / "spool"))
    for at, job in enumerate(("web", "web", "a", "web", "b")):
        spool.put(report(job=job, at=NOON + at))
    with serving(MET, said, OK) as server:
        done = flushed(server, spool)
        assert jobs_of(server) == ["web", "a", "b"]
    assert (done.sent, done.dropped, done.left) == (2, 0, 3)
    assert done.is_whole
    with serving(MET, OK) as server:
        assert flushed(server, spool).left == 0
        assert [at_of(line) for line in server.lines()[1:]] == [
            NOON,
            NOON + 1,
            NOON + 3,
        ]


def test_a_server_that_serves_none_of_three_jobs_is_left_alone(tmp_path: Path) -> None:
    with serving(MET, answer(503)) as server:
        done = flushed(server, many(tmp_path, 6))
        assert jobs_of(server) == ["j0", "j1", "j2"]
    assert (done.sent, done.left, done.is_whole) == (0, 6, False)


def test_one_that_is_served_between_shows_that_the_server_is_well(
    tmp_path: Path,
) -> None:
    bad = answer(500)
    with serving(MET, bad, bad, OK, bad, bad, answer(404), bad, bad, OK) as server:
        done = flushed(server, many(tmp_path, 9))
    assert (done.sent, done.left, done.is_whole) == (2, 7, True)


def test_what_is_about_reports_is_no_sign_of_an_ill_server(tmp_path: Path) -> None:
    with serving(MET, *[answer(403)] * 5, OK) as server:
        done = flushed(server, many(tmp_path, 6))
    assert (done.sent, done.left, done.is_whole) == (1, 5, True)


def test_others_go_before_one_waits_for_what_is_put_off(tmp_path: Path) -> None:
    with serving(MET, answer(503, Retry_After="1"), OK) as server:
        done = flushed(server, many(tmp_path, 3))
        assert jobs_of(server) == ["j0", "j1", "j2", "j0"]
    assert (done.sent, done.left, done.is_whole) == (3, 0, True)


def test_what_an_ill_server_put_off_is_sent_when_it_is_well(tmp_path: Path) -> None:
    ill = answer(503, Retry_After="1")
    with serving(MET, ill, ill, ill, OK) as server:
        done = flushed(server, many(tmp_path, 5))
        assert jobs_of(server)[3:] == ["j0", "j1", "j2", "j3", "j4"]
    assert (done.sent, done.left, done.is_whole) == (5, 0, True)


def test_nobody_there_any_more_is_not_waited_for(tmp_path: Path) -> None:
    with serving(MET, answer(503, Retry_After="1"), b"") as server:
        done = flushed(server, many(tmp_path, 3))
    assert (done.sent, done.left, done.is_away) == (0, 3, True)
    assert not done.is_whole


def test_put_off_for_seven_days_it_is_dropped_alone(tmp_path: Path) -> None:
    spool = many(tmp_path, 1)
    spool.put(report(job="j0", at=NOON + 86_400))
    with serving(MET, OK) as server:
        done = flushed(server, spool, NOON + 7 * 86_400 + 60)
    assert (done.sent, done.dropped, done.left) == (1, 1, 0)


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
