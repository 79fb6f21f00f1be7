"""Write the table of routes into `docs/api.md`: `python -m tests.web.route_table`."""

import re

from bot.web.api import ROUTES
from tests import tree

PAGE = tree.ROOT / "docs" / "api.md"
_BEGIN = "<!-- routes: written by `python -m tests.web.route_table` -->\n"
_END = "<!-- end of routes -->\n"


def table() -> str:
    """Every route of the API, as a table."""
    rows = [
        f"| `{route.method} {re.sub(r':[^/]*}(?=/|$)', '}', route.path)}` "
        f"| {route.takes} | {route.says} |\n"
        for route in ROUTES
    ]
    return "".join(["| call | takes | does |\n|---|---|---|\n", *rows])


def page(text: str) -> str:
    """The page, with the table as it must be."""
    before, rest = text.split(_BEGIN)
    return f"{before}{_BEGIN}\n{table()}\n{_END}{rest.split(_END)[1]}"


def main() -> None:
    """Write it."""
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
