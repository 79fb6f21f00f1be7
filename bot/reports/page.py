"""A report as one page that needs nothing else: no script, no font, no other file."""

import base64
from collections.abc import Iterable
from html import escape

from bot.core import day_grids, fact_lines, job_charts, summary_views, summary_words
from bot.core.summaries import JobReport, Report
from bot.core.summary_words import Section
from bot.core.views import View

_STYLE = """
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --text: #1b1d22;
  --muted: #555a64; --line: #d5d8df; --bad: #d3141f; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1013; --card: #17181d;
  --text: #f2f3f5; --muted: #b0b4bd; --line: #3a3d46; --bad: #ff6b74; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 1.05rem; margin: 0 0 6px; }
p { margin: 0 0 12px; } .muted { color: var(--muted); }
.lead { font-size: 1.15rem; font-weight: 600; }
section, figure { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; padding: 14px 18px; margin: 0 0 14px; }
figure { padding: 0; overflow: hidden; }
img { display: block; width: 100%; height: auto; }
ul { margin: 0; padding-left: 1.2em; }
.of-new h2, .of-later h2, .of-still_open h2 { color: var(--bad); }
@media print { section, figure { break-inside: avoid; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(
    report_view: View, png: bytes | None = None, light_png: bytes | None = None
) -> str:
    """The page of a report, or of a job's; `light_png` is for whoever reads by day."""
    if "points" in report_view:
        return _of_job(summary_views.job_from(report_view), png, light_png)
    return _of_report(summary_views.report_from(report_view), png, light_png)


def _of_report(report: Report, png: bytes | None, light_png: bytes | None) -> str:
    title = day_grids.title(report.period)
    late = summary_words.late_line(report)
    grid = day_grids.of_report(report)
    zone = report.period.zone
    written = fact_lines.moment(report.lateness.written_at, zone)
    return _page(
        title,
        [
            _line(summary_words.headline(report), "lead"),
            *([_line(late, "muted")] if late else []),
            _figure(png, light_png, day_grids.alt_text(grid, report)),
            *map(_section, summary_words.sections(report)),
            _line(f"All times are those of {zone}. Written {written}.", "muted"),
        ],
    )


def _of_job(report: JobReport, png: bytes | None, light_png: bytes | None) -> str:
    alt = job_charts.alt_text(report)
    return _page(
        report.label or report.slug,
        [
            _line(job_charts.subtitle(report), "lead"),
            _figure(png, light_png, alt),
            *map(_section, job_charts.sections(report)),
            _line(f"All times are those of {report.zone}.", "muted"),
        ],
    )


def _page(title: str, parts: Iterable[str]) -> str:
    shown = escape(title)
    body = "\n".join(part for part in parts if part)
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{shown} · Cronitor</title><style>{_STYLE}</style></head>\n"
        f"<body><main>\n<h1>{shown}</h1>\n{body}\n</main></body></html>\n"
    )


def _line(text: str, name: str) -> str:
    return f'<p class="{name}">{escape(text)}</p>'


def _figure(png: bytes | None, light_png: bytes | None, alt: str) -> str:
    if png is None:
        return ""
    light = ""
    if light_png is not None:
        media = "(prefers-color-scheme: light)"
        light = f'<source media="{media}" srcset="{_data(light_png)}">'
    image = f'<img src="{_data(png)}" alt="{escape(alt)}">'
    return f"<figure><picture>{light}{image}</picture></figure>"


def _data(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _section(section: Section) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in section.lines)
    if section.left_out:
        items += f'<li class="muted">and {section.left_out:,} more</li>'
    heading = f"<h2>{escape(section.title)}</h2>"
    return (
        f'<section class="of-{escape(section.key)}">{heading}<ul>{items}</ul></section>'
    )
