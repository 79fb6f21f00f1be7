"""Messages arrive whole, however a socket cuts them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.executors import wire
from bot.executors.wire import Decoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    messages=st.lists(st.dictionaries(st.text(), VALUES), max_size=4),
    cuts=st.lists(st.integers(1, 40), max_size=50),
)
def test_what_is_sent_arrives(
    messages: list[dict[str, object]], cuts: list[int]
) -> None:
    sent = b"".join(map(wire.encode, messages))
    decoder, arrived = Decoder(), []
    for cut in [*cuts, len(sent)]:
        arrived += list(decoder.feed(sent[:cut]))
        sent = sent[cut:]
    assert arrived == messages


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\0\0\0\x02[]", "a message is no object"),
        (b"\0\0\0\x01x", "Expecting value"),
        (b"\xff\0\0\0", "a message is too long"),
    ],
)
def test_what_is_no_message_is_refused(sent: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(Decoder().feed(sent))


def test_marks_differ_by_folder_and_run() -> None:
    marks = {wire.mark(x, y) for x in ("/a", "/b") for y in ("1", "2")}
    assert len(marks) == 4


def test_text_that_was_no_text_survives() -> None:
    message = {"argv": ["\udcff"]}
    assert list(Decoder().feed(wire.encode(message))) == [message]
    assert json.loads(json.dumps(message)) == message
