"""`cronitor maintenance` against the real server."""

import pytest

from tests.cli.server import Cronitor, run


def test_a_window_shows_when_it_is_open(cronitor: Cronitor) -> None:
    said = cronitor.says(
        *("maintenance", "add", "--tag", "kolkata", "--every", "30 2 * * SUN"),
        *("--for", "90m", "--timezone", "Asia/Kolkata", "--reason", "upgrade"),
    )
    first, *times = said.splitlines()
    assert first.endswith(": tag kolkata")
    assert times.pop() == "  no job has the tag kolkata now"
    assert len(times) == 5
    assert "21:00:00 UTC" in times[0]
    assert " 02:30 to Sun " in times[0]
    assert times[0].endswith(" 04:00 Asia/Kolkata)")
    listed = cronitor.says("maintenance", "list")
    (row,) = [line for line in listed.splitlines() if "tag kolkata" in line]
    assert "30 2 * * SUN Asia/Kolkata" in row
    assert "upgrade" in row


def test_a_window_is_ended_early_and_remembered(cronitor: Cronitor) -> None:
    made = cronitor.json("maintenance", "add", "--node", "nas", "--for", "2h")
    listed = cronitor.says("maintenance", "list").splitlines()
    (row,) = [line for line in listed if "node nas" in line]
    assert "now, ends in " in row
    said = cronitor.says("maintenance", "remove", f"#{made['id']}")
    assert said == f"maintenance #{made['id']} is over for node nas\n"
    running = [each["id"] for each in cronitor.json("maintenance", "list")]
    assert made["id"] not in running
    past = cronitor.says("maintenance", "list", "--all")
    (row,) = [line for line in past.splitlines() if "node nas" in line]
    assert "over " in row
    again = cronitor.refuses("maintenance", "remove", str(made["id"]))
    assert "is not over" in again


def test_a_window_of_another_day_is_listed_until_then(cronitor: Cronitor) -> None:
    cronitor.says(
        *("maintenance", "add", "--all", "--from", "2099-12-24 18:00"),
        *("--to", "2099-12-25"),
    )
    (row,) = [
        line
        for line in cronitor.says("maintenance", "list").splitlines()
        if "everything" in line
    ]
    assert "in " in row
    assert "6h" in row
    (made,) = [e for e in cronitor.json("maintenance", "list") if e["scope"] == "all"]
    cronitor.json("maintenance", "remove", str(made["id"]))


def test_what_is_wrong_is_named_as_it_was_typed(cronitor: Cronitor) -> None:
    line = cronitor.refuses("maintenance", "add", "--all", "--for", "31d")
    assert line.startswith("cronitor: --for: ")
    wanted = ("--all", "--for", "1h", "--every", "x")
    line = cronitor.refuses("maintenance", "add", *wanted)
    assert line.startswith("cronitor: --every: ")
    assert run("maintenance", "add", "--for", "a while").exit_code == 2


@pytest.mark.parametrize("args", [(), ("--job", "a", "--tag", "b")])
def test_it_is_for_one_of_them(cronitor: Cronitor, args: tuple[str, ...]) -> None:
    line = cronitor.refuses("maintenance", "add", *args, "--for", "1h")
    assert "give one of job, tag, node and all" in line
