"""The pictures of the docs show the messages of today, as people see them."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests import tree
from tests.pictures import lookalike
from tests.pictures.__main__ import DIGESTS, FOLDER
from tests.pictures.scenes import SCENES, digests

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
PAGES = [tree.ROOT / "README.md", *sorted((tree.ROOT / "docs").glob("*.md"))]


def test_the_pictures_are_up_to_date() -> None:
    """Where this fails, `python -m tests.pictures` draws them anew."""
    assert json.loads(DIGESTS.read_text("utf-8")) == digests()


def test_each_picture_is_there_small_and_shown() -> None:
    files = {path.stem: path for path in FOLDER.glob("*.png")}
    assert files.keys() == SCENES.keys()
    assert sum(path.stat().st_size for path in files.values()) < 500_000
    shown = " ".join(page.read_text("utf-8") for page in PAGES)
    assert set(re.findall(r"pictures/([a-z-]+)\.png\)", shown)) == SCENES.keys()


@pytest.mark.parametrize("name", SCENES)
def test_nothing_of_the_markup_is_left_in_a_picture(name: str) -> None:
    scene = SCENES[name]()
    drawn = lookalike.page(scene.columns, width=scene.width)
    body = drawn.partition("</style>")[2]
    assert "**" not in body
    assert "&lt;t:" not in body
    assert "```" not in body


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("**a** b", "<b>a</b> b"),
        ("a\nb", "a<br>b"),
        ("0 3 \\* \\* \\*", "0 3 * * *"),
        ("`a<b`", "<code>a&lt;b</code>"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("```\n**a**\n```", "<pre>**a**</pre>"),
        ("<t:1795402800:f>", "<time>23 November 2026 03:00</time>"),
        ("<t:1795399200:R>", "<time>1 hour ago</time>"),
        ("<https://a.example>", "https://a.example"),
        ("**open", "<b>open</b>"),
    ],
)
def test_markdown_is_drawn(written: str, drawn: str) -> None:
    assert lookalike.markdown(written, NOW) == drawn


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=-30), "30 seconds ago"),
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(days=-400), "1 year ago"),
    ],
)
def test_times_are_said_as_they_are_far(apart: timedelta, said: str) -> None:
    assert lookalike.relative(NOW + apart, NOW) == said
