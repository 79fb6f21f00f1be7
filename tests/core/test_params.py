"""Parameters in one line: read back as written, and offered as far as declared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import params
from bot.core.commands import Command, Param
from bot.errors import Invalid
from tests.core.drawn_commands import PARAMS


def command(**choices: list[str]) -> Command:
    """Runs with these parameters, of each the last one is the default."""
    return Command(
        argv=("/bin/true",),
        params=tuple(
            Param(name=name, choices=tuple(values), default=values[-1])
            for name, values in choices.items()
        ),
    )


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(max_size=20), max_size=5))
def test_what_is_written_is_read_back(values: dict[str, str]) -> None:
    assert params.parse(params.written(values)) == values


@given(st.text(max_size=60))
def test_anything_typed_is_read_or_refused(typed: str) -> None:
    try:
        values = params.parse(typed)
    except Invalid:
        return
    assert params.parse(params.written(values)) == values


@pytest.mark.parametrize("typed", ["full", "=full", "a=1 a=2", "'a=1", "a=1 b"])
def test_what_names_no_value_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        params.parse(typed)


BOTH = command(target=["daily", "full"], mode=["fast", "very slow"])
OFFERED = {
    "": [
        "target=full 'mode=very slow'",
        "target=full mode=fast",
        "target=daily 'mode=very slow'",
        "target=daily mode=fast",
    ],
    "target=d": ["target=daily 'mode=very slow'", "target=daily mode=fast"],
    "TARGET=D": ["target=daily 'mode=very slow'", "target=daily mode=fast"],
    "target=daily ": ["target=daily 'mode=very slow'", "target=daily mode=fast"],
    "target=daily mode=f": ["target=daily mode=fast"],
    "fast": ["target=full mode=fast", "target=daily mode=fast"],
    "mode=fast ": ["mode=fast target=full", "mode=fast target=daily"],
    "target=full 'mode=very ": ["target=full 'mode=very slow'"],
    "nix": [],
    "target=full mode=fast ": [],
}


@pytest.mark.parametrize("typed", OFFERED)
def test_lines_go_on_from_what_was_typed(typed: str) -> None:
    assert params.offered(BOTH, typed, 25) == OFFERED[typed]


def test_where_not_all_fits_the_next_parameter_is_offered() -> None:
    many = command(a=["1", "2", "3"], b=["1", "2", "3"])
    assert params.offered(many, "", 8) == ["a=3", "a=1", "a=2"]
    assert params.offered(many, "a=1 ", 8) == ["a=1 b=3", "a=1 b=1", "a=1 b=2"]
    assert params.offered(command(a=[str(n) for n in range(50)]), "", 25)[:2] == [
        "a=49",
        "a=0",
    ]


@given(PARAMS, st.text(max_size=30), st.integers(1, 25))
def test_nothing_is_offered_that_is_not_declared(
    declared: tuple[Param, ...], typed: str, limit: int
) -> None:
    wanted = Command(argv=("/bin/true",), params=declared)
    found = params.offered(wanted, "", limit)
    assert len(found) <= limit
    known = {param.name: param.choices for param in declared}
    for line in found:
        assert all(v in known[name] for name, v in params.parse(line).items())
    params.offered(wanted, typed, limit)
