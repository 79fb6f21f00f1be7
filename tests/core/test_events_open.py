"""Events that were kept, and slots that are open or were decided just now."""

import pytest

from bot.core import events
from bot.core.effects import CloseSlot, Unseen
from bot.core.kinds import BlindId, Outcome
from bot.core.models import Slot
from tests.core.factories import HOUR, MINUTE, T0, up
from tests.core.test_events import DUE, late


def test_an_event_takes_the_open_slot_and_not_one_that_was_missed_before() -> None:
    life = up()
    life.until(DUE + HOUR + 3 * MINUTE)
    assert life.slots == {DUE: Outcome.MISSED}
    late(life, DUE + HOUR + 2 * MINUTE)
    assert life.slots == {DUE: Outcome.MISSED, DUE + HOUR: Outcome.OK}
    life.until(DUE + HOUR + 20 * MINUTE)
    assert life.kinds == ["opened", "resolved"]


def test_an_event_decides_a_miss_that_nobody_had_noticed() -> None:
    life = up(watched=False)
    life.until(DUE + 7 * MINUTE)
    late(life, DUE + MINUTE)
    assert life.slots == {DUE: Outcome.OK}
    assert life.kinds == ["opened", "resolved"]


@pytest.mark.parametrize(
    ("word", "after"),
    [
        (Outcome.FAILED, Outcome.FAILED),
        (Outcome.SKIPPED, Outcome.MISSED),
    ],
)
def test_what_was_decided_since_the_slots_were_read(
    word: Outcome, after: Outcome
) -> None:
    life = up()
    read = Slot(job_id=life.job.id, due_at=DUE, outcome=Outcome.MISSED, decided_at=DUE)
    closed = CloseSlot(life.job.id, DUE, word, T0)
    (slot,) = events.updated([read], (Unseen(BlindId(1)), closed), DUE)
    assert slot.outcome is after
    coming = CloseSlot(life.job.id, DUE + HOUR, Outcome.OK, T0)
    assert list(events.updated([read], [coming], DUE)) == [read]
