"""Output for a group of people: readable, without secrets, and in linear time."""

import timeit
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import outputs
from bot.core.outputs import MASK, masked, plain

PLAIN = {
    "a\nb\n": "a\nb\n",
    "\x1b[1;31mred\x1b[0m": "red",
    "\x9b1mred": "red",
    "\x1b]0;title\x07text": "text",
    "\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\": "link",
    "one\r\ntwo\r\n": "one\ntwo\n",
    "10%\r50%\r100%\ndone": "100%\ndone",
    "10%\r50%\r": "50%",
    "\r\n": "\n",
    "50%\x1b[K\r100%\x1b[K\r\n": "100%\n",
    "tab\tstays": "tab\tstays",
    "bell\x07 zero\x00 back\x08 esc\x1b": "bell zero back esc",
    "\u202eturned\u200b\ufeff": "turned",
    "äöü 😀 日本": "äöü 😀 日本",
}


@pytest.mark.parametrize("printed", PLAIN)
def test_output_is_what_a_terminal_would_leave(printed: str) -> None:
    assert plain(printed) == PLAIN[printed]


# put together, so that no scanner takes this page for a leak
A = "Aa0Bb1Cc2Dd3Ee4Ff5Gg6Hh7Ii8Jj9Kk0Ll1Mm2"
SECRETS = [
    f"ghp_{A[:36]}",
    f"ghs_{A[:36]}",
    f"github_pat_{A[:22]}_{A}",
    f"glpat-{A[:20]}",
    f"npm_{A[:36]}",
    f"xoxb-{'1' * 12}-{A[:24]}",
    f"xoxe.xoxp-1-{A}",
    f"xapp-1-{A}",
    f"AKIA{'Q7' * 8}",
    f"ASIA{'Q7' * 8}",
    f"AIza{A[:35]}",
    f"sk_live_{A[:24]}",
    f"sk-{A}",
    f"{'M' + A[:23]}.{A[:6]}.{A[:27]}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJ{A[:20]}.{A}",
    f"crk_{A}",
    f"whsec_{A}",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "x {} y", '"{}"', "a={},", "({})\n{}"])
def test_a_token_is_masked_wherever_it_stands(secret: str, around: str) -> None:
    shown = masked(around.replace("{}", secret))
    assert secret not in shown
    assert secret[8:] not in shown
    assert MASK in shown


VALUES = {
    "password=hunter2 next": "password=*** next",
    "PGPASSWORD=hunter2": "PGPASSWORD=***",
    "DB_PASS: hunter2": "DB_PASS: ***",
    'password = "two words" next': "password = *** next",
    "password='it''s'": "password=***",
    'password="a\\"b" next': "password=*** next",
    'password="no end\nnext': "password=***\nnext",
    '{"api_key": "abc", "a": 1}': '{"api_key": ***, "a": 1}',
    "aws_secret_access_key=a/b+c": "aws_secret_access_key=***",
    "Pwd=x;Server=y": "Pwd=***",
    "token: abc": "token: ***",
    "--password hunter2 -v": "--password *** -v",
    "mysql --db-password 'a b' -v": "mysql --db-password *** -v",
    "tool --token --verbose": "tool --token --verbose",
    "?token=abc&page=2": "?token=***",
    "Authorization: Bearer abcdefgh": "Authorization: Bearer ***",
    "authorization: basic dXNlcjpwYXNz": "authorization: basic ***",
    "X-Api-Key: abcd": "X-Api-Key: ***",
    "postgres://ann:s3cret@db/x": "postgres://***@db/x",
    "https://example.com/a@b": "https://example.com/a@b",
    "https://hooks.slack.com/services/T1/B1/abcdef": (
        "https://hooks.slack.com/services/***"
    ),
    "https://discord.com/api/webhooks/123/abc-def_1 ok": (
        "https://discord.com/api/webhooks/123/*** ok"
    ),
    "https://x.example/ping/0b4e/start": "https://x.example/ping/***",
    "no secret here: 12 tokens, a monkey, 3 keys": (
        "no secret here: 12 tokens, a monkey, 3 keys"
    ),
    "passed 12 tests, compass=north": "passed 12 tests, compass=north",
}


@pytest.mark.parametrize("text", VALUES)
def test_a_value_is_masked_and_its_name_stays(text: str) -> None:
    assert masked(text) == VALUES[text]


KEY = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2] * 5 + ["Ab0="])
BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
KEYS = {
    f"a\n{BEGIN}\n{KEY}\n{END}\nb": "a\n***\nb",
    f"{BEGIN}\nProc-Type: 4,ENCRYPTED\n\n{KEY}\n{END}": "***",
    # its end was cut off, and it is not known where it was
    f"a\n{BEGIN}\n{KEY[:200]}": "a\n***",
    # its beginning was cut off
    f"a b\n{KEY[200:]}\n{END}\nb": "a b\n***\nb",
    "k: " + f"{BEGIN}\n{KEY}\n{END}\n".replace("\n", "\\n"): "k: ***\\n",
    f"{BEGIN} is how it begins": "***is how it begins",
}


