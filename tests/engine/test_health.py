"""Faults by part: those that are reported, and those that are asked for."""

from bot.engine.health import Health


def test_what_is_reported_stays_until_it_is_cleared() -> None:
    health = Health()
    health.report("b", "one")
    health.report("b", "two")
    health.report("a", "three")
    assert list(health.faults().items()) == [("a", "three"), ("b", "two")]
    health.clear("b")
    health.clear("c")
    assert health.faults() == {"a": "three"}


def test_what_stands_still_is_asked() -> None:
    health, faults = Health(), ["stuck"]
    health.ask("loops", lambda: faults[0] if faults else None)
    assert health.faults() == {"loops": "stuck"}
    faults.clear()
    assert health.faults() == {}
