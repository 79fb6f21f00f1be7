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
    makes = route.method == "POST" and route.path in (
        "/v1/jobs",
        "/v1/mutes",
        "/v1/maintenance",
        "/v1/keys",
    )
    is_wish = route.path.endswith("/run")
    assert route.status == (201 if makes else 202 if is_wish else 200)


def test_only_backups_and_keys_are_for_the_unix_socket_alone() -> None:
    local = {route.path.split("{")[0] for route in ROUTES if route.local}
    assert local == {"/v1/keys", "/v1/keys/", "/v1/backup"}
