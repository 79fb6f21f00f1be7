"""A report as a page: whole in itself, and safe whatever its jobs are called."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bot.core import summary_views
from bot.core.summaries import Lateness, Some
from bot.core.views import View
from bot.reports import page
from tests.reports import scenes

PNG, LIGHT = b"\x89PNG dark", b"\x89PNG light"
HOSTILE = "<script>alert(1)</script>\"'><img src=https://evil.example onerror=x>"


class Page(HTMLParser):
    """What a browser would find in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """A text."""
        self.text.append(data)

    @property
    def shown(self) -> str:
        """All that is read."""
        return "\n".join(self.text)


def views() -> list[View]:
    """Reports as they come from the API."""
    reports = [summary_views.report_view(make()) for make in scenes.REPORTS.values()]
    made = [*reports, summary_views.job_view(scenes.job())]
    return [json.loads(json.dumps(view)) for view in made]


@pytest.mark.parametrize("view", views())
def test_a_page_needs_nothing_else(view: View) -> None:
    found = Page(page.page(view, PNG, LIGHT))
    assert not {"script", "link", "iframe", "form"} & set(found.tags)
    loaded = [v for name, v in found.attributes if name in ("src", "srcset", "href")]
    assert len(loaded) == 2
    assert all(value.startswith("data:image/png;base64,") for value in loaded)
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    (words,) = [value for name, value in found.attributes if name == "alt"]
    assert words
    policy = dict(found.attributes)["content"]
    assert policy or "default-src 'none'" in str(found.attributes)


def test_both_themes_are_there() -> None:
    text = page.page(views()[0], PNG, LIGHT)
    assert "prefers-color-scheme: dark" in text
    assert 'media="(prefers-color-scheme: light)"' in text
    assert "<source" not in page.page(views()[0], PNG)
    assert "<figure" not in page.page(views()[0])


def test_what_strangers_wrote_stays_text() -> None:
    report = scenes.terrible()
    facts = tuple(replace(fact, label=HOSTILE) for fact in report.new)
    rows = tuple(replace(row, label=HOSTILE) for row in report.timelines.rows)
    lines = replace(report.timelines, rows=rows)
    odd = replace(report, new=Some(facts, len(facts)), timelines=lines)
    job = replace(scenes.job(name=HOSTILE), slug="x")
    for view in (summary_views.report_view(odd), summary_views.job_view(job)):
        text = page.page(view, PNG)
        found = Page(text)
        assert "script" not in found.tags
        assert found.tags.count("img") == 1
        assert HOSTILE in found.shown


def test_a_report_says_what_changed_and_when_it_was_written() -> None:
    report = scenes.terrible()
    due = report.period.end
    late = Lateness(written_at=due + scenes.HOUR, due_at=due, why="it was stopped")
    view = summary_views.report_view(replace(report, lateness=late))
    shown = Page(page.page(view, PNG)).shown
    assert "9 jobs are down" in shown
    assert "it was stopped" in shown
    assert "and 20 more" in shown
    assert "All times are those of Europe/Riga." in shown


def test_the_page_of_a_job_leaves_out_what_there_is_not() -> None:
    report = replace(scenes.job(), drifts=(), label="")
    shown = Page(page.page(summary_views.job_view(report))).shown
    assert "nightly-backup" in shown
    assert "Unlike usual" not in shown
    assert "#100 failed" in shown
