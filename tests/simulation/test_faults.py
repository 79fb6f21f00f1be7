"""The simulation finds a rule that is wrong: without that its silence says nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import count
from types import ModuleType
from typing import Any

import pytest

from bot.core import (
    audible,
    blind_times,
    incidents,
    inhibition,
    maintenance,
    schedules,
    slots,
)
from bot.core.kinds import NotificationKind
from bot.core.transitions import Draft
from tests.simulation import compare, core_families, lives, oracle_families
from tests.simulation.compare import Difference
from tests.simulation.findings import Findings
from tests.simulation.worlds import World, families

#: worlds in which each rule is needed
USUAL, WITH_INHIBITION = 5, 24


@cache
def foreseen(
    seed: int,
) -> tuple[World, Sequence[tuple[Sequence[int], Sequence[Findings]]]]:
    """A world that is long enough for each fault, and what the oracle says of it."""
    world = lives.world(seed, jobs=25, days=20)
    known = [(n, oracle_families.foresee(world, n)) for n in families(world)]
    return world, known


def differences(seed: int = USUAL) -> list[Difference]:
    """Where the rules as they are now say something else."""
    world, known = foreseen(seed)
    found: list[Difference] = []
    for numbers, oracle in known:
        led = core_families.lead(world, numbers)
        for number, mine, other in zip(numbers, oracle, led, strict=True):
            found += compare.differences(world, number + 1, mine, other)
    return found


def abouts(seed: int = USUAL) -> list[str]:
    """What the differences are about."""
    return [each.about for each in differences(seed)]


def test_without_a_fault_nothing_is_found() -> None:
    assert not differences()


def test_a_grace_that_is_a_second_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    right = schedules.deadline

    def wrong(*given: Any) -> Any:
        return right(*given) + timedelta(seconds=1)

    monkeypatch.setattr(schedules, "deadline", wrong)
    assert "incident of" in abouts()


@pytest.mark.parametrize(
    "kind",
    [
        NotificationKind.OPENED,
        NotificationKind.WORSENED,
        NotificationKind.REMINDER,
        NotificationKind.UNSILENCED,
        NotificationKind.RESOLVED,
    ],
)
def test_a_single_sound_that_is_lost(
    kind: NotificationKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, seen = audible.decide, count()

    def wrong(*given: Any) -> audible.Decision:
        decision = right(*given)
        notify = decision.notify
        if notify is not None and notify.kind is kind and next(seen) == 2:
            return replace(decision, notify=None)
        return decision

    monkeypatch.setattr(audible, "decide", wrong)
    assert abouts() == ["told at"]


def test_a_single_sound_that_is_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    right, seen = audible.speak, count()

    def wrong(draft: Draft) -> None:
        before = len(draft.effects)
        right(draft)
        if len(draft.effects) > before and next(seen) == 40:
            draft.effects.append(draft.effects[-1])

    monkeypatch.setattr(audible, "speak", wrong)
    assert abouts() == ["told at"]


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (maintenance, "covering", lambda *_: None),
        (incidents, "_is_flapping", lambda *_, **__: False),
        (blind_times, "hiding_slot", lambda *_: None),
        (slots, "_merge", lambda *_: None),
    ],
)
def test_a_rule_that_is_left_out(
    module: ModuleType, name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert differences()


def test_inhibition_that_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not differences(WITH_INHIBITION)
    monkeypatch.setattr(inhibition, "inhibitors", lambda *_: ())
    assert set(abouts(WITH_INHIBITION)) == {"told at"}
