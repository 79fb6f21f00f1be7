"""Moments come in their order, and cancelled ones cost nothing."""

from bot.executors.timers import Timers


def test_what_is_due_is_done_in_order() -> None:
    timers, done = Timers(), list[str]()
    assert timers.wait_s(0) is None
    for moment, name in ((5, "c"), (1, "a"), (1, "b"), (9, "d")):
        timers.at(moment, lambda name=name: done.append(name))  # type: ignore[misc]
    assert timers.wait_s(0.25) == 0.75
    timers.run(5)
    assert done == ["a", "b", "c"]
    assert timers.wait_s(100) == 0


def test_a_cancelled_one_is_not_done() -> None:
    timers, done = Timers(), list[int]()
    timer = timers.at(1, lambda: done.append(1))
    timer.cancel()
    timer.cancel()
    timers.run(2)
    assert done == []


def test_a_day_s_time_out_is_not_kept_for_a_run_of_a_second() -> None:
    timers = Timers()
    for n in range(10_000):
        timers.at(86_400 + n, lambda: None).cancel()
    assert len(timers) < 300
