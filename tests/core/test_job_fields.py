from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import job_fields, jobs
from bot.core.job_fields import Reading
from bot.core.kinds import Severity
from bot.errors import Invalid


def said(reading: Reading) -> list[str]:
    """What is wrong, as people read it."""
    return [str(problem) for problem in reading.problems]


@pytest.mark.parametrize(
    "slug", ["a", "0a", "nightly-backup", "a_b", "a" * 100, "start-x", "logs", "fail2"]
)
def test_these_are_slugs(slug: str) -> None:
    assert job_fields.is_slug(slug)


@pytest.mark.parametrize(
    ("slug", "suggestion"),
    [
        ("Nightly Backup", "nightly-backup"),
        ("Übung: täglich", "ubung-taglich"),
        ("-a-", "a"),
        ("_a", "a"),
        ("a" * 101, "a" * 100),
        ("start", "job-start"),
        ("FAIL", "job-fail"),
        ("log", "job-log"),
        ("42", "job-42"),
        ("1" * 100, "job-" + "1" * 96),
        ("a.b/c", "a-b-c"),
        ("a\n", "a"),
        ("日本", ""),
        ("٣", ""),
    ],
)
def test_what_is_no_slug_is_told_the_nearest(slug: str, suggestion: str) -> None:
    assert not job_fields.is_slug(slug)
    assert job_fields.suggested_slug(slug) == suggestion


@pytest.mark.parametrize("value", [None, 5, ["a"], ""])
def test_only_a_text_is_a_slug(value: object) -> None:
    assert not job_fields.is_slug(value)


@given(st.text())
def test_a_suggestion_is_a_slug_or_empty(text: str) -> None:
    suggestion = job_fields.suggested_slug(text)
    assert suggestion == "" or job_fields.is_slug(suggestion)


@given(st.text() | st.from_regex(r"[a-z0-9_-]+"))
def test_a_suggestion_is_its_own_suggestion(text: str) -> None:
    suggestion = job_fields.suggested_slug(text)
    assert job_fields.suggested_slug(suggestion) == suggestion


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", '"x"'),
        ("a\nb\x7f\u202e", '"a\\nb��"'),
        ("x" * 60, '"' + "x" * 38 + "…"),
        ("é", '"é"'),
        ("\ud800", '"�"'),
        (5, "5"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        (float("nan"), "NaN"),
        (-(10**50), "a huge number"),
        ([1], "a list"),
        ({"a": 1}, "a table"),
        (timedelta(seconds=1), '"0:00:01"'),
    ],
)
def test_a_value_is_quoted_on_one_short_line(value: object, expected: str) -> None:
    assert job_fields.shown(value) == expected


def test_a_number_too_long_to_be_written_is_quoted_in_words() -> None:
    assert job_fields.shown(10**5000) == "a huge number"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("gracee", "grace"),
        ("Time_Zone", "timezone"),
        ("slugs", "slug"),
        ("x", ""),
        ("", ""),
    ],
)
def test_the_word_that_was_meant_is_found(word: str, expected: str) -> None:
    assert job_fields.closest(word, ["slug", "grace", "timezone"]) == expected


def test_a_key_that_is_far_from_all_is_answered_with_all() -> None:
    reading = Reading({"zzzz": 1, "a\nb": 1, "": 1})
    reading.expect(["slug", "name"], {})
    assert said(reading) == [
        "zzzz: there is no such field (known: slug, name)",
        "a\\nb: there is no such field (known: slug, name)",
        '"": there is no such field (known: slug, name)',
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "name: 5 is not a text (put it in quotes)"),
        (True, "name: true is not a text (put it in quotes)"),
        (["a"], "name: a list is not a text (put it in quotes)"),
        ("x" * 11, "name: it has 11 characters; 10 are allowed (make it shorter)"),
        (
            "a\nb",
            'name: "a\\nb" has a control character or line break (write plain text)',
        ),
        (
            "a\u202eb",
            'name: "a�b" has a control character or line break (write plain text)',
        ),
    ],
)
def test_a_text_is_plain_and_short(value: object, problem: str) -> None:
    reading = Reading({"name": value})
    assert reading.text("name", longest=10) == ""
    assert said(reading) == [problem]


def test_a_text_of_lines_has_no_other_control_character() -> None:
    reading = Reading({"a": " x\r\n\ty\n", "b": "x\ny\x00"})
    assert reading.text("a", longest=10, lines=True) == "x\r\n\ty"
    assert reading.text("b", longest=10, lines=True) == ""
    assert said(reading) == [
        'b: "x\\ny\\u0000" has a control character (write plain text)'
    ]


@pytest.mark.parametrize("node", ["db1", "db-1.example.org", "a_b", "0", "a" * 100])
def test_these_are_nodes(node: str) -> None:
    reading = Reading({"node": node})
    assert reading.node("node") == node
    assert said(reading) == []


