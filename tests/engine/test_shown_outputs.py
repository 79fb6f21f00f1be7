"""The end of an output on its way to a group of people."""

import pytest

from bot import log
from bot.engine import shown_outputs

SECRET = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_redactor", log.Redactor())
    log.register_secret(SECRET)


def test_a_known_secret_goes_even_with_a_colour_in_its_middle() -> None:
    printed = f"a {SECRET[:5]}\x1b[1m{SECRET[5:]} b".encode()
    assert shown_outputs.shown(printed) == "a *** b"
    assert shown_outputs.end(printed) == b"a *** b"


def test_what_is_no_utf_8_is_shown_all_the_same() -> None:
    assert shown_outputs.shown(b"a \xff b") == "a \ufffd b"


@pytest.mark.parametrize("separator", ["\n", " "])
def test_half_a_secret_at_the_cut_is_left_out(separator: str) -> None:
    tail = f"{separator}the end".encode()
    fill = b"x" * (shown_outputs.LOOKED_AT - len(tail) - 5)
    printed = SECRET.encode() + fill + tail
    assert shown_outputs.end(printed) == b"the end"


def test_one_long_word_is_shown_from_where_it_is_cut() -> None:
    assert shown_outputs.end(b"x" * 20_000) == b"x" * shown_outputs.LOOKED_AT
