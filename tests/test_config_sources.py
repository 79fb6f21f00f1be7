"""Settings of the environment and of secret files."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.configured import (
    KEY,
    MAKE_ONE,
    NO_WORD,
    NUMBER,
    load,
    private_file,
    refusal,
)


def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    environ = {"CRONITOR_SERVER__PORT": "", "CRONITOR_API__KEY_FILE": ""}
    settings = load(tmp_path, "[server]\nport = 1\n", environ)
    assert (settings.server.port, settings.api.key) == (1, None)


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("CRONITOR_SERVER__PROT", "did you mean CRONITOR_SERVER__PORT?"),
        ("CRONITOR_SERVER_PORT", "did you mean CRONITOR_SERVER__PORT?"),
        ("CRONITOR_API__KEY_FILES", "did you mean CRONITOR_API__KEY_FILE?"),
        ("CRONITOR_DATADIR", "did you mean CRONITOR_DATA_DIR?"),
        ("CRONITOR_Q", "unset it; docs/configuration.md has all"),
        ("CRONITOR_SERVER", "unset it; docs/configuration.md has all"),
    ],
)
def test_an_unknown_variable_is_refused_by_name(
    tmp_path: Path, name: str, way_out: str
) -> None:
    lines = refusal(tmp_path, "", {name: "1"})
    assert lines == [f"{name}: no such setting ({way_out})"]


def test_variables_of_the_clients_are_no_settings(tmp_path: Path) -> None:
    names = ("URL", "KEY", "PING_KEY", "DATA_DIR", "DEBUG")
    environ = {f"CRONITOR_{name}": "x" for name in names} | {"OTHER": "1"}
    assert load(tmp_path, "", environ).model_dump() == load(tmp_path).model_dump()


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    lines = refusal(tmp_path, "", {"CRONITOR_SERVER__PORT": "http"})
    assert lines == [
        f"CRONITOR_SERVER__PORT: {NUMBER} (from 0 to 65535; 0: a free one)"
    ]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (f"{KEY}\n", KEY),
        (f"{KEY}\r\n", KEY),
        (KEY, KEY),
        (f"\ufeff{KEY}", KEY),
    ],
)
def test_a_secret_file_is_read_without_its_line_end(
    tmp_path: Path, content: str, value: str
) -> None:
    file = private_file(tmp_path / "key", content)
    settings = load(tmp_path, "", {"CRONITOR_API__KEY_FILE": str(file)})
    assert settings.api.key == SecretStr(value)
    assert settings.origin("api", "key") == "CRONITOR_API__KEY_FILE"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "{} is empty (write the value into it)"),
        (b"\n", "{} is empty (write the value into it)"),
        (b"\xff\xfe", "{} is not UTF-8 text (save it as UTF-8)"),
        (b"x" * 1_000_001, "{} is longer than 1000000 bytes (is it the file?)"),
        (f"{KEY}\n\n".encode(), NO_WORD),
        (b"short", f"must have at least 16 characters ({MAKE_ONE})"),
    ],
)
def test_a_wrong_secret_file_is_named(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = private_file(tmp_path / "key", content)
    lines = refusal(tmp_path, "", {"CRONITOR_API__KEY_FILE": str(file)})
    assert lines == [f"CRONITOR_API__KEY_FILE: {reason.format(file)}"]


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    hint = "(check the path, and who may read it)"
    for path, why in (
        (tmp_path, "Is a directory"),
        (tmp_path / "absent", "No such file or directory"),
        (Path("a\0b"), "no such path"),
    ):
        lines = refusal(tmp_path, "", {"CRONITOR_API__KEY_FILE": str(path)})
        shown = str(path).replace("\0", "\\x00")
        assert lines == [
            f"CRONITOR_API__KEY_FILE: {shown} cannot be read: {why} {hint}"
        ]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_files_that_others_may_write_are_refused(tmp_path: Path, mode: int) -> None:
    file = private_file(tmp_path / "key", KEY)
    toml = private_file(tmp_path / "config.toml", "[server]\nport = 'x'\n")
    file.chmod(mode)
    toml.chmod(mode)
    lines = refusal(tmp_path, "", {"CRONITOR_API__KEY_FILE": str(file)})
    assert lines == [
        f"CRONITOR_API__KEY_FILE: others may write to {file} (run: chmod go-w {file})",
        f"config.toml: others may write to {toml} (run: chmod go-w {toml})",
    ]
