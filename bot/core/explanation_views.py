"""An explanation as plain data, and in lines of text: API and CLI.

Durations are seconds, times RFC 3339 in UTC.
"""

from bot.core.explanations import Explanation, Report
from bot.core.views import View, moment, seconds


def view(explanation: Explanation) -> View:
    """All of it; `sounds_next` says when it is heard again, and what would do it."""
    sound = explanation.next_sound
    return {
        "job": explanation.slug,
        "incident": explanation.incident_id,
        "headline": explanation.headline,
        "rules": list(explanation.rules),
        "sounds_next": {
            "text": sound.text,
            "at": moment(sound.at),
            "worse": [str(kind) for kind in sound.worse],
        },
        "moments": [
            {"label": fact.label, "at": moment(fact.at)} for fact in explanation.facts
        ],
        "around": list(explanation.evidence),
        "pings": [_ping(report) for report in explanation.pings],
        "output": explanation.output,
        "output_is_cut": explanation.output_is_cut,
    }


def _ping(report: Report) -> View:
    return {
        "kind": str(report.kind),
        "at": moment(report.at),
        "exit_status": report.exit_status,
        "duration": seconds(report.duration),
        "address": report.address,
    }
