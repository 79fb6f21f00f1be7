"""What counts as doing something, looked at now and then."""

from bot.web import silences
from bot.web.silences import Silence


def looks(silence: Silence, *, works: bool = False, unsent: int = 0) -> list[bool]:
    """So many looks as are the most; what each says."""
    return [
        silence.is_too_long(works=works, unsent=unsent) for _ in range(silences.MOST)
    ]


def test_nothing_for_long_is_too_long() -> None:
    assert looks(Silence()) == [False, False, True]


def test_work_in_progress_is_something() -> None:
    assert looks(Silence(), works=True) == [False, False, False]


def test_an_answer_that_nobody_reads_is_nothing_even_beside_work() -> None:
    assert looks(Silence(), works=True, unsent=10) == [False, False, True]


def test_an_answer_that_is_read_is_something() -> None:
    silence = Silence()
    said = [silence.is_too_long(works=False, unsent=n) for n in (9, 8, 7, 6, 5, 4)]
    assert not any(said)


def test_an_answer_begins_anew() -> None:
    silence = Silence()
    for _ in range(2):
        assert not silence.is_too_long(works=False, unsent=0)
    silence.end()
    assert looks(silence) == [False, False, True]
