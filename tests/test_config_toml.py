"""Settings files: on which line each key stands, and what is said of bad TOML."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import config_toml
from tests.configured import refusal

KNOWN = {"server": ["host", "port"]}

DOCUMENT = '''\
# a comment
top = 1

[server]  # and one here
host = """
[jobs]
port = 5
"""
port = [
  1,  # ]
  2,
]
"quoted key".sub = "x = 1"
[a.b]
c = {d = 1, e.f = 2}
[[list]]
one = 1
[[list]]
one = 2
'''


def test_each_key_has_the_line_on_which_it_begins() -> None:
    assert config_toml.lines_of(DOCUMENT) == {
        ("top",): 2,
        ("server",): 4,
        ("server", "host"): 5,
        ("server", "port"): 9,
        ("server", "quoted key"): 13,
        ("server", "quoted key", "sub"): 13,
        ("a",): 14,
        ("a", "b"): 14,
        ("a", "b", "c"): 15,
        ("a", "b", "c", "d"): 15,
        ("a", "b", "c", "e"): 15,
        ("a", "b", "c", "e", "f"): 15,
        ("list",): 16,
        ("list", "one"): 17,
    }


def test_line_ends_of_windows_count_the_same() -> None:
    crlf = DOCUMENT.replace("\n", "\r\n")
    assert config_toml.lines_of(crlf) == config_toml.lines_of(DOCUMENT)


VALUES = st.one_of(
    st.integers(-9, 9).map(str),
    st.text(alphabet="ab#[]='\n", max_size=6).map(
        lambda text: '"""\n' + text.replace("'", "") + '"""'
    ),
    st.lists(st.integers(0, 9), max_size=3).map(lambda n: f"[\n{n}, # ]\n]"),
)


@given(st.lists(st.tuples(VALUES, st.integers(0, 2)), max_size=8))
def test_keys_of_any_values_are_found_on_their_lines(
    entries: list[tuple[str, int]],
) -> None:
    text = "[t]\n"
    expected: dict[tuple[str, ...], int] = {("t",): 1}
    for number, (value, blank) in enumerate(entries):
        text += "\n" * blank
        expected["t", f"k{number}"] = text.count("\n") + 1
        text += f"k{number} = {value}\n"
    assert len(tomllib.loads(text)["t"]) == len(entries)
    assert config_toml.lines_of(text) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "[server]\nport = x",
            "2:8: no valid TOML: this is no value (put quotes around a text)",
        ),
        (
            "[server]\nport = \nhost = 1",
            "2:8: no valid TOML: this is no value (put quotes around a text)",
        ),
        (
            "[server]\nport = 1\nport = 2\n",
            "3:9: no valid TOML: this key is there already (keep one of them)",
        ),
        (
            "[server]\nport = 1\n\n[server]\nhost = 'a'\n",
            "4:8: no valid TOML: this table is there already "
            "(keep one, and put all its keys below it)",
        ),
        (
            "server = {port = 1, port = 2}",
            "1:29: no valid TOML: this key is there already (keep one of them)",
        ),
        (
            "[server]\nport 1\n",
            "2:6: no valid TOML: expected '=' after a key in a key/value pair",
        ),
        (
            '[server]\nhost = "a\nport = 1',
            "2:10: no valid TOML: illegal character '\\n'",
        ),
        (
            "[server\n",
            "1:8: no valid TOML: expected ']' at the end of a table declaration",
        ),
        (
            "[server]\nhost = '''a\n\n",
            "3: no valid TOML: expected \"'''\"",
        ),
        ("x = " + "9" * 5000, "1: a value is far too long or too deeply nested"),
        ("x = " + "[" * 5000, "1: a value is far too long or too deeply nested"),
    ],
)
def test_bad_toml_is_refused_with_line_and_column(text: str, error: str) -> None:
    found = config_toml.from_toml(KNOWN, text, "config.toml")
    assert [str(fault) for fault in found.faults] == [f"config.toml:{error}"]
    assert found.values == {}


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("[server]\nprot = 1", "2: [server] prot: no such key (did you mean port?)"),
        (
            "[jobs]\n\nzzz = 1",
            "3: [jobs] zzz: no such key (there are files)",
        ),
        ("\n[servr]\nport = 1", "2: [servr]: no such section (did you mean [server]?)"),
        (
            "[zzz]",
            "1: [zzz]: no such section (there are [server], [storage], [retention], "
            "[discord], [api], [notify], [summary], [escalation], [watch], [runs], "
            "[log], [jobs])",
        ),
        ("port = 1", "1: port: stands outside of a section (write it below [server])"),
        ("zz = 1", "1: zz: stands outside of a section (write it below its section)"),
        ("server = 5", "1: [server]: must be one table (write [server] on a line)"),
        (
            "[[server]]\nport = 1",
            "1: [server]: must be one table (write [server] on a line)",
        ),
        (
            "[[job]]\nslug = 'x'",
            "1: [[job]]: not in here (put jobs in a file that [jobs] files names)",
        ),
        (
            "[server.tls]\nx = 1",
            "1: [server] tls: no such key (there are host, port, "
            "public_url, rate_limit, body_limit, connections, trusted_proxies)",
        ),
        (
            '[api]\n"readonly_key\\u001b[m" = 1',
            "2: [api] readonly_key\\x1b[m: no such key (did you mean readonly_key?)",
        ),
    ],
)
def test_what_is_no_setting_is_refused_with_its_line(
    tmp_path: Path, toml: str, line: str
) -> None:
    assert refusal(tmp_path, toml) == [f"config.toml:{line}"]
