"""`cronitor restore` on a data directory of its own."""

from pathlib import Path

from tests.cli.server import Cronitor, run, running


def test_a_backup_takes_the_place_of_the_database(short: Path) -> None:
    backup = short / "kept.db"
    with running(short, {}) as cronitor:
        cronitor.says("job", "add", "first", "--every", "1h")
        cronitor.says("backup", str(backup))
        cronitor.says("job", "add", "second", "--every", "1h")
        refused = cronitor.refuses("restore", str(backup), "--yes", code=78)
        assert "already in use by process" in refused
    here = Cronitor(short / "data", "")
    assert "add --yes" in here("restore", str(backup)).stderr
    said = here.says("restore", str(backup), "--yes").splitlines()
    assert said[1].split() == ["jobs", "1", "2"]
    assert said[-1].endswith("start the server now")
    (kept,) = here.place.glob("cronitor.db.replaced-*Z")
    assert str(kept) in said[-1]
    with running(short, {}) as cronitor:
        assert [job["slug"] for job in cronitor.json("job", "list")] == ["first"]
    assert "restored the backup kept.db" in (short / "log").read_text()


def test_what_is_no_backup_is_refused(short: Path) -> None:
    letter = short / "letter.txt"
    letter.write_text("Dear friend, this is no database at all")
    for file in (letter, short / "absent.db"):
        result = run("restore", str(file), "--yes", "--data-dir", str(short / "data"))
        assert result.exit_code in (1, 78)
        assert str(file) in result.stderr
        assert len(result.stderr.splitlines()) == 1
