"""What was asked once more is remembered for a while, and answered once."""

from bot.discord_ui.questions import Questions, Wanted


def wanted(number: int) -> Wanted:
    return Wanted(slug="nightly", values={}, key=str(number))


def test_a_question_is_answered_once() -> None:
    asked = Questions()
    asked.add(7, wanted(7))
    assert asked.get(7) == wanted(7)
    assert asked.take(7)
    assert not asked.take(7)
    assert asked.get(7) is None


def test_the_oldest_is_forgotten() -> None:
    asked = Questions()
    for number in range(150):
        asked.add(number, wanted(number))
    assert asked.get(49) is None
    assert asked.get(50) is not None
