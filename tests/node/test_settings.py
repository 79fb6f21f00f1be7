"""Where the server is: the environment, else client.toml, else this machine."""

import os
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.node import settings
from bot.node.orders import OUTPUT_LIMIT


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory without anything of ours."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    """The settings of that home."""
    path = folder / ".config" / "cronitor" / "client.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_without_anything(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings.read({})
    assert (found.url, found.ping_key, found.problem) == ("", "", "")
    assert found.output_limit == OUTPUT_LIMIT
    assert not found.quiet
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert settings.read({}).spool_dir == f"{home}/.local/state/cronitor/spool"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert settings.read({}).spool_dir == "/var/spool/cronitor"


@pytest.mark.parametrize("given_home", ["", "/data", "  "])
def test_the_data_directory_is_the_servers(
    given_home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", given_home)
    expected = str(platformdirs.user_data_path("cronitor"))
    assert settings.read(os.environ).data_dir == expected
    assert settings.read({}, "/typed").data_dir == "/typed"
    assert settings.read({"CRONITOR_DATA_DIR": "~/x"}).data_dir.endswith("/x")


def test_the_file_and_the_environment_before_it(home: Path) -> None:
    write(home, 'url = "http://a"\nping_key = "k"\nspool_dir = "~/s"\noutput_limit = 5')
    found = settings.read({})
    assert (found.url, found.ping_key, found.output_limit) == ("http://a", "k", 5)
    assert found.spool_dir == f"{home}/s"
    environ = {
        "CRONITOR_URL": "http://b",
        "CRONITOR_SPOOL": "/e",
        "CRONITOR_QUIET": "1",
    }
    found = settings.read(environ)
    assert (found.url, found.ping_key, found.spool_dir) == ("http://b", "k", "/e")
    assert found.quiet


def test_another_file_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    environ = {"CRONITOR_CLIENT_CONFIG": str(path)}
    assert "cannot read" in settings.read(environ).problem
    path.write_text('url = "http://c"')
    path.chmod(0o644)
    assert settings.read(environ).url == "http://c"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_believed(home: Path, mode: int) -> None:
    write(home, 'url = "http://a"', mode)
    found = settings.read({})
    assert found.url == ""
    assert "may be written by others" in found.problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("url = 5", "url must be a text"),
        ("output_limit = 999999999", "output_limit must be a number"),
        ('output_limit = "x"', "output_limit must be a number"),
        ('link = "x"', "link is no setting"),
        ("url", "client.toml: "),
        ("\x00", "client.toml: "),
    ],
)
def test_a_wrong_file_is_one_problem(home: Path, text: str, said: str) -> None:
    write(home, text)
    found = settings.read({})
    assert said in found.problem
    assert "\n" not in found.problem
    assert found.url == ""


def test_a_file_in_another_code_is_one_problem(home: Path) -> None:
    write(home, "").write_bytes(b'url = "\xff"')
    assert "client.toml" in settings.read({}).problem


TOML = st.lists(
    st.sampled_from(
        [
            *('url = "http://a"', "url = 'b'", 'ping_key = "k#1"', "output_limit = 7"),
            *("# comment", "", 'url = "a" # b', 'url = "a\\n"', "output_limit = 07"),
            *("output_limit = 1_000", '"url" = "x"', '  url="x"  ', "a.b = 1", "[t]"),
            *('url = ""', 'url = """', "output_limit = +5", 'ping_key = "\u00e9"'),
        ]
    ),
    max_size=4,
).map("\n".join)


@given(TOML)
def test_the_plain_reader_agrees_with_the_librarys(text: str) -> None:
    import tomllib

    plain = settings.plain_table(text)
    if plain is not None:
        assert plain == tomllib.loads(text)
