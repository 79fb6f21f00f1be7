"""Times of a day, and how long to wait for others, as settings write them."""

from datetime import timedelta

import pytest

from bot.core import day_times


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("22:00-07:00", ((22, 0), (7, 0))),
        (" 9:05 - 17:30 ", ((9, 5), (17, 30))),
        ("22:00-22:00", None),
        ("24:00-07:00", None),
        ("22-7", None),
        ("", None),
    ],
)
def test_a_part_of_a_day(text: str, span: object) -> None:
    assert day_times.span(text) == span


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("db=30s", ("db", timedelta(seconds=30))),
        (" db = 10m", ("db", timedelta(minutes=10))),
        ("db=11m", None),
        ("db", None),
        ("=30s", None),
        ("db=soon", None),
    ],
)
def test_a_tag_with_a_wait(text: str, wait: object) -> None:
    assert day_times.wait(text) == wait
