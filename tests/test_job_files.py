"""Files of jobs: what is wrong is told with file and line."""

from pathlib import Path

import pytest

from bot import job_files
from bot.errors import CronitorError, Invalid, Problem

TWO = """\
# jobs
[[job]]
slug = "a"
every = "1d"

[[ job ]]  # second
slug = "b"
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "jobs.toml"
    file.write_text(text)
    return file


def test_every_table_knows_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, TWO)
    found = job_files.read([file, file])
    assert [each.table["slug"] for each in found] == ["a", "b", "a", "b"]
    assert [each.place for each in found[:2]] == [f"{file}:2", f"{file}:6"]


def test_a_file_without_jobs_declares_none(tmp_path: Path) -> None:
    assert job_files.read([written(tmp_path, "# later\n")]) == []


def test_lines_are_left_out_where_a_text_looks_like_a_heading(tmp_path: Path) -> None:
    text = TWO + 'description = """\n[[job]]\n"""\n'
    file = written(tmp_path, text)
    assert [each.place for each in job_files.read([file])] == [str(file)] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[job]]\nslug = \n", r"jobs\.toml:2: Invalid value \(column 8\)"),
        ('[[job]]\nslug = "a"\n[server]\nport = 1\n', "unknown key `server`"),
        ("[job]\nslug = 'a'\n", r"write \[\[job\]\] for each job"),
        ("[[job]\n", r"jobs\.toml:1: "),
    ],
)
def test_what_is_no_file_of_jobs_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(CronitorError, match=said):
        job_files.read([written(tmp_path, text)])


def test_a_file_that_is_cut_off_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CronitorError, match=r"jobs\.toml: .*end of document"):
        job_files.read([written(tmp_path, "a = [1,")])


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "jobs.toml"
    file.write_bytes("name = 'grün'".encode("latin-1"))
    with pytest.raises(CronitorError, match="not UTF-8"):
        job_files.read([file])


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CronitorError, match="No such file"):
        job_files.read([tmp_path / "none.toml"])


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("job[2] b.cron", "jobs.toml:6: b: cron"),
        ("job[1].slug", "jobs.toml:2: slug"),
        ("job[1] a", "jobs.toml:2: a"),
        ("job[3] c.cron", "job[3] c.cron"),
        ("b.depends_on", "jobs.toml:6: b: depends_on"),
        ("c.depends_on", "c.depends_on"),
        ("prune", "prune"),
    ],
)
def test_a_problem_is_moved_to_its_file_and_line(
    tmp_path: Path, field: str, shown: str
) -> None:
    found = job_files.read([written(tmp_path, TWO)])
    invalid = job_files.located(Invalid(Problem(field, "is wrong", "mend it")), found)
    expected = shown.replace("jobs.toml", str(tmp_path / "jobs.toml"))
    assert str(invalid) == f"{expected}: is wrong (mend it)"


def test_windows_are_told_apart_and_files_may_be_refused(tmp_path: Path) -> None:
    file = written(tmp_path, '[[maintenance]]\nname = "w"\n[[job]]\nslug = "a"\n')

    def refuse(path: Path) -> str:
        raise ValueError(f"others may write to {path}")

    found = job_files.read_all([file], Path.read_text)
    ((table, place),) = [(each.table, each.place) for each in found.windows]
    assert (table, place) == ({"name": "w"}, f"{file}:1")
    wrong = Invalid(Problem("maintenance[1] w.from", "no"), Problem("job[1].every", ""))
    problems = job_files.located(wrong, found.jobs, found.windows).problems
    fields = [each.field for each in problems]
    assert fields == [f"{file}:1: w: from", f"{file}:3: every"]
    assert [each.place for each in found.jobs] == [f"{file}:3"]
    with pytest.raises(CronitorError, match="others may write"):
        job_files.read_all([file], refuse)
    with pytest.raises(CronitorError, match="write two brackets"):
        job_files.read([written(tmp_path, "[maintenance]\n")])
