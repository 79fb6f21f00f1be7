"""Limits hold, and nothing from outside pings, links or leaves its block."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core import outputs
from bot.discord_ui import text
from tests.discord_ui.hostile import MENTION, nasty

CLICKABLE = re.compile(r"(?<!\\)\w+://|discord\.(gg|com)/|(?<!\\)\]\(", re.IGNORECASE)


def unescaped(shown: str) -> str:
    """What Discord shows of it."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", shown).replace(text.BREAK, "")


def active(shown: str) -> set[str]:
    """The characters of markdown that are not quoted."""
    return set(re.sub(r"\\[^0-9A-Za-z\s]", "", shown)) & set("*~`|[]")


# lengths


@pytest.mark.parametrize(
    ("word", "expected"), [("", 0), ("abc", 3), ("é", 1), ("🔴", 2), ("👍🏽", 4)]
)
def test_a_length_is_the_larger_of_two_ways_to_count(word: str, expected: int) -> None:
    assert text.length(word) == expected == len(word.encode("utf-16-le")) // 2


@given(said=nasty, limit=st.integers(1, 60))
def test_what_is_cut_fits_and_says_so(said: str, limit: int) -> None:
    cut = text.cut(said, limit)
    assert text.length(cut) <= limit
    if text.length(said) <= limit:
        assert cut == said
    else:
        assert cut.endswith(text.ELLIPSIS)
        assert said.startswith(cut.removesuffix(text.ELLIPSIS))


@pytest.mark.parametrize(
    ("said", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("abc def", 5, "abc…"),
        ("🔴🔴🔴", 5, "🔴🔴…"),
        ("🔴🔴🔴", 4, "🔴…"),
        ("abe\u0301cd", 4, "ab…"),
        ("ab👍🏽cd", 5, "ab…"),
        ("👩\u200d🚒👩\u200d🚒", 9, "👩\u200d🚒…"),
        (r"ab\*cd", 4, "ab…"),
        ("a" + "\u0301" * 50, 30, "a" + "\u0301" * 28 + "…"),
        ("ab", 1, "…"),
    ],
)
def test_a_cut_parts_no_letter_from_its_marks(
    said: str, limit: int, expected: str
) -> None:
    assert text.cut(said, limit) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("CONTENT", 2000),
        ("EMBED", 6000),
        ("TITLE", 256),
        ("DESCRIPTION", 4096),
        ("FIELDS", 25),
        ("FIELD_NAME", 256),
        ("FIELD_VALUE", 1024),
        ("FOOTER", 2048),
        ("ROWS", 5),
        ("BUTTONS_IN_A_ROW", 5),
        ("LABEL", 80),
        ("CUSTOM_ID", 100),
        ("SELECT_OPTIONS", 25),
        ("MODAL_PARTS", 5),
        ("MODAL_TITLE", 45),
        ("AUTOCOMPLETE", 25),
        ("NONCE", 25),
        ("FILE", 10 * 1024 * 1024),
    ],
)
def test_the_limits_are_those_of_discord(limit: str, expected: int) -> None:
    assert getattr(text, limit) == expected


# names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nightly-backup", "nightly-backup"),
        ("db_backup_x", "db_backup_x"),
        ("Backup (03:00), node 1.", "Backup (03:00), node 1."),
        ("äöü 日本 🔴", "äöü 日本 🔴"),
        ("_a_", r"\_a\_"),
        ("a__b", r"a\_\_b"),
        ("**a**", r"\*\*a\*\*"),
        ("a\\", "a\\\\"),
        ("a\nb\tc\u2028d", "a b c d"),
        ("  a  ", "a"),
        ("# a", r"\# a"),
        ("-# a", r"\-# a"),
        ("> a", r"\> a"),
        ("1. a", r"1\. a"),
        ("12) a", r"12\) a"),
        ("1 a", "1 a"),
        ("1.", r"1\."),
        ("192.0.2.7", "192.0.2.7"),
        ("[a](http://b.example)", r"\[a\](http\://b.example)"),
        ("discord.gg/abc", r"discord.gg\/abc"),
        (":fire:", r"\:fire:"),
        ("@everyone", "@\u200beveryone"),
        ("user@host", "user@host"),
        ("<@1>", "<\u200b@1>"),
        ("a < b", "a < b"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\u202eb\u200bc\u3164d", "abcd"),
        ("a\x00\x1bb", "a"),
        ("a\ud800b", "a\ufffdb"),
        ("<\u200b@1>", "<\u200b@1>"),
    ],
)
def test_a_name_is_shown_as_it_is_written(name: str, shown: str) -> None:
    assert text.escape(name) == shown