@pytest.mark.parametrize("text", KEYS)
def test_a_private_key_is_masked_whole_or_in_part(text: str) -> None:
    assert masked(text) == KEYS[text]


#: what the patterns and the terminal codes are made of
PIECES = [
    *("password=", "--token ", "Bearer ", "Authorization: Basic ", "eyJ", "sk-"),
    *("://", "a:b@", "@", "ping/", "/", "AKIA", "ghp_", "github_pat_", ".", "-", "_"),
    *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "\\n", "=", "'"),
    *('"', "\\", "\x1b[", "\x1b]", "\x9b", "31m", "\r", "\n", "`", "```", " ", "key"),
    *("Aa0" * 12, "Q7" * 8, "x", "😀", "\u200b", ";", "\ud800"),
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join)


@given(hostile)
def test_nothing_grows_without_bound_and_once_is_enough(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= len(text)
    hidden = masked(shown)
    assert len(hidden) <= 2 * len(shown)
    assert hidden.count("```") <= shown.count("```") + hidden.count(MASK)
    assert not set(hidden) & set("\x1b\x9b\r\x00\u200b")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_token_is_found_at_any_place_of_a_long_text(secret: str) -> None:
    line = f"some words {secret}\n"
    for filling in ("x y\n" * 20_000, "x y " * 20_000):
        shown = masked(line + filling + line * 3000 + filling + line)
        assert secret not in shown
        assert shown.count(MASK) == 3002


@given(hostile, st.sampled_from(SECRETS), hostile)
def test_no_surroundings_save_a_token(before: str, secret: str, after: str) -> None:
    assert secret not in masked(f"{before} {secret} {after}")


@given(st.binary(max_size=300), st.integers(0, 320))
def test_clipping_keeps_head_and_tail_and_the_limit(data: bytes, limit: int) -> None:
    kept = outputs.clipped(data, limit)
    assert len(kept) <= limit or kept == data
    if len(data) <= limit:
        assert kept == data


def test_clipping_says_that_something_is_missing() -> None:
    kept = outputs.clipped(b"head" + "ä".encode() * 500 + b"tail", 200)
    text = kept.decode()
    assert text.startswith("head")
    assert text.endswith("tail")
    assert "808 bytes or more are left out here" in text


#: what a careless pattern would look at again and again
WORST = {
    "tokens": "-eyJabcdefgh",
    "one word": "a",
    "dashes": "-",
    "spaces": " ",
    "begun keys": "-----BEGIN PRIVATE KEY-----\n" + "A" * 40 + "\n",
    "ended keys": "A" * 40 + "\n-----END PRIVATE KEY-----\n",
    "lines of a key": "A" * 64 + "\n",
    "urls": "a://b",
    "names": "password",
    "values": "password='\\",
    "quotes": "token=\"\\'",
    "options": "--db-token ",
    "headers": "authorization:",
    "codes": "\x1b[31",
    "titles": "\x1b]",
    "bars": "50%\r",
    "dots": "Aa0Bb1Cc2Dd3Ee4Ff5Gg6Hh7.Aaaaaa.",
    "pings": "/ping/",
}


def _shown(text: str) -> str:
    return masked(plain(text))


def _cost(work: Callable[[str], object], text: str) -> float:
    """The least of a few tries, to be compared with another one."""
    return min(timeit.repeat(lambda: work(text), number=1, repeat=3))


@pytest.mark.parametrize("what", WORST)
def test_the_work_grows_with_the_length_and_not_faster(what: str) -> None:
    """Sixteen times the text is about that much more work; 256 times if squared."""
    piece = WORST[what]
    short, long = (piece * (size // len(piece)) for size in (50_000, 800_000))
    ends = "\n-----END PRIVATE KEY-----" if "keys" in what else ""
    ratio = _cost(_shown, long + ends) / _cost(_shown, short + ends)
    assert ratio < 80, f"{what}: {ratio:.1f}"


def test_a_megabyte_of_log_costs_a_few_passes_over_it() -> None:
    line = "2026-11-26 10:00:00 INFO copied /srv/data/file-0001.bin, 12.5 MB in 3 s\n"
    text = line * (1_000_000 // len(line))
    table = dict.fromkeys(range(32), "?")
    one_pass = _cost(lambda t: t.translate(table), text + "😀")
    assert _cost(_shown, text) < 20 * one_pass
