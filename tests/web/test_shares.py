"""Who may have a connection, and who has to go for it."""

from dataclasses import dataclass, field

import pytest

from bot.web.shares import Shares, source_of


@dataclass(eq=False)
class Guest:
    """A connection, as far as it is counted."""

    address: str = "192.0.2.1"
    active: bool = False
    is_working: bool = False
    ended: list[bool] = field(default_factory=list)

    def abort(self) -> None:
        """See `bot.web.shares.Guest`."""
        self.ended.append(True)


def shares(most: int, *, trusted: str = "-") -> Shares:
    return Shares(most, lambda address: address == trusted)


def filled(most: int, guests: list[Guest], *, trusted: str = "-") -> Shares:
    kept = shares(most, trusted=trusted)
    assert all(kept.admit(each) for each in guests)
    return kept


def test_the_one_that_did_nothing_for_longest_goes() -> None:
    here = [Guest("::1") for _ in range(4)]
    kept = filled(4, here)
    newcomer = Guest("::1")
    assert kept.admit(newcomer)
    assert [bool(each.ended) for each in here] == [True, False, False, False]
    assert kept.guests() == [*here[1:], newcomer]


def test_who_was_answered_since_has_a_second_chance() -> None:
    here = [Guest("::1", active=number != 2) for number in range(4)]
    kept = filled(4, here)
    assert kept.admit(Guest("::1"))
    assert [bool(each.ended) for each in here] == [False, False, True, False]
    # all of them are in use: the first one has to go
    for each in kept.guests():
        each.active = True
    assert kept.admit(Guest("::1"))
    assert here[3].ended
    assert len(kept) == 4


def test_work_is_not_broken_off() -> None:
    here = [Guest("::1", is_working=True) for _ in range(4)]
    kept = filled(4, here)
    assert not kept.admit(Guest("::1"))
    assert len(kept) == 4
    assert not any(each.ended for each in here)


def test_one_address_has_a_quarter_and_sends_away_its_own() -> None:
    other = Guest("198.51.100.7")
    greedy = [Guest() for _ in range(2)]
    kept = filled(8, [other, *greedy])
    assert kept.admit(Guest())
    assert greedy[0].ended
    assert not other.ended
    greedy[1].is_working = True
    kept.guests()[-1].is_working = True  # type: ignore[misc]
    assert not kept.admit(Guest())
    assert kept.admit(Guest("203.0.113.9"))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "", "10.0.0.1"])
def test_this_machine_and_proxies_have_no_share_of_their_own(address: str) -> None:
    kept = filled(8, [Guest(address) for _ in range(8)], trusted="10.0.0.1")
    assert len(kept) == 8


def test_who_has_gone_is_not_counted() -> None:
    here = [Guest(f"192.0.2.{number}") for number in range(4)]
    kept = filled(4, here)
    for each in (here[0], here[0], here[1]):
        kept.remove(each)
    assert len(kept) == 2
    assert kept.admit(Guest("192.0.2.0"))
    assert not any(each.ended for each in here)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:127.0.0.1", ""),
        ("nonsense", ""),
    ],
)
def test_whom_an_address_stands_for(address: str, source: str) -> None:
    assert source_of(address) == source
