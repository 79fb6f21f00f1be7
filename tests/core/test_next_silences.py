"""What silences one after the other, and when that lets it sound."""

from bot.core.kinds import InhibitorKind
from bot.core.silencers import Inhibitor
from tests.core.factories import DAY, HOUR, MINUTE, T0, up
from tests.core.test_next_sounds import check, failing, foreseen, rest


def test_what_is_inhibited_waits_for_an_end_that_nobody_knows() -> None:
    life = up()
    life.inhibitors = (
        Inhibitor(kind=InhibitorKind.NODE, name="nas", opened_at=T0 - DAY),
    )
    life.until(T0 + 70 * MINUTE)
    sound = foreseen(life)
    assert sound.at is None
    assert sound.text == "When the incident above it is over, if it is still bad then."


def test_silences_that_follow_each_other_are_named_in_order() -> None:
    life = failing()
    life.plan(HOUR)
    rest(life, "04:00-05:00")
    sound = foreseen(life)
    assert sound.at == T0 + 2 * HOUR
    assert sound.text == (
        "When the maintenance and then the quiet of the night ends, if it is still bad "
        "then."
    )
    check(life)


def test_an_acknowledgement_may_end_in_another_silence() -> None:
    life = failing()
    rest(life, "04:00-05:00")
    life.acknowledge(90 * MINUTE)
    sound = foreseen(life)
    assert sound.at == T0 + 2 * HOUR
    assert "not before the end of the quiet of the night" in sound.text
    check(life)


def test_a_night_to_come_is_foreseen() -> None:
    life = failing()
    rest(life, "22:00-07:00")
    life.until(T0 + 5 * HOUR)
    sound = foreseen(life)
    assert sound.at == T0 + 28 * HOUR
    assert sound.text.startswith("When the quiet of the night to come has ended")
    check(life)
