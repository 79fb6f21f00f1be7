"""Watched paths and webhooks among the fields of a command."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core import jobs
from bot.core.commands import WATCH_SETTLE, Command, Webhook
from bot.errors import Invalid
from tests.core.definitions import define

ARGV = ["/bin/backup"]


def command(**fields: Any) -> Command:
    """The command of a definition with these fields."""
    found = define(kind="command", command=ARGV, **fields).command
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"watch": 5}, "watch: 5 is not a list of paths (write ["),
        ({"watch": []}, "watch: a list is not a list of paths"),
        ({"watch": [5]}, "watch: 5 is no path"),
        ({"watch": ["/a\0"]}, "is no path (a text of 4096 characters"),
        ({"watch": ["/" + "a" * 4096]}, "is no path"),
        ({"watch": ["inbox"]}, 'watch: "inbox" is no absolute path (begin it'),
        ({"watch": "//"}, "watch: / is everything there is (name a folder"),
        ({"watch": ["/srv/.."]}, "watch: / is everything there is"),
        ({"watch": [f"/{n}" for n in range(21)]}, "it has 21; 20 are allowed"),
        ({"watch_settle": "5s"}, "watch_settle: nothing is watched (such as"),
        ({"watch": ["/a"], "watch_settle": "0s"}, "is out of range (1s to 1d)"),
        ({"watch": ["/a"], "watch_settle": "2d"}, "is out of range (1s to 1d)"),
        ({"webhook": "yes"}, 'webhook: "yes" is neither true nor a table (write'),
        ({"webhook": {"secret": "x"}}, "webhook.secret: there is no such field (did"),
        ({"webhook": {"secret_file": "x"}}, "webhook.secret_file: it is not the path"),
        ({"webhook": {"token_file": "x"}}, "webhook.token_file: it is not the path"),
        (
            {"webhook": {"secret_file": "/a", "token_file": "/b"}},
            "webhook.token_file: `secret_file` is given as well (keep one of them)",
        ),
        ({"webhook": {"events": 5}}, "webhook.events: 5 is not a list of events"),
        ({"webhook": {"events": []}}, "webhook.events: a list is not a list"),
        ({"webhook": {"events": ["push\n"]}}, "is no name of an event"),
        ({"webhook": {"events": [5]}}, "webhook.events: 5 is no name of an event"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(
    fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        command(**fields)
    assert said in str(refused.value)


def test_paths_are_kept_once_and_plain() -> None:
    made = command(watch=["/srv/in/", "//srv/./in", "/etc/x"], watch_settle="5s")
    assert made.watch == ("/srv/in", "/etc/x")
    assert made.watch_settle == timedelta(seconds=5)
    assert command(watch="/srv/in").watch == ("/srv/in",)
    assert command(watch="/srv/in").watch_settle == WATCH_SETTLE


def test_a_webhook_is_written_down_as_it_was_given() -> None:
    assert command().webhook is None
    assert command(webhook=False).webhook is None
    assert command(webhook=True).webhook == Webhook()
    for given in (
        True,
        {"secret_file": "/run/s", "events": ["push"]},
        {"token_file": "/run/t"},
    ):
        definition = define(kind="command", command=ARGV, webhook=given)
        table = jobs.as_table(definition)
        assert table["webhook"] == given
        assert jobs.restore(table, "") == definition
    assert command(webhook={"events": "push"}).webhook == Webhook(events=("push",))
