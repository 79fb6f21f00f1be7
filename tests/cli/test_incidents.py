"""`cronitor incident` against the real server."""

from typing import Any

import pytest

from tests.cli.server import Cronitor, run


def failed(cronitor: Cronitor, slug: str) -> dict[str, Any]:
    """A new job that has failed, and its incident."""
    # of a node of its own: many together would be told as a storm
    cronitor.says("job", "add", slug, "--every", "1h", "--node", slug)
    cronitor.says("ping", slug, "--exit-status", "1")
    (incident,) = cronitor.json("incident", "list", "--job", slug)
    found: dict[str, Any] = incident
    return found


def test_the_list_for_programs_has_resolved_ones_as_well(cronitor: Cronitor) -> None:
    incident = failed(cronitor, "inc-json")
    assert {*("id", "job", "kind", "status", "opened_at", "resolved_at")} <= set(
        incident
    )
    assert (incident["kind"], incident["status"]) == ("failed", "open")
    cronitor.says("ping", "inc-json")
    (after,) = cronitor.json("incident", "list", "--job", "inc-json")
    assert (after["status"], after["id"]) == ("resolved", incident["id"])
    assert after["resolved_at"] is not None


def test_the_list_for_people_has_what_is_wrong_now(cronitor: Cronitor) -> None:
    incident = failed(cronitor, "inc-list")
    row = cronitor.says("incident", "list", "--job", "inc-list").splitlines()[1]
    assert row.split()[:3] == [f"#{incident['id']}", "✗", "open"]
    cronitor.says("ping", "inc-list")
    said = cronitor.says("incident", "list", "--job", "inc-list")
    assert said == "nothing is wrong\n"
    said = cronitor.says("incident", "list", "--job", "inc-list", "--all")
    assert "✓ resolved" in said


def test_an_incident_tells_its_story(cronitor: Cronitor) -> None:
    incident = failed(cronitor, "inc-show")
    cronitor.says("ping", "inc-show")
    said = cronitor.says("incident", "show", f"#{incident['id']}")
    assert "✓ resolved" in said.splitlines()[0]
    story = said.partition("story\n")[2].splitlines()
    assert "opened: failed" in story[0]
    assert "resolved: " in story[-1]
    view = cronitor.json("incident", "show", str(incident["id"]))
    assert [each["kind"] for each in view["story"]] == ["opened", "resolved"]


def test_why_says_the_rule_the_times_and_the_next_sound(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "inc-why", "--every", "1h", "--node", "inc-why")
    said = cronitor.says("job", "why", "inc-why")
    assert said.startswith("inc-why: no incident\n")
    cronitor.says("ping", "inc-why", "--exit-status", "3")
    (incident,) = cronitor.json("incident", "list", "--job", "inc-why")
    for words in (("job", "why", "inc-why"), ("incident", "why", f"{incident['id']}")):
        said = cronitor.says(*words)
        assert said.startswith(f"#{incident['id']} inc-why: failed\n")
        assert "exit status 3" in said
        assert "sounds next\nOnly if it gets worse (lost)." in said
    assert cronitor.json("job", "why", "inc-why")["incident"] == incident["id"]


def test_an_incident_is_ended_by_hand(cronitor: Cronitor) -> None:
    number = str(failed(cronitor, "inc-hand")["id"])
    assert cronitor.says("incident", "note", number, "on it").endswith(": noted\n")
    said = cronitor.says("incident", "resolve", number, "--reason", "new disk")
    assert said.startswith(f"#{number} inc-hand failed: it is over\n")
    shown = cronitor.says("incident", "show", number)
    assert "(cli): new disk" in shown
    assert "note: on it (" in shown
    log = cronitor.says("audit", "--limit", "3")
    assert f"incident resolved {number} by " in log
    assert "reason: new disk" in log
    (entry,) = cronitor.json("audit", "--job", "inc-hand")
    assert entry["action"] == "job_added"


def test_an_acknowledgement_has_an_end(cronitor: Cronitor) -> None:
    incident = failed(cronitor, "inc-ack")
    number = str(incident["id"])
    assert "it may sound again in " in cronitor.says("incident", "ack", number)
    view = cronitor.json("incident", "show", number)
    assert view["status"] == "acknowledged"
    other = failed(cronitor, "inc-ack-for")
    view = cronitor.json("incident", "ack", str(other["id"]), "--for", "1d")
    assert view["acknowledged_until"] > view["acknowledged_at"]


def test_what_is_resolved_cannot_be_acknowledged(cronitor: Cronitor) -> None:
    incident = failed(cronitor, "inc-late")
    cronitor.says("ping", "inc-late")
    line = cronitor.refuses("incident", "ack", str(incident["id"]))
    assert "is resolved already" in line


def test_an_incident_that_is_not_there_is_refused(cronitor: Cronitor) -> None:
    assert "there is no incident 999999" in cronitor.refuses(
        "incident", "show", "999999"
    )


@pytest.mark.parametrize("number", ["x", "#", "1.5", "-1", "9" * 30, "²"])
def test_what_is_no_number_is_a_wrong_command_line(number: str) -> None:
    result = run("incident", "show", "--", number)
    assert result.exit_code == 2
    assert "is no number such as 12 or #12" in result.stderr


def test_no_incident_at_all_says_so(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "inc-none", "--every", "1d")
    said = cronitor.says("incident", "list", "--all", "--job", "inc-none")
    assert said == "there was no incident yet\n"


def test_all_of_a_storm_is_acknowledged_at_once(cronitor: Cronitor) -> None:
    slugs = [f"inc-storm-{number}" for number in range(6)]
    for slug in slugs:
        cronitor.says("job", "add", slug, "--every", "1h", "--node", "inc-storm")
    for slug in slugs:
        cronitor.says("ping", slug, "--exit-status", "1")
    (incident,) = cronitor.json("incident", "list", "--job", slugs[-1])
    storm = str(incident["storm"])
    view = cronitor.json("incident", "ack", "--storm", storm)
    assert view["acknowledged"] == len(view["members"])
    (after,) = cronitor.json("incident", "list", "--job", slugs[-1])
    assert (after["status"], [after["acknowledged_by"]]) == (
        "acknowledged",
        view["owners"],
    )
    said = cronitor.says("incident", "ack", "--storm", f"#{storm}")
    owners = ", ".join(view["owners"])
    assert said == f"storm #{storm}: 0 incidents acknowledged; had by {owners}\n"
    assert "there is no storm 999" in cronitor.refuses(
        "incident", "ack", "--storm", "999"
    )


@pytest.mark.parametrize("given", [(), ("1", "--storm", "1")])
def test_an_acknowledgement_is_of_one_incident_or_one_storm(
    given: tuple[str, ...],
) -> None:
    result = run("incident", "ack", *given)
    assert result.exit_code == 2
    assert "give the number of an incident, or --storm ID" in result.output
