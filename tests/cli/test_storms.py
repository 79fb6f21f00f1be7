"""`cronitor storm` and `cronitor status` against the real server."""

from pathlib import Path

from tests.cli.server import Cronitor, running


def test_all_of_a_storm_is_had_muted_and_unmuted(cronitor: Cronitor) -> None:
    slugs = [f"storm-{number}" for number in range(6)]
    for slug in slugs:
        cronitor.says("job", "add", slug, "--every", "1h", "--node", "storm-node")
    for slug in slugs:
        cronitor.says("ping", slug, "--exit-status", "1")
    found = [
        each
        for each in cronitor.json("storm", "list")
        if each["group"] == "node storm-node"
    ]
    storm = str(found[0]["id"])
    said = cronitor.says("storm", "list")
    (row,) = [line for line in said.splitlines() if f"#{storm} " in line]
    members = len(found[0]["members"])
    assert "node storm-node" in row
    assert row.rstrip().endswith(f"{members} of {members}")
    said = cronitor.says("storm", "mute", storm, "--for", "1h", "--reason", "switch")
    assert "node storm-node is silent; it ends in " in said
    assert "node storm-node" in cronitor.says("status")
    said = cronitor.says("storm", "unmute", f"#{storm}")
    assert said.endswith("has ended: node storm-node\n")
    assert "no mute of this storm is running any more" in cronitor.refuses(
        "storm", "unmute", storm
    )
    assert "for: is too far away" in cronitor.refuses(
        "storm", "mute", storm, "--for", "40d"
    )
    view = cronitor.json("storm", "ack", storm, "--for", "1h")
    # those that were silenced meanwhile have joined it at the end of the mute
    assert view["acknowledged"] == len(view["members"]) >= members
    assert "0 incidents acknowledged" in cronitor.says("storm", "ack", storm)
    for slug in slugs:
        cronitor.says("ping", slug)
    left = [each["id"] for each in cronitor.json("storm", "list")]
    assert int(storm) not in left


def test_the_status_is_the_whole_at_a_glance(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "glance", "--every", "1h")
    cronitor.says("ping", "glance", "--fail")
    view = cronitor.json("status")
    said = cronitor.says("status")
    first, *rows = said.splitlines()
    assert first.startswith(f"{sum(view['states'].values())} job")
    assert " down" in first
    told = {" ".join(row.split()[:1]) for row in rows}
    assert {"incidents", "muted", "waiting", "discord", "server"} <= told
    assert view["incidents"]["open"] >= 1
    cronitor.says("ping", "glance")


def test_without_a_storm_the_list_says_so(short: Path) -> None:
    with running(short, {}) as fresh:
        assert fresh.says("storm", "list") == "there is no storm\n"
        first, *_ = fresh.says("status").splitlines()
        assert first == "no jobs"
