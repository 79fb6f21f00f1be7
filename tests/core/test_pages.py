"""A page that is not there is the nearest one that is."""

import pytest

from bot.core.pages import Window, window


@pytest.mark.parametrize(
    ("total", "page", "expected"),
    [
        (0, 1, (1, 1, 0)),
        (0, 7, (1, 1, 0)),
        (1, 1, (1, 1, 0)),
        (10, 2, (1, 1, 0)),
        (11, 2, (2, 2, 10)),
        (11, 3, (2, 2, 10)),
        (10_000, 1000, (1000, 1000, 9990)),
        (11, 0, (1, 2, 0)),
        (11, -5, (1, 2, 0)),
    ],
)
def test_the_page_that_is_shown(
    total: int, page: int, expected: tuple[int, int, int]
) -> None:
    shown = window(total, page, 10)
    number, pages, offset = expected
    assert shown == Window(page=number, pages=pages, offset=offset)
