"""What is printed of settings: those in force, and the example file."""

import re
import tomllib
from pathlib import Path

import pytest

from bot import config, config_text
from tests import reference
from tests.configured import KEY, load, private_file


def test_the_example_file_is_what_the_settings_say() -> None:
    assert reference.EXAMPLE.read_text("utf-8") == config_text.example()


def test_the_example_file_changes_nothing(tmp_path: Path) -> None:
    example = load(tmp_path, config_text.example())
    assert example.model_dump() == in_force_without_settings(tmp_path)


def in_force_without_settings(data_dir: Path) -> dict[str, object]:
    """The defaults; one of them depends on the data directory."""
    defaults = config.Settings().model_dump()
    defaults["storage"]["path"] = data_dir / "cronitor.db"
    defaults["storage"]["backup_dir"] = data_dir / "backups"
    return defaults


def test_the_example_file_shows_every_key_with_its_default(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=\w+ = )", "", config_text.example(), flags=re.MULTILINE)
    shown = {
        (section, key)
        for section, table in tomllib.loads(text).items()
        for key in table
    }
    assert shown == {(s, key) for s, table in config.Settings() for key, _ in table}
    settings = load(tmp_path, text)
    assert settings.model_dump() == in_force_without_settings(tmp_path)


def count_of_keys() -> int:
    """How many settings there are."""
    return sum(len(list(section)) for _, section in config.Settings())


def test_every_key_has_one_comment() -> None:
    lines = config_text.example().splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"# \w+ = ", line)]
    assert len(keys) == count_of_keys()
    assert all(re.fullmatch(r"# .{10,}\.", lines[number - 1]) for number in keys)


def test_what_is_in_force_is_shown_with_its_origin(tmp_path: Path) -> None:
    key = private_file(tmp_path / "key", KEY)
    environ = {
        "CRONITOR_SERVER__PORT": "0",
        "CRONITOR_API__KEY_FILE": str(key),
        "CRONITOR_DISCORD__ADMIN_ROLE_IDS": "1,2",
        "CRONITOR_NOTIFY__WEBHOOK_URL": "https://u:p@[::1]:8443/hush?hush#hush",
        "CRONITOR_WATCH__HEARTBEAT_URL": "https://hc-ping.com/hush",
    }
    toml = '[server]\nhost = "::"\nrate_limit = 2.50\n[jobs]\nfiles = [\'/a "b"\']\n'
    shown = {
        (line.section, line.key): (line.value, line.origin)
        for line in config_text.describe(load(tmp_path, toml, environ))
    }
    assert shown["server", "host"] == ('"::"', "config.toml:2")
    assert shown["server", "port"] == ("0", "CRONITOR_SERVER__PORT")
    assert shown["server", "rate_limit"] == ("2.5", "config.toml:3")
    assert shown["server", "body_limit"] == ("100000", "default")
    assert shown["server", "public_url"] == ('""', "default")
    assert shown["storage", "path"] == (f'"{tmp_path}/cronitor.db"', "default")
    assert shown["api", "key"] == ('"********"', "CRONITOR_API__KEY_FILE")
    assert shown["api", "ping_key"] == ('""', "default")
    assert shown["discord", "admin_role_ids"][0] == "[1, 2]"
    assert shown["notify", "webhook_url"][0] == '"https://[::1]:8443/********"'
    where = shown["watch", "heartbeat_url"][0]
    assert where == '"https://hc-ping.com/********"'
    assert shown["watch", "heartbeat_every"] == ('"1m"', "default")
    assert shown["jobs", "files"] == ('["/a \\"b\\""]', "config.toml:5")
    assert len(shown) == count_of_keys()


@pytest.mark.parametrize("text", ["", 'a"b', "a\\b", "a\nb\x1b\x7f\x00", "ü ☃ 😀"])
def test_any_text_is_written_as_toml_that_reads_back(text: str) -> None:
    assert tomllib.loads(f"x = {config_text.toml_value(text)}") == {"x": text}
