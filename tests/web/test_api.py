"""The routes as a whole: documented, and each with one meaning."""

from collections import Counter

import pytest

from bot.web.api import ROUTES
from bot.web.calls import Route
from tests.web import route_table


def test_the_documentation_has_every_route() -> None:
    text = route_table.PAGE.read_text("utf-8")
    assert text == route_table.page(text), "python -m tests.web.route_table"


def test_no_call_is_there_twice() -> None:
    counts = Counter((route.method, route.path) for route in ROUTES)
    assert [call for call, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_what_is_made_is_answered_with_201(route: Route) -> None:
    made = ("/v1/jobs", "/v1/mutes", "/v1/maintenance")
    makes = route.method == "POST" and route.path in made
    assert route.status == (201 if makes else 200)


def test_only_the_backup_is_for_the_unix_socket_alone() -> None:
    assert [route.path for route in ROUTES if route.local] == ["/v1/backup"]
