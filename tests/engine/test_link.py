"""How the bot stands, for faces that ask."""

from datetime import timedelta

from bot.engine.link import Link
from tests.fakes import FakeClock


def test_without_a_bot_it_is_off() -> None:
    assert Link(FakeClock()).view() == {"state": "off", "bot_id": None, "presses": []}


def test_it_is_away_until_it_is_connected_and_after() -> None:
    link = Link(FakeClock())
    states = []
    for bot_id in (None, 7, None):
        if bot_id is None:
            link.lost()
        else:
            link.connected(bot_id)
        states.append((link.view()["state"], link.view()["bot_id"]))
    assert states == [("away", None), ("connected", "7"), ("away", "7")]


def test_it_knows_since_when_it_is_away() -> None:
    clock = FakeClock()
    link = Link(clock)
    assert link.away_s() == 0
    link.lost()
    clock.advance(timedelta(seconds=20))
    link.lost()
    clock.advance(timedelta(seconds=5))
    assert link.away_s() == 25
    link.connected(7)
    assert link.away_s() == 0


def test_it_knows_since_when_nothing_is_heard_at_all() -> None:
    clock = FakeClock()
    link = Link(clock)
    assert link.silent_s() == 0
    link.lost()
    clock.advance(timedelta(seconds=20))
    link.lost()
    assert link.silent_s() == 20
    link.lost(answers=True)
    clock.advance(timedelta(seconds=20))
    assert (link.silent_s(), link.away_s()) == (0, 40)
    link.lost()
    clock.advance(timedelta(seconds=5))
    assert link.silent_s() == 5
    link.connected(7)
    assert link.silent_s() == 0


def test_presses_are_kept_in_their_order_and_not_for_ever() -> None:
    link = Link(FakeClock())
    for number in range(1000):
        link.pressed(number, "Why?", "ada")
    presses = link.view()["presses"]
    assert isinstance(presses, list)
    assert len(presses) == 50
    assert presses[-1] == {
        "message_id": "999",
        "button": "Why?",
        "by": "ada",
        "at": "2026-11-23T03:00:00Z",
    }
