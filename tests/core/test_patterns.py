"""What is missing in an output."""

import pytest

from bot.core import patterns
from bot.core.commands import Expect


@pytest.mark.parametrize(
    ("expect", "output", "missing"),
    [
        (Expect(), "", ""),
        (Expect(pattern="^done$"), "a\ndone\nb", ""),
        (Expect(pattern="^done$"), "not done", "nothing in the output is like ^done$"),
        (Expect(count=r"(\d+) rows", at_least=5), "5 rows", ""),
        (Expect(count=r"(\d+) rows", at_least=5), "9 rows\n4 rows", "4 counted, 5 exp"),
        (Expect(count=r"([\d,]+) rows", at_least=5000), "12,345 rows", ""),
        (Expect(count=r"(\d+) rows"), "rows", "so nothing was counted"),
        (Expect(count=r"(\w+) rows"), "no rows", "'no' in the output is no number"),
        (Expect(count=r"(\d+) rows", at_least=5), f"{'9' * 4000} rows", ""),
        (
            Expect(count=r"(\d+) rows"),
            f"{'9' * 4001} rows",
            "9' in the output is no num",
        ),
        (Expect(count=r"(x)?rows"), "rows", "nothing was counted"),
    ],
)
def test_the_output_is_looked_through(
    expect: Expect, output: str, missing: str
) -> None:
    said = patterns.missing(expect.pattern, expect.count, expect.at_least, output)
    assert missing in said
    assert bool(missing) is bool(said)
