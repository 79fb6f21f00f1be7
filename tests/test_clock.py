"""The clock of the machine, and one that never goes back."""

from datetime import timedelta

from bot.clock import SteadyClock, SystemClock
from tests.fakes import T0, FakeClock

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_the_clocks_of_the_machine_can_be_read() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta()
    assert clock.since_boot() >= clock.monotonic() - 1
    assert clock.boot_id() == SystemClock().boot_id()


def test_a_steady_clock_shows_the_real_time() -> None:
    real = FakeClock()
    clock = SteadyClock(real)
    real.advance(HOUR)
    assert clock.now() == T0 + HOUR
    assert clock.monotonic() == real.monotonic()
    assert (clock.since_boot(), clock.boot_id()) == (real.since_boot(), "first")


def test_while_the_real_one_is_behind_it_goes_on_at_a_tenth_of_the_speed() -> None:
    real = FakeClock()
    clock = SteadyClock(real)
    assert clock.now() == T0
    real.step(-HOUR)
    assert clock.now() == T0
    real.advance(10 * MINUTE)
    assert clock.now() == T0 + MINUTE
    real.advance(HOUR)
    assert clock.now() == T0 + 10 * MINUTE, "the real one has caught up"


def test_what_has_been_is_not_shown_again() -> None:
    real = FakeClock()
    clock = SteadyClock(real)
    clock.not_before(T0 + HOUR)
    clock.not_before(T0)
    assert clock.now() == T0 + HOUR
    real.advance(2 * HOUR)
    assert clock.now() == T0 + 2 * HOUR
