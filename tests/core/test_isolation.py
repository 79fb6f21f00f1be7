"""When it is the receiver that is cut off, and not the jobs that are broken."""

from datetime import datetime, timedelta

import pytest

from bot.core import isolation
from bot.core.isolation import Due, Isolation
from bot.core.kinds import JobId, Outcome
from tests.core.factories import HOUR, MINUTE, SECOND, T0, TICK, job, up

HOME, OFFICE = "192.0.2.1", "2001:db8::7"


def dues(*addresses: str, missed: int = 0) -> list[Due]:
    """Jobs from these addresses; the first so many missed a little before."""
    return [
        Due(job_id=JobId(number), address=address, missed=number < missed)
        for number, address in enumerate(addresses)
    ]


@pytest.mark.parametrize(
    ("addresses", "missed", "now_missing", "cut_off"),
    [
        ((HOME, OFFICE, HOME), 0, (0, 1, 2), True),
        ((HOME, OFFICE, HOME), 2, (2,), True),
        ((HOME, OFFICE, HOME), 0, (0, 1), False),
        ((HOME, HOME, HOME), 0, (0, 1, 2), False),
        ((HOME, OFFICE, HOME, HOME, HOME, HOME), 0, (0, 1, 2), True),
        ((HOME, OFFICE, HOME, HOME, HOME, HOME, HOME), 0, (0, 1, 2), False),
        # local jobs count neither way
        ((HOME, OFFICE, "127.0.0.1"), 0, (0, 1, 2), False),
        ((HOME, OFFICE, HOME, *["::1"] * 9), 0, (0, 1, 2), True),
        ((), 0, (), False),
    ],
)
def test_how_many_must_miss(
    addresses: tuple[str, ...], missed: int, now_missing: tuple[int, ...], cut_off: bool
) -> None:
    found = isolation.is_cut_off(
        dues(*addresses, missed=missed),
        [JobId(number) for number in now_missing],
        since=T0,
        last_remote_at=T0 - TICK,
        evidence=True,
    )
    assert found is cut_off


@pytest.mark.parametrize(
    ("evidence", "last_remote_at", "cut_off"),
    [
        (True, None, True),
        (True, T0 - TICK, True),
        (True, T0, False),
        (True, T0 + SECOND, False),
        (False, None, False),
    ],
)
def test_it_needs_evidence_and_silence(
    evidence: bool, last_remote_at: datetime | None, cut_off: bool
) -> None:
    found = isolation.is_cut_off(
        dues(HOME, OFFICE, HOME, missed=3),
        (),
        since=T0,
        last_remote_at=last_remote_at,
        evidence=evidence,
    )
    assert found is cut_off


@pytest.mark.parametrize(
    ("address", "remote"),
    [
        ("", False),
        ("127.0.0.1", False),
        ("127.8.9.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:192.0.2.1", True),
        ("192.0.2.1", True),
        ("10.0.0.4", True),
        ("fe80::1%eth0", True),
        ("garbage", False),
    ],
)
def test_which_addresses_are_remote(address: str, remote: bool) -> None:
    assert isolation.is_remote(address) is remote


@pytest.mark.parametrize(
    ("began", "ended", "now", "until"),
    [
        # due at 04:00, deadline 04:05, hourly
        (T0 + HOUR, None, T0 + 2 * HOUR, T0 + 2 * HOUR + MINUTE),
        (T0 + 66 * MINUTE, None, T0 + 2 * HOUR, None),
        (T0 + HOUR, T0 + 2 * HOUR, T0 + 2 * HOUR, T0 + 3 * HOUR + 5 * MINUTE),
        (T0 + HOUR, T0 + 2 * HOUR, T0 + 4 * HOUR, None),
        (T0, T0 + HOUR, T0 + 2 * HOUR, None),
    ],
)
def test_a_miss_waits_for_one_period_and_grace_after_the_end(
    began: datetime, ended: datetime | None, now: datetime, until: datetime | None
) -> None:
    found = isolation.waits_until(
        Isolation(began_at=began, ended_at=ended), job(), T0 + HOUR, now
    )
    assert found == until


def test_a_slot_that_waits_can_still_be_taken() -> None:
    life = up()
    due = T0 + HOUR
    life.until(due + 5 * MINUTE)
    later = life.now + 2 * HOUR
    life.save(isolation.postponed(life.load(), later, life.now, life.ids))
    life.advance(30 * MINUTE)
    assert life.open_incident is None
    life.success()
    assert life.slots == {due: Outcome.OK}


def test_a_slot_that_waited_in_vain_is_missed() -> None:
    life = up()
    life.until(T0 + HOUR + 5 * MINUTE)
    later = life.now + timedelta(minutes=10)
    life.save(isolation.postponed(life.load(), later, life.now, life.ids))
    life.until(later + TICK)
    assert life.open_incident is not None
    assert life.open_incident.opened_at == later