@pytest.mark.parametrize(
    ("node", "hint"),
    [
        ("DB 1.Example", "write db-1.example"),
        (".a", "write a"),
        ("!", "lower case letters, digits, `-`, `_` and `.`, 100 at most"),
    ],
)
def test_what_is_no_node_is_told_the_nearest(node: str, hint: str) -> None:
    reading = Reading({"node": node})
    assert reading.node("node") == ""
    assert [problem.hint for problem in reading.problems] == [hint]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["db", "env:prod", "v1.2"], ("db", "env:prod", "v1.2")),
        ("db, nightly ,", ("db", "nightly")),
        (["b", "a", "b", " a "], ("b", "a")),
        (("x",), ("x",)),
        ([], ()),
    ],
)
def test_tags_are_a_list_or_have_commas(
    value: object, expected: tuple[str, ...]
) -> None:
    reading = Reading({"tags": value})
    assert reading.tags("tags") == expected
    assert said(reading) == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("Big Data", 'tags: "Big Data" is no tag (write big-data)'),
        (
            ["ok", "!"],
            'tags: "!" is no tag (lower case letters, digits and `_.:-`, 50 at most)',
        ),
        ("a" * 51, f'tags: "{"a" * 38}… is no tag (write {"a" * 50})'),
        (5, 'tags: 5 is not a list of texts (write ["a", "b"] or "a,b")'),
        (["a", 5], 'tags: 5 is not a text (write ["a", "b"] or "a,b")'),
        ({"a": 1}, 'tags: a table is not a list of texts (write ["a", "b"] or "a,b")'),
        ([f"t{n}" for n in range(21)], "tags: it has 21 entries; 20 are allowed"),
    ],
)
def test_other_tags_are_refused(value: object, problem: str) -> None:
    reading = Reading({"tags": value})
    reading.tags("tags")
    assert said(reading) == [problem]


def test_other_jobs_are_named_by_slug() -> None:
    reading = Reading({"a": "mount,dump", "b": ["mount", "Dump", "."]})
    assert reading.slugs("a") == ("mount", "dump")
    assert reading.slugs("b") == ("mount",)
    assert said(reading) == [
        'b: "Dump" is no slug (write dump)',
        'b: "." is no slug '
        "(lower case letters, digits, `-` and `_`, 100 at most, not digits alone)",
    ]


@pytest.mark.parametrize("value", [5, ["a"], False])
def test_a_slug_is_a_text(value: object) -> None:
    reading = Reading({"slug": value})
    assert reading.slug("slug") == ""
    assert [problem.field for problem in reading.problems] == ["slug"]


def test_a_slug_may_have_spaces_around_it() -> None:
    assert Reading({"slug": " a "}).slug("slug") == "a"


def test_keywords_keep_their_case_and_their_spaces_inside() -> None:
    reading = Reading({"a": "ERROR, not found", "b": ["x" * 201, "a\x00"]})
    assert reading.keywords("a") == ("ERROR", "not found")
    reading.keywords("b")
    hint = "(200 characters at most, without control characters)"
    assert said(reading) == [
        f'b: "{"x" * 38}… is no keyword {hint}',
        f'b: "a\\u0000" is no keyword {hint}',
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            "Critical",
            'severity: "Critical" is none of info, warning, critical (write critical)',
        ),
        ("zzz", 'severity: "zzz" is none of info, warning, critical'),
        (3, "severity: 3 is none of info, warning, critical"),
    ],
)
def test_a_choice_is_one_of_its_words(value: object, problem: str) -> None:
    reading = Reading({"severity": value})
    assert reading.choice("severity", Severity.WARNING) is Severity.WARNING
    assert said(reading) == [problem]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("x", 'n: "x" is not a whole number (1 to 9)'),
        ("3", 'n: "3" is not a whole number (write 3 without quotes)'),
        (True, "n: true is not a whole number (1 to 9)"),
        (3.0, "n: 3.0 is not a whole number (1 to 9)"),
        ([3], "n: a list is not a whole number (1 to 9)"),
        (10, "n: 10 is out of range (1 to 9)"),
        (10**400, "n: a huge number is out of range (1 to 9)"),
    ],
)
def test_a_number_is_whole_and_in_its_range(value: object, problem: str) -> None:
    reading = Reading({"n": value})
    assert reading.whole("n", default=1, least=1, most=9) == 1
    assert said(reading) == [problem]


@pytest.mark.parametrize("value", [1, 0, "true", "no", []])
def test_only_true_and_false_are_flags(value: object) -> None:
    reading = Reading({"flag": value})
    assert reading.flag("flag") is False
    assert [problem.hint for problem in reading.problems] == ["write true"]


@pytest.mark.parametrize(
    ("value", "expected"), [("1h30m", 5400), (90, 90), (0.5, 0.5), ("0", 0)]
)
def test_a_span_is_a_text_or_seconds(value: object, expected: float) -> None:
    reading = Reading({"grace": value})
    assert reading.span("grace") == timedelta(seconds=expected)


@pytest.mark.parametrize("value", [True, ["5m"], {"m": 5}, "5 bananas", -1, 10**400])
def test_anything_else_is_no_span(value: object) -> None:
    reading = Reading({"grace": value}, "job.")
    assert reading.span("grace") is None
    assert [problem.field for problem in reading.problems] == ["job.grace"]


@pytest.mark.parametrize(
    ("key", "longest", "longer"),
    [
        ("name", "x" * 100, "x" * 101),
        ("description", "x" * 2000, "x" * 2001),
        ("tags", [f"t{n}" for n in range(20)], [f"t{n}" for n in range(21)]),
        ("depends_on", [f"j{n}" for n in range(100)], [f"j{n}" for n in range(101)]),
        (
            "filters",
            {"start": [f"k{n}" for n in range(50)]},
            {"start": [f"k{n}" for n in range(51)]},
        ),
        ("filters", {"start": ["x" * 200]}, {"start": ["x" * 201]}),
    ],
    ids=["name", "description", "tags", "depends_on", "keywords", "keyword"],
)
def test_the_longest_is_taken_and_a_longer_one_is_not(
    key: str, longest: object, longer: object
) -> None:
    assert jobs.parse({"slug": "a", key: longest}).slug == "a"
    with pytest.raises(Invalid):
        jobs.parse({"slug": "a", key: longer})


def test_a_quoted_value_has_forty_characters_at_most() -> None:
    assert job_fields.shown("x" * 38) == '"' + "x" * 38 + '"'
    assert len(job_fields.shown("x" * 39)) == 40
    assert len(job_fields.shown("\n" * 39)) == 40
