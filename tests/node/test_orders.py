"""The command line as it is read without click."""

import pytest

from bot.node import orders
from bot.node.orders import MOST_OUTPUT


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--help"],
        ["job"],
        ["job", "true"],
        ["job", "--"],
        ["--", "true"],
        ["", "--", "true"],
        ["one", "two", "--", "true"],
        ["--unknown", "job", "--", "true"],
        ["--create=1", "job", "--", "true"],
        ["-h", "job", "--", "true"],
        ["--output-limit", "--", "true"],
        ["--output-limit", "-1", "job", "--", "true"],
        ["--output-limit", "x", "job", "--", "true"],
        ["--output-limit", "²", "job", "--", "true"],
        ["--output-limit", str(MOST_OUTPUT + 1), "job", "--", "true"],
        ["--data-dir", "/x", "job", "--", "true"],
    ],
)
def test_what_is_not_plain_is_left_to_click(args: list[str]) -> None:
    assert orders.read(args) is None


def test_a_plain_line() -> None:
    order = orders.read(["backup", "--", "tar", "--create", "--", "x"])
    assert order is not None
    assert (order.job, order.command) == ("backup", ["tar", "--create", "--", "x"])
    assert (order.create, order.quiet, order.output_limit) == (False, False, None)


@pytest.mark.parametrize("before", [True, False])
def test_options_stand_before_or_after_the_job(before: bool) -> None:
    options = ["--create", "--quiet", "--output-limit", "7"]
    given = [*options, "job"] if before else ["job", *options]
    order = orders.read([*given, "--", "true"])
    assert order is not None
    assert (order.create, order.quiet, order.output_limit) == (True, True, 7)


def test_no_output_is_a_limit_of_nothing() -> None:
    order = orders.read(["--no-output", "job", "--", "true"])
    assert order is not None
    assert order.output_limit == 0
