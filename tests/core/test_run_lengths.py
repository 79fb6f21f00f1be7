"""How long a run took, beside what is usual."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.core import run_lengths
from bot.core.drift import Sample
from bot.core.run_lengths import RunLength
from tests.core.factories import MINUTE, T0


def good(*minutes: float) -> list[Sample]:
    """Runs that ended well, one a minute."""
    return [
        Sample(at=T0 + n * MINUTE, value=60 * each) for n, each in enumerate(minutes)
    ]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ((), "31 min"),
        ((5, 5), "31 min"),
        ((5, 5, 5), "31 min, usually 5 min"),
        ((4, 5, 5, 6), "31 min, usually 4 to 6 min"),
    ],
)
def test_what_is_usual_is_said_where_enough_is_known(
    before: Sequence[float], said: str
) -> None:
    length = RunLength(timedelta(minutes=31), run_lengths.usual(good(*before)))
    assert run_lengths.words(length) == said