@given(name=nasty)
@example("\\" * 5 + "@everyone")
@example("@ever\u200byone")
@example("<\x1b[31m@1>")
def test_nothing_in_a_name_has_a_meaning(name: str) -> None:
    shown = text.escape(name)
    assert MENTION.search(shown) is None
    assert CLICKABLE.search(shown) is None
    assert active(shown) == set()
    assert not re.match(r"[#>+-]|[0-9]+[.)]( |$)", shown)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", shown)
    assert len(shown.splitlines()) <= 1
    assert unescaped(shown) == text.visible(name)


@given(name=nasty, limit=st.integers(1, 100))
def test_a_name_is_never_too_long_and_never_blank(name: str, limit: int) -> None:
    shown = text.name(name, "slug", limit=limit)
    assert unescaped(shown).strip()
    assert text.length(unescaped(shown)) <= max(limit, len("slug"))


@pytest.mark.parametrize(
    "blank", ["", " ", "\u200b", "\u3164\u2800", "\ufe0f", "\x1b[0m"]
)
def test_a_name_that_nobody_can_see_is_replaced(blank: str) -> None:
    assert text.name(blank, "my_slug") == "my_slug"
    assert text.name(blank) == "?"


@given(said=nasty)
def test_words_of_ours_keep_markdown_and_mention_nobody(said: str) -> None:
    assert MENTION.search(text.disarm(said)) is None
    assert text.disarm("see `cronitor **job**`\nnow") == "see `cronitor **job**`\nnow"


# output


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("a\nb", "a\nb"),
        ("\n\n  a\n\n", "  a"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x", "red x"),
        ("\x1b]unended\nb", "unended\nb"),
        ("\x9b31mred\x1b(B", "red"),
        ("a\tb\x00\x07c", "a\tbc"),
        ("a\u202eb\ud800", "ab"),
        ("```", "`\u200b`\u200b`"),
        ("a`b``c", "a`b`\u200b`c"),
    ],
)
def test_output_is_shown_without_what_a_terminal_obeys(output: str, shown: str) -> None:
    assert text.code_block(output, 100) == f"```\n{shown}\n```"


@pytest.mark.parametrize("output", ["", "\n \n", "\x1b[0m", "\x00"])
def test_no_output_is_no_block(output: str) -> None:
    assert text.code_block(output, 100) == ""
    assert text.code_block(output, 100, is_cut=True) == ""


@given(output=nasty | st.text(max_size=300), limit=st.integers(40, 200))
def test_a_block_holds_its_limit_and_cannot_be_left(output: str, limit: int) -> None:
    block = text.code_block(output, limit)
    assert text.length(block) <= limit
    if block:
        assert block.startswith("```\n")
        assert block.endswith("\n```")
        assert block.count("```") == 2
        assert "``" not in block[3:-3]


def test_the_end_of_a_long_output_is_kept() -> None:
    lines = [f"line {number}" for number in range(1000)]
    block = text.code_block("\n".join(lines), 200)
    assert text.length(block) <= 200
    shown = block.splitlines()
    assert shown[:2] == ["```", "… (cut)"]
    assert shown[2:-1] == lines[-len(shown[2:-1]) :]


def test_a_long_line_is_cut_where_it_must_be() -> None:
    block = text.code_block("x" * 500, 100)
    assert text.length(block) == 100
    assert block == f"```\n… (cut)\n{'x' * 84}\n```"


def test_what_was_cut_before_is_said_too() -> None:
    assert text.code_block("a", 100, is_cut=True) == "```\n… (cut)\na\n```"


def test_a_huge_output_is_not_looked_at_from_its_beginning() -> None:
    assert "… (cut)" in text.code_block("\x1b[0m" * 10_000 + "end", 1000)


# times


def test_moments_are_left_to_discord() -> None:
    at = datetime(2026, 11, 23, 3, 0, 0, 999_999, tzinfo=UTC)
    assert text.when(at) == "<t:1795402800:R>"
    assert text.moment(at) == "<t:1795402800:f>"


@pytest.mark.parametrize(
    ("delta", "shown"),
    [
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
    ],
)
def test_a_span_has_two_units_at_most(delta: timedelta, shown: str) -> None:
    assert text.span(delta) == shown


@given(nasty)
def test_masked_output_leaves_no_block_either(output: str) -> None:
    shown = text.code_block(outputs.masked(outputs.plain(output)), 1000)
    assert shown.count("```") in (0, 2)
    assert text.length(shown) <= 1000
