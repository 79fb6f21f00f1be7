"""The log: how a line looks, what is never in it, and the closed list of actions."""

import ast
import io
import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import log
from bot.core.kinds import NOTICES, IncidentKind, NotificationKind
from bot.core.outputs import MASK
from tests import tree

UUID = "a3f5d2c1-0b47-4c1e-9a51-0123456789ab"
TOKEN = ".".join(["MTIzNDU2Nzg5MDEyMzQ1Njc4", "GaBcDe", "x" * 38])
SECRET = "a-key-of-the-api-0001"
#: 2026-11-23 20:15:01.250 UTC
AT = 1_795_464_901.25
LOGGER = logging.getLogger("tests.log")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _untouched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has its own secrets, the zone UTC, and leaves logging as it was."""
    names = ("aiosqlite", "asyncio")
    root, level = logging.getLogger(), logging.getLogger().level
    levels = {name: logging.getLogger(name).level for name in names}
    monkeypatch.setattr(log, "_redactor", log.Redactor())
    monkeypatch.setattr(logging.Formatter, "converter", staticmethod(time.gmtime))
    for variable in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(variable, raising=False)
    yield
    for handler in written_by_us():
        root.removeHandler(handler)
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


def written_by_us() -> list[logging.Handler]:
    """The handlers that `configure` has added; pytest has its own."""
    return [h for h in logging.getLogger().handlers if isinstance(h, log._Handler)]


def line(message: str, *args: object, **extra: object) -> logging.LogRecord:
    """A record of a fixed moment."""
    record = LOGGER.makeRecord(
        LOGGER.name, logging.INFO, __file__, 1, message, args, None, extra=extra
    )
    record.created, record.msecs = AT, 250.0
    return record


def plain(message: str, *args: object, **extra: object) -> str:
    """A line for people."""
    return log.PlainFormatter().format(line(message, *args, **extra))


def as_json(message: str, *args: object, **extra: object) -> dict[str, Any]:
    """A line for programs, read back."""
    written = log.JsonFormatter().format(line(message, *args, **extra))
    assert "\n" not in written
    assert written.isascii()
    read = json.loads(written)
    assert isinstance(read, dict)
    return read


def failure(message: str, *, format: str = "plain") -> str:
    """What is written of an exception with this message."""
    formatter = log.JsonFormatter() if format == "json" else log.PlainFormatter()
    record = line("it failed")
    try:
        raise ValueError(message)
    except ValueError:
        record.exc_info = sys.exc_info()
    return formatter.format(record)


def test_a_line_for_people_has_time_level_message_and_fields() -> None:
    written = plain("incident %s", "opened", job="backup", action="incident_opened")
    assert written == (
        "2026-11-23 20:15:01 INFO incident opened action=incident_opened job=backup"
    )


def test_a_line_for_programs_is_one_object() -> None:
    written = as_json(
        "incident %s", "opened", kind=IncidentKind.MISSED, job="b", action="x", n=1
    )
    assert written == {
        "ts": "2026-11-23T20:15:01.250Z",
        "level": "info",
        "logger": "tests.log",
        "message": "incident opened",
        "action": "x",
        "job": "b",
        "kind": "missed",
        "n": 1,
    }
    assert list(written)[:5] == ["ts", "level", "logger", "message", "action"]


def test_fields_without_a_value_are_left_out() -> None:
    assert plain("x", job=None, incident=0) == "2026-11-23 20:15:01 INFO x incident=0"
    assert "job" not in as_json("x", job=None)


def test_no_field_takes_the_place_of_what_every_line_has() -> None:
    written = as_json("x", ts="then", level="loud", logger="me")
    assert written["ts"] == "2026-11-23T20:15:01.250Z"
    assert (written["level"], written["logger"]) == ("info", "tests.log")


def test_fields_may_be_of_any_kind() -> None:
    fields = {"a": {"b": [1, {"c"}]}, "d": float("nan"), "e": True, "f": b"x"}
    written = as_json("x", **fields)
    assert {key: written[key] for key in fields} == {
        "a": {"b": [1, ["c"]]},
        "d": "nan",
        "e": True,
        "f": "b'x'",
    }
    assert plain("x", a={"b": ["c d"]}).endswith('INFO x a={"b": ["c d"]}')


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("backup", "backup"),
        ("two words", '"two words"'),
        ('a"b', r'"a\"b"'),
        ("a=b", '"a=b"'),
        ("", '""'),
        ("a\nb", r'"a\nb"'),
        ("a\x1b[31m", r"a\x1b[31m"),
        ("a\u202eb c", r'"a\u202eb c"'),
    ],
)
def test_a_value_that_is_not_one_word_is_quoted(value: str, written: str) -> None:
    assert plain("x", job=value) == f"2026-11-23 20:15:01 INFO x job={written}"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\nb", r"a\nb"),
        ("a\r\nb", r"a\r\nb"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\x00\x7f\x9bb", r"a\x00\x7f\x9bb"),
        ("a\u2028b\u202ec\u2066d", r"a\u2028b\u202ec\u2066d"),
        ("a\ud800b", r"a\ud800b"),
        ("Ünïcode ☃ 😀", "Ünïcode ☃ 😀"),
    ],
)
def test_nobody_forges_a_line_or_moves_the_cursor(text: str, escaped: str) -> None:
    assert plain("said %s", text) == f"2026-11-23 20:15:01 INFO said {escaped}"
    assert as_json("said %s", text)["message"] == f"said {text}"


def test_a_traceback_is_indented_and_cannot_look_like_a_line() -> None:
    first, *below = failure("x\n2026-11-23 20:15:01 INFO forged\x1b").split("\n")
    assert first == "2026-11-23 20:15:01 INFO it failed"
    assert all(each.startswith("    ") for each in below)
    assert below[-2:] == [
        "    ValueError: x",
        r"    2026-11-23 20:15:01 INFO forged\x1b",
    ]
    written = json.loads(failure("x\ny", format="json"))
    assert written["exception"].endswith("ValueError: x\ny")


def test_a_stack_that_was_asked_for_is_written() -> None:
    record = line("x")
    record.stack_info = "Stack (most recent call last):\n  here"
    assert log.PlainFormatter().format(record).endswith("\n      here")
    assert json.loads(log.JsonFormatter().format(record))["exception"].endswith("here")


LEAKS = [
    (f"GET /ping/{UUID}/start?rid=1 200", UUID, "GET /ping/*** 200"),
    (
        f"'https://cron.example.com/ping/{UUID}'",
        UUID,
        "'https://cron.example.com/ping/***'",
    ),
    ("/ping/my-ping-key-0123456/backup/fail", "my-ping-key", "/ping/***"),
    (
        f"url=http%3A%2F%2Fh%2Fping%2F{UUID} x",
        UUID,
        "url=http%3A%2F%2Fh%2Fping%2F*** x",
    ),
    (f"token {TOKEN}.", TOKEN, "token ***."),
    (
        "https://discord.com/api/v10/webhooks/123/ab_C-d/messages/1",
        "ab_C-d",
        "https://discord.com/api/v10/webhooks/123/***/messages/1",
    ),
    ("/interactions/5/aW50.x=/callback", "aW50", "/interactions/5/***/callback"),
    ("http://user:pass@host/x", "pass", "http://***@host/x"),
    (f"key {SECRET}!", SECRET, "key ***!"),
    ("to https://h.example/services/T0/B1?x=1", "B1", "to ***"),
    ("path /services/T0/B1?x=1", "B1", "path ***"),
    ("quoted p%2Fa%20ss", "a%20ss", "quoted ***"),
]


@pytest.mark.parametrize(("text", "leak", "masked"), LEAKS)
def test_secrets_are_masked_wherever_they_turn_up(
    text: str, leak: str, masked: str
) -> None:
    for secret in (SECRET, "https://h.example/services/T0/B1?x=1", "p/a ss"):
        log.register_secret(secret)
    assert log.masked(text) == masked
    assert plain(text) == f"2026-11-23 20:15:01 INFO {masked}"
    assert as_json("%s", text)["message"] == masked
    assert as_json("x", said=text)["said"] == masked
    assert as_json("x", said={"deep": [text]})["said"] == {"deep": [masked]}
    for written in (
        plain("%s", text, said=text, deep=[{text: text}]),
        failure(text),
        failure(text, format="json"),
        json.dumps(as_json("%s", text, deep=[{text: text}])),
    ):
        assert leak not in written


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    log.register_secret("abcdef")
    log.register_secret("abcdef-ghi")
    assert log.masked("abcdef-ghi abcdef") == "*** ***"


def test_a_short_or_empty_secret_does_not_mask_everything() -> None:
    for secret in ("", "a", "12345"):
        log.register_secret(secret)
    assert log.masked("a 12345") == "a 12345"


@given(st.text(), st.text(min_size=log.SHORTEST_SECRET))
def test_no_registered_secret_is_ever_written(text: str, secret: str) -> None:
    redactor = log.Redactor()
    redactor.register(secret)
    masked = redactor.mask(f"{text}{secret}{text}")
    assert secret not in masked or secret in f"{text}{MASK}{text}"


@given(st.text())
def test_whatever_is_said_is_one_line(text: str) -> None:
    assert len(plain("%s", text, job=text).splitlines()) == 1
    assert as_json("%s", text, job=text)["logger"] == "tests.log"


def test_what_is_no_secret_is_left_alone() -> None:
    for text in (
        "POST /v1/jobs 200",
        "/pinging/a",
        "bot.engine.notifications.some_function_name",
        "see https://cron.example.com/v1/jobs/backup",
    ):
        assert log.masked(text) == text


def test_configuring_sets_level_format_and_secrets() -> None:
    stream = io.StringIO()
    log.configure(format="json", level="warning", stream=stream, secrets=[SECRET])
    LOGGER.info("not this")
    LOGGER.warning("key %s", SECRET, extra={"action": "ping_refused"})
    written = json.loads(stream.getvalue())
    assert (written["level"], written["message"]) == ("warning", "key ***")
    assert written["action"] == "ping_refused"


def test_configuring_again_takes_the_place_of_the_first() -> None:
    first, second = io.StringIO(), io.StringIO()
    log.configure(stream=first)
    log.configure(stream=second)
    LOGGER.info("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("INFO once") == 1


def test_by_default_lines_go_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure()
    LOGGER.info("here")
    assert capsys.readouterr().err.endswith("INFO here\n")


@pytest.mark.parametrize("level", ["debug", "info", "error"])
def test_libraries_that_repeat_every_statement_never_say_debug(level: str) -> None:
    log.configure(level=level, stream=io.StringIO())
    assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)
    expected = level != "error"
    assert logging.getLogger("aiosqlite").isEnabledFor(logging.INFO) is expected


@pytest.mark.parametrize(
    ("stream", "variables", "colourful"),
    [
        (Terminal, {}, True),
        (io.StringIO, {}, False),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
    ],
)
def test_there_is_colour_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch,
    stream: type[io.StringIO],
    variables: dict[str, str],
    colourful: bool,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out = stream()
    log.configure(stream=out)
    LOGGER.error("red")
    LOGGER.info("plain")
    red, not_red = out.getvalue().splitlines()
    assert ("\x1b[31mERROR\x1b[0m red" in red) is colourful
    assert "\x1b" not in not_red


def test_a_line_that_cannot_be_written_is_reported_without_its_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    (handler,) = written_by_us()
    handler.handle(line("%d pings", SECRET))
    assert stream.getvalue() == "a line of tests.log is lost: TypeError: %d pings\n"
    stream.close()
    handler.handle(line("nobody can read this"))
    assert SECRET not in capsys.readouterr().err


def used_actions() -> Iterator[tuple[str, str]]:
    """Each action that the source names, and where."""
    named = re.compile(r"(job|mute|incident|notification|storage|server)_\w+ed")
    for source in tree.sources("bot", "cogs", "storage"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Dict):
                yield from ((a, source.path) for a in actions_in(node))
        if source.path.startswith("bot/engine/"):
            texts = (text for _, text in source.texts())
            yield from ((text, source.path) for text in texts if named.fullmatch(text))


def actions_in(node: ast.Dict) -> Iterator[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        is_action = isinstance(key, ast.Constant) and key.value == "action"
        if is_action and isinstance(value, ast.Constant):
            yield str(value.value)


def test_every_action_in_the_source_is_in_the_list() -> None:
    used = list(used_actions())
    assert ("server_started", "bot/app.py") in used
    assert [(a, path) for a, path in used if a not in log.ACTIONS] == []


def test_every_kind_of_notification_has_its_action() -> None:
    kinds = set(NotificationKind) - {NotificationKind.NEVER_SEEN} - NOTICES
    assert {f"incident_{kind}" for kind in kinds} <= log.ACTIONS
    assert NOTICES <= log.ACTIONS
    assert f"job_{NotificationKind.NEVER_SEEN}" in log.ACTIONS


def test_the_docs_explain_every_action_of_the_list_and_no_other() -> None:
    page = (tree.ROOT / "docs" / "logging.md").read_text("utf-8")
    table = page.partition("## Actions")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| `")]
    explained = re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in rows))
    assert sorted(explained) == sorted(log.ACTIONS)
