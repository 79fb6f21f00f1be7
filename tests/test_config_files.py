"""Files that others may change are no settings of ours."""

import os
from pathlib import Path

import pytest

from bot import config
from bot.config_files import TRUST, Guard
from tests.configured import KEY, load, private_file, refusal

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
#: a user that every system has, and one that none has
NOBODY_ELSE, NOBODY_HERE = 1, 123_456_789


def guard(folder: Path, **environ: str) -> Guard:
    return Guard(folder, environ)


def test_a_file_of_ours_is_read(tmp_path: Path) -> None:
    file = private_file(tmp_path / "a", "\ufeffüber")
    assert guard(tmp_path).read(file) == "über"


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_directory_that_others_may_write_to_is_refused(
    tmp_path: Path, mode: int
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    file = private_file(folder / "config.toml", "")
    folder.chmod(mode)
    with pytest.raises(ValueError, match=f"replace {file} .run: chmod go-w {folder}"):
        guard(tmp_path).read(file)
    # as in /tmp: only its owner can replace a file there
    folder.chmod(0o1777)
    assert guard(tmp_path).read(file) == ""


def test_a_link_is_as_good_as_where_it_leads_and_where_it_lies(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    file = private_file(there / "file", "x")
    (here / "link").symlink_to(file)
    assert guard(tmp_path).read(here / "link") == "x"
    for folder in (here, there):
        folder.chmod(0o777)
        with pytest.raises(ValueError, match=f"chmod go-w {folder}"):
            guard(tmp_path).read(here / "link")
        folder.chmod(0o755)


@AS_ROOT
def test_a_file_of_another_user_is_refused_but_for_those_of_roots(
    tmp_path: Path,
) -> None:
    file = private_file(tmp_path / "config.toml", "")
    os.chown(file, NOBODY_ELSE, 0)
    with pytest.raises(ValueError, match=f"belongs to .*chown root {file}"):
        guard(tmp_path).read(file)
    # a container knows no user of that number, so nobody in it can be that user
    os.chown(file, NOBODY_HERE, 0)
    assert guard(tmp_path).read(file) == ""


@AS_ROOT
def test_who_owns_the_data_directory_may_own_the_settings(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    file = private_file(data / "config.toml", "")
    for path in (data, file):
        os.chown(path, NOBODY_ELSE, 0)
    assert guard(data).read(file) == ""


def test_whoever_says_so_has_every_file_believed(tmp_path: Path) -> None:
    file = private_file(tmp_path / "config.toml", "[server]\nport = 1\n")
    file.chmod(0o666)
    assert load(tmp_path, "", {TRUST: "1"}).server.port == 1
    assert "others may write to" in refusal(tmp_path, "", {TRUST: ""})[0]


def test_files_of_jobs_are_held_to_the_same(tmp_path: Path) -> None:
    jobs = private_file(tmp_path / "jobs.toml", "")
    toml = f"\n[jobs]\nfiles = ['{jobs.name}', 'absent.toml']\n"
    assert load(tmp_path, toml).jobs.files == (jobs, tmp_path / "absent.toml")
    jobs.chmod(0o664)
    assert refusal(tmp_path, toml) == [
        f"config.toml:3: others may write to {jobs} (run: chmod go-w {jobs})"
    ]


def test_a_null_byte_is_no_path_of_jobs(tmp_path: Path) -> None:
    guard(tmp_path).check(Path("a\0b"))
    secret = private_file(tmp_path / "key", KEY)
    environ = {"CRONITOR_API__KEY_FILE": str(secret)}
    # the data directory may still be missing
    settings = config.load(None, tmp_path / "later", environ)
    assert settings.secrets() == [KEY]
